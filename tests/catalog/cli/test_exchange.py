"""`archrank catalog export` and `archrank catalog import`."""

import io
import sys
from pathlib import Path

import pytest

from catalog import arrivals
from catalog.opening import open_catalog
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from catalog.storage.summaries.cards import find_card
from tests.builders import make_measurement, make_sample, store_measurements
from tests.catalog.cli.running import Run, assert_refused, lines_of
from tests.conftest import Databases


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The targets of which something is said to follow, a call at a time."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        arrivals, "follow", lambda catalog, targets, tell: calls.append(tuple(sorted(targets)))
    )
    return calls


def test_estimates_follow_an_import_of_new_measurements_and_a_withdrawal(
    run: Run, catalog: Catalog, followed: list[tuple[str, ...]], tmp_path: Path
) -> None:
    measurement = make_measurement("toynet")
    store_measurements(catalog, measurement)
    path = tmp_path / "export.jsonl"
    run("export", path)
    run("import", path)
    assert followed == [()]  # nothing of it is new
    run("withdraw", measurement.id, "--reason", "the clock was wrong")
    assert followed[1:] == [(measurement.target.id,)]
    run("withdraw", measurement.id, "--undo")
    assert followed[2:] == [(measurement.target.id,)]
    lines = path.read_text().replace("2026-01-01T12:00:00", "2026-01-01T13:00:00")
    path.write_text(lines)
    run("import", path)
    assert followed[3:] == [(measurement.target.id,)]


def test_an_export_is_imported_by_another_catalog(
    run: Run, catalog: Catalog, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store_measurements(catalog, make_measurement("toynet", samples=(make_sample(),)))
    exported = lines_of(catalog)
    path = tmp_path / "export.jsonl"
    ended = run("export", path)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"Wrote {len(exported) - 2} records to {path}.\n"
    assert path.read_text() == "".join(f"{line}\n" for line in exported)

    other = databases.full("sqlite")
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", other)
    ended = run("import", path)
    assert (ended.code, ended.err) == (0, "")
    facts, read = ended.out.splitlines()
    assert facts == (
        "Of the architectures, checkpoints, accuracies, targets, workloads, only what a measurement needs "
        "was added. --facts takes over all."
    )
    assert read.startswith("Read ")
    assert read.endswith(". New measurements: 1.")
    imported = open_catalog(other)
    assert lines_of(imported) == exported
    imported.close()


def test_a_dash_is_standard_output(run: Run, catalog: Catalog) -> None:
    ended = run("export", "-")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == lines_of(catalog)


def test_a_dash_is_standard_input(
    run: Run, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, small_reference: ReferenceTables
) -> None:
    content = "".join(f"{line}\n" for line in lines_of(catalog)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    ended = run("import", "-")
    assert (ended.code, ended.err) == (0, "")
    accuracies = sum(map(len, small_reference.accuracies().values()))
    assert f"{accuracies} accuracies" in ended.out


def test_an_import_of_a_header_alone_read_no_records(run: Run, catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text(f'{lines_of(catalog)[0]}\n{{"record": "end", "records": 0}}\n')
    assert run("import", path).out == "Read no records. New measurements: 0.\n"


def test_sound_lines_are_taken_and_the_others_named_where_asked(
    run: Run, catalog: Catalog, tmp_path: Path
) -> None:
    store_measurements(catalog, make_measurement("toynet"))
    header, *records, _ = lines_of(catalog)
    (measured,) = (line for line in records if '"record":"measurement"' in line and '"toynet"' in line)
    other = measured.replace('"source":"a test"', '"source":"[another]"')
    path = tmp_path / "export.jsonl"
    bad = measured.replace('"toynet"', '"no[thing]"')
    path.write_text("\n".join([header, "{", other, bad, '{"record": "end", "records": 3}']))
    ended = run("import", path, "--keep-going")
    assert (ended.code, ended.err) == (1, "")
    first, second, last = ended.out.splitlines()
    assert first.startswith("Left out: Line 2: not JSON")
    assert second.startswith("Left out: Line 4: measurement: workload.architecture: 'no[thing]' is no name.")
    assert last == "Read 1 measurement. New measurements: 1."
    assert lines_of(catalog)[:-1] == [header, *records, other]


def test_keeping_on_without_a_fault_ends_well(run: Run, catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(lines_of(catalog)))
    assert run("import", path, "--keep-going").code == 0


def test_a_malformed_line_is_named(run: Run, catalog: Catalog, tmp_path: Path) -> None:
    before = lines_of(catalog)
    path = tmp_path / "export.jsonl"
    path.write_text(f"{before[0]}\n{{\n")
    ended = run("import", path)
    assert_refused(ended, "Line 2: not JSON")
    assert ended.err.endswith(". Nothing of the file was imported.\n  Correct the line and import again.\n")
    assert lines_of(catalog) == before


@pytest.mark.parametrize("name", ["no-such-file", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_reported(run: Run, tmp_path: Path, name: str) -> None:
    assert_refused(run("import", tmp_path / name), f"Cannot read {tmp_path / name}")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe\x00", "Line 1: not UTF-16"), (b"\x80", "Line 1: not UTF-8: byte 1 of the line is 0x80")],
)
def test_a_file_that_is_not_text_is_reported(run: Run, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(content)
    assert_refused(run("import", path), message)


def test_a_device_that_never_ends_is_reported(run: Run) -> None:
    assert_refused(run("import", "/dev/zero"), "Line 1: longer than 64 MiB")


def test_a_device_that_is_full_is_reported(run: Run) -> None:
    assert_refused(run("export", "/dev/full"), "Cannot write /dev/full: No space left on device")


def test_facts_are_taken_over_where_asked_and_restored_by_an_upgrade(
    run: Run, catalog: Catalog, tmp_path: Path
) -> None:
    header, *records, end = lines_of(catalog)
    records = [
        record.replace('"license":"Apache-2.0"', '"license":"MIT"')
        if '"name":"resnet18.a1_in1k"' in record
        else record
        for record in records
    ]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join([header, *records, end]))

    def license_() -> str | None:
        with catalog.read() as session:
            card = find_card(session, "resnet18")
        assert card is not None
        return next(one.license for one in card.checkpoints if one.name == "resnet18.a1_in1k")

    run("import", path)
    assert license_() == "Apache-2.0"
    ended = run("import", path, "--facts")
    assert "--facts" not in ended.out
    assert license_() == "MIT"
    run("upgrade")
    assert license_() == "Apache-2.0"
    run("import", path, "--facts")
    ended = run("forget-imported-facts")
    assert (ended.code, ended.out) == (
        0,
        "Removed 0 checkpoints, accuracies and published numbers. The shipped facts are restored.\n",
    )
    assert license_() == "Apache-2.0"


@pytest.mark.parametrize("name", ["no-such-folder/file", "."], ids=["in a missing folder", "a folder"])
def test_a_file_that_cannot_be_written_is_reported(run: Run, tmp_path: Path, name: str) -> None:
    assert_refused(run("export", tmp_path / name), f"Cannot write {tmp_path / name}")


def test_a_catalog_that_does_not_exist_is_not_copied(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    for name in ("none.sqlite", "empty.sqlite"):
        source = tmp_path / name
        if name == "empty.sqlite":
            source.touch()
        assert_refused(
            run("copy", f"sqlite:///{source}", f"sqlite:///{copy}"), f"There is no catalog at {source}."
        )
        assert source.exists() is (name == "empty.sqlite")
    assert not copy.exists()


def test_a_catalog_is_copied(run: Run, url: str, tmp_path: Path) -> None:
    assert run("upgrade").code == 0
    ended = run("copy", url, f"sqlite:///{tmp_path / 'copy.sqlite'}")
    assert ended.code == 0
    assert ended.out.startswith("Copied ")


def test_an_empty_file_is_called_so(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert_refused(run("import", empty), "the file is empty")
