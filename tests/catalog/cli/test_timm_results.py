"""`archrank catalog import-timm-results`."""

from pathlib import Path

import pytest

from catalog.entities.networks import Architecture
from catalog.reference.speeds.timm_results import ACCURACY_FILES, git_blob_id
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.summaries.cards import find_card
from catalog.words.metrics import Metric
from tests.builders import success_of
from tests.catalog.cli.running import Run, assert_refused, lines_of
from tests.catalog.cli.timm_results import RESULTS, SPEED_TABLE, SPEEDS


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
