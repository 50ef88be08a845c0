"""Whatever an import makes of a mutated line, no error escapes, and every question is answered afterwards."""

from random import Random

import pytest

from catalog.exchange.importing import import_lines
from catalog.exchange.writing import export_lines
from catalog.opening import open_catalog
from tests.app.conftest import client_of
from tests.app.test_absurd_catalog import answers
from tests.catalog.exchange.mutations import mutated

_ROUNDS = 6
_LINES = 60


@pytest.mark.parametrize("seed", range(_ROUNDS))
@pytest.mark.parametrize("facts", [False, True])
def test_a_mutated_import_takes_no_target_down(seeded_url: str, seed: int, facts: bool) -> None:
    random = Random(seed)
    with open_catalog(seeded_url) as catalog:
        with catalog.read() as session:
            header, *records, _ = export_lines(session)
        by_kind: dict[str, list[str]] = {}
        for record in records:
            by_kind.setdefault(record[:20], []).append(record)
        # As many of each kind.
        chosen = [random.choice(random.choice(list(by_kind.values()))) for _ in range(_LINES)]
        lines = [mutated(line, random) for line in chosen]
        summary = import_lines(catalog, [header, *lines], keep_going=True, facts=facts)
        assert all(fault.complaint.startswith(f"Line {fault.line}: ") for fault in summary.faults)
    with client_of(seeded_url) as client:
        answers(client)
