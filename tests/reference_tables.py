"""Reference tables for tests: the whole of what ships, and parts of it.

The fixture `small_reference` puts a small part in the place of the shipped tables for the whole session. A
test that wants others passes them to `open_catalog`. Where a command or the application opens the catalog,
the test uses `in_place_of_shipped`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalog.entities.identity import architecture_of
from catalog.reference.tables import reading
from catalog.reference.tables.reading import ReferenceTables
from catalog.reference.tables.writing import write_results, write_run_differences, write_timm

WHOLE = ReferenceTables(reading.FOLDER)  # on import, which is before any fixture


@contextmanager
def in_place_of_shipped(tables: ReferenceTables) -> Iterator[None]:
    """Whoever asks for the shipped tables gets these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "FOLDER", tables.folder)
        yield


def write_part(folder: Path, architectures: frozenset[str]) -> ReferenceTables:
    """What the reference tables say of these architectures, as tables in `folder`."""

    def chosen(name: str) -> bool:
        return architecture_of(name) in architectures

    write_timm(
        [one for one in WHOLE.architectures() if one.name in architectures],
        [one for one in WHOLE.checkpoints() if chosen(one.name)],
        [one for one in WHOLE.workloads() if one.workload.architecture in architectures],
        {old: new for old, new in WHOLE.aliases().items() if chosen(new)},
        folder,
    )
    write_results(
        {
            source: [row for row in rows if chosen(row.checkpoint)]
            for source, rows in WHOLE.accuracies().items()
        },
        {source: [row for row in rows if chosen(row.model)] for source, rows in WHOLE.speeds().items()},
        folder,
    )
    write_run_differences(WHOLE.run_differences(), folder)
    return ReferenceTables(folder)
