import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from sqlalchemy.pool import QueuePool

from catalog import command, opening
from catalog.command import GROUP, main
from catalog.entities.networks import Architecture
from catalog.exchange import export_lines
from catalog.opening import open_catalog
from catalog.reference.reading import ReferenceTables
from catalog.reference.timm_results import ACCURACY_FILES, git_blob_id
from catalog.storage.cards import find_card
from catalog.storage.database import Catalog
from catalog.storage.finding_measurements import MeasurementQuery, find_measurements
from catalog.storage.schema import SCHEMA_HEAD
from catalog.words.metrics import Metric
from tests.builders import make_measurement, make_sample, store_measurements, success_of
from tests.conftest import Databases


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `archrank catalog ARGUMENTS`; the other packages' commands stay out of it."""
    entry = EntryPoint("catalog", "catalog.cli:app", GROUP)
    # With a single command, typer would take its name for an argument.
    other = EntryPoint("other", "catalog.settings:default_catalog_url", GROUP)
    monkeypatch.setattr(command, "entry_points", lambda group: [entry, other])

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["archrank", "catalog", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        assert isinstance(exit_.value.code, int)
        return Ended(exit_.value.code, *capsys.readouterr())

    return run


@pytest.fixture(autouse=True)
def url(catalog_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The catalog that the environment names, on each database in turn."""
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", catalog_url)
    return catalog_url


def assert_refused(ended: Ended, message: str) -> None:
    """One message on stderr, exit code 2, no traceback."""
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) <= 2


def lines_of(catalog: Catalog) -> list[str]:
    with catalog.read() as session:
        return list(export_lines(session))


# upgrade


def test_upgrade_makes_the_schema_that_open_needs(
    run: Run, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", empty_url)
    ended = run("upgrade")
    assert (ended.code, ended.out, ended.err) == (0, f"The catalog's schema is {SCHEMA_HEAD}.\n", "")
    open_catalog(empty_url).close()


def test_upgrade_may_be_repeated(run: Run) -> None:
    assert run("upgrade").code == run("upgrade").code == 0


def test_other_commands_ask_for_the_upgrade_of_a_postgresql_catalog(
    run: Run, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", databases.empty("postgresql"))
    ended = run("export", tmp_path / "export.jsonl")
    assert_refused(ended, "missing")
    assert ended.err.endswith("\n  Run `archrank catalog upgrade`.\n")


@pytest.mark.parametrize("arguments", [("upgrade",), ("export", "-"), ("import", "-")])
def test_a_url_that_leads_nowhere_is_reported_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql://user:s3cret@127.0.0.1:1/db")
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: The catalog cannot be reached")
    assert "Traceback" not in ended.err
    assert "s3cret" not in ended.err


# export and import


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
        "Removed 0 checkpoints and accuracies. The shipped facts are restored.\n",
    )
    assert license_() == "Apache-2.0"


# withdraw


def test_a_measurement_is_withdrawn_and_used_again(run: Run, catalog: Catalog) -> None:
    measurement = make_measurement("toynet")
    store_measurements(catalog, measurement)

    def used() -> bool:
        with catalog.read() as session:
            return find_measurements(session, MeasurementQuery(architecture="toynet")) != []

    ended = run("withdraw", measurement.id, "--reason", "the clock was wrong")
    assert (ended.code, ended.out) == (0, f"Measurement {measurement.id} is withdrawn.\n")
    assert not used()
    ended = run("withdraw", measurement.id, "--undo")
    assert (ended.code, ended.out) == (0, f"Measurement {measurement.id} is used again.\n")
    assert used()


def test_an_unknown_measurement_is_not_withdrawn(run: Run) -> None:
    assert_refused(run("withdraw", "nothing", "--reason", "why"), "There is no measurement 'nothing'")


@pytest.mark.parametrize("options", [(), ("--reason", "why", "--undo")])
def test_a_withdrawal_has_a_reason_or_is_undone(run: Run, options: tuple[str, ...]) -> None:
    ended = run("withdraw", "nothing", *options)
    assert ended.code == 2
    assert "Give a --reason, or --undo." in ended.err


@pytest.mark.parametrize("name", ["no-such-folder/file", "."], ids=["in a missing folder", "a folder"])
def test_a_file_that_cannot_be_written_is_reported(run: Run, tmp_path: Path, name: str) -> None:
    assert_refused(run("export", tmp_path / name), f"Cannot write {tmp_path / name}")


# import-timm-results


RESULTS = """\
model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation
toynet.v1,224,75.000,25.000,92.000,8.000,"1,014.45",0.900,bicubic
toynet.v1,288,77.000,23.000,93.000,7.000,"1,014.45",1.000,bicubic
toynet.v2,224,76.000,24.000,92.500,7.500,12.5,0.900,bicubic
"""
SPEEDS = """\
model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count
resnet18,"4,000.50",255.96,1024,224,11.69
toynet,3000.0,341.3,1024,224,12.5
resnet50,,,,,
"""
SPEED_TABLE = "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    for name in ACCURACY_FILES:
        (folder / name).write_text(RESULTS.splitlines()[0])
    (folder / "results-imagenet.csv").write_text(RESULTS)
    (folder / "results-sketch.csv").write_text("\n".join(RESULTS.splitlines()[:2]))
    (folder / SPEED_TABLE).write_text(SPEEDS)
    return folder


def test_timms_results_are_stored_in_the_catalog(run: Run, catalog: Catalog, results: Path) -> None:
    ended = run("import-timm-results", results)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "Imported 4 accuracies of 2 checkpoints, and 1 of 2 speeds.\n"
        "The other speeds are of networks whose number of parameters the catalog has not counted.\n"
    )
    with catalog.read() as session:
        card = find_card(session, "toynet")
        measurements = find_measurements(session, MeasurementQuery(architecture="resnet18"))
    assert card is not None
    assert card.architecture == Architecture("toynet")
    assert [accuracy.top1 for accuracy in card.accuracies] == [75.0, 75.0, 77.0, 76.0]
    blob = git_blob_id(SPEEDS.encode())
    (imported,) = (one for one in measurements if one.source.endswith(blob))
    assert imported.source == f"timm results/{SPEED_TABLE} @ git blob {blob}"
    assert [(one.metric, one.value) for one in success_of(imported).values] == [
        (Metric.THROUGHPUT_IPS, 4000.5)
    ]


def test_timms_results_can_be_written_to_tables_instead(
    run: Run, catalog: Catalog, results: Path, tmp_path: Path
) -> None:
    before = lines_of(catalog)
    tables = ReferenceTables(tmp_path / "tables")
    ended = run("import-timm-results", results, "--tables", tables.folder)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "Imported 4 accuracies of 2 checkpoints, and 2 of 2 speeds.\n"
    assert lines_of(catalog) == before
    found = {source.name: [one.checkpoint for one in rows] for source, rows in tables.accuracies().items()}
    assert found == {
        **{name: [] for name in ACCURACY_FILES},
        "results-imagenet.csv": ["toynet.v1", "toynet.v1", "toynet.v2"],
        "results-sketch.csv": ["toynet.v1"],
    }
    ((source, rows),) = tables.speeds().items()
    assert (source.name, [row.model for row in rows]) == (SPEED_TABLE, ["resnet18", "toynet"])


def test_tables_that_cannot_be_written_are_reported(run: Run, results: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    tables = tmp_path / "file" / "tables"
    assert_refused(run("import-timm-results", results, "--tables", tables), f"Cannot write {tables}")


def test_missing_results_are_reported(run: Run, tmp_path: Path) -> None:
    assert_refused(run("import-timm-results", tmp_path / "nowhere"), "Cannot read")


@pytest.mark.parametrize("option", [(), ("--tables", "tables")], ids=["into the catalog", "into tables"])
def test_what_cannot_be_read_is_listed_at_the_end_and_the_rest_is_stored(
    run: Run, results: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    monkeypatch.chdir(results.parent)
    (results / "results-imagenet.csv").write_text(RESULTS.replace("77.000", "n/a"))
    (results / SPEED_TABLE.replace("amp", "fp8")).write_text(SPEEDS)
    ended = run("import-timm-results", results, *option)
    assert (ended.code, ended.err) == (1, "")
    first, *_, line, name = ended.out.splitlines()
    assert first.startswith("Imported 3 accuracies of 2 checkpoints, and ")
    assert line.startswith("Not read: ")
    assert "results-imagenet.csv, line 3" in line
    assert "the precision 'fp8' is unknown" in name


def test_unknown_hardware_is_a_target_under_its_own_name(run: Run, catalog: Catalog, results: Path) -> None:
    (results / SPEED_TABLE.replace("rtx3090", "abacus")).write_text(SPEEDS)
    ended = run("import-timm-results", results)
    assert (ended.code, ended.err) == (0, "")
    with catalog.read() as session:
        (measurement,) = find_measurements(session, MeasurementQuery(target="timm-abacus-cuda"))
    assert measurement.target.label == "abacus (cuda), as timm names it"
    assert [(one.metric, one.value) for one in success_of(measurement).values] == [
        (Metric.THROUGHPUT_IPS, 4000.5)
    ]


# All of them


@pytest.mark.parametrize(
    "arguments",
    [("upgrade",), ("export", "-"), ("import", "-"), ("import-timm-results", "RESULTS")],
    ids=lambda arguments: arguments[0],
)
def test_no_command_leaves_a_connection_open(
    run: Run, url: str, results: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    opened: list[Catalog] = []

    def remembered(open_: Callable[[str], Catalog]) -> Callable[[str], Catalog]:
        def remember(url: str) -> Catalog:
            opened.append(open_(url))
            return opened[-1]

        return remember

    for name in ("open_catalog", "upgrade_catalog"):
        monkeypatch.setattr(opening, name, remembered(getattr(opening, name)))
    header = b'{"format": "archrank-catalog", "version": 1}'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(header)))
    assert run(*(str(results) if part == "RESULTS" else part for part in arguments)).code == 0
    (catalog,) = opened
    pooled = catalog._engine.pool
    assert isinstance(pooled, QueuePool)
    assert pooled.checkedin() == pooled.checkedout() == 0
