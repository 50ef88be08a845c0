"""`archrank targets`."""

from pathlib import Path

import pytest

from catalog.reference.tables.reading import ReferenceTables
from tests.app.cli.running import Archrank, check_width, table_of
from tests.app.seeds import OTHER, PUBLISHED, local
from tests.reference_tables import in_place_of_shipped


def test_targets_have_a_line_each_and_this_machine_its_alias(archrank: Archrank) -> None:
    done = archrank("targets")
    check_width(done)
    header, *rows = table_of(done, "id", "  ")
    assert header == ["id", "alias", "kind", "hardware", "measured", "published"]
    lines = {row[0]: row for row in rows[:-1]}
    assert lines.keys() == {local().id, OTHER.id, *PUBLISHED}
    assert lines[local().id][1] == "local"
    assert [name for name, row in lines.items() if "local" in row] == [local().id]
    assert "Other CPU, 4 CPUs" in " ".join(lines[OTHER.id])
    assert int(lines["rtx-4090"][-1]) > 0


def test_a_target_is_described_with_what_to_measure_next(archrank: Archrank) -> None:
    done = archrank("targets", "local")
    check_width(done)
    text = " ".join(done.out.split())
    assert done.lines[0] == f"{local().id} (local)"
    assert " measured, of " in text
    assert "Next: Measurements of " in text
    assert "archrank calibrate" in text
    published = archrank("targets", "i9-10940x").out
    assert "undated" in published
    assert "archrank catalog import profile.jsonl" in published
    assert archrank("targets", "bogus").code == 2


def test_no_target_is_told_how_to_make_one(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_reference: ReferenceTables
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    with in_place_of_shipped(no_reference):
        done = archrank("targets")
    assert done.code == 0
    assert "`archrank calibrate`" in done.out
