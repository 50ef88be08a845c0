import shutil
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import func, select

from catalog.entities.identity import architecture_of
from catalog.entities.networks import Architecture, Checkpoint
from catalog.opening import open_catalog
from catalog.reference.speeds import published
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow
from catalog.reference.tables.loading import ensure_loaded, store_accuracies, store_results
from catalog.reference.tables.reading import ReferenceTables
from catalog.reference.tables.writing import write_timm
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures, save_checkpoints
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.summaries.cards import find_card
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CatalogState,
    CheckpointRow,
    MeasurementRow,
    Table,
    WorkloadRow,
)
from catalog.words.vocabulary import Dataset
from tests.builders import (
    make_accuracy,
    make_measurement,
    make_workload,
    store_measurements,
    success_of,
)
from tests.catalog.storage.stored import revision_of

IMAGENET = SourceFile("results-imagenet.csv", "0" * 40)
SPEEDS = SourceFile("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv", "1" * 40)
RESNET18 = SpeedRow("resnet18", 224, 1024, 3000.0, 341.3, 11.69)


@pytest.fixture
def changing(small_reference: ReferenceTables, tmp_path: Path) -> ReferenceTables:
    """A copy of the reference tables that a test may change."""
    return ReferenceTables(shutil.copytree(small_reference.folder, tmp_path / "reference"))


def test_accuracies_bring_their_checkpoints_and_architectures(catalog: Catalog) -> None:
    accuracies = [
        make_accuracy("toynet.v1"),
        make_accuracy("toynet.v1", input_size=288),
        make_accuracy("toynet.v2"),
    ]
    with catalog.write() as session:
        store_accuracies(session, accuracies)
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == Architecture("toynet")
    assert card.checkpoints == tuple(
        Checkpoint(name, "toynet", num_classes=1000) for name in ("toynet.v1", "toynet.v2")
    )
    assert card.accuracies == tuple(accuracies)


def test_accuracies_do_not_erase_what_is_known_of_their_checkpoints(catalog: Catalog) -> None:
    known = Checkpoint("toynet.v1", "toynet", 1000, "mit", commercial_use=True, native_size=224)
    with catalog.write() as session:
        save_architectures(session, [Architecture("toynet", year=2020)])
        save_checkpoints(session, [known])
        store_accuracies(session, [make_accuracy("toynet.v1")])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert (card.architecture.year, card.checkpoints) == (2020, (known,))


def published_of(catalog: Catalog, source: SourceFile) -> list[tuple[str, float | None]]:
    """The workloads and throughputs of the measurements that stem from the table's name."""
    with catalog.read() as session:
        found = find_measurements(session, MeasurementQuery())
    return sorted(
        (one.workload.id, value.value)
        for one in found
        if one.source.startswith(f"timm results/{source.name} @ ")
        for value in success_of(one).values
    )


def test_a_table_takes_the_place_of_its_earlier_revision(
    catalog: Catalog, small_reference: ReferenceTables
) -> None:
    newer = replace(SPEEDS, blob="2" * 40)
    workload = make_workload("resnet18").id
    own = make_measurement("resnet18", source=f"timm results/{SPEEDS.name} @ git blob of my own")
    store_measurements(catalog, own)
    before = {source: published_of(catalog, source) for source in small_reference.speeds()}
    assert all(before.values())
    with catalog.write() as session:
        stored = store_results(
            session, {}, {newer: [RESNET18, replace(RESNET18, model="no such network")]}, small_reference
        )
    assert stored == 1
    for source, measurements in before.items():
        expected = measurements
        if source.name == SPEEDS.name:
            expected = [(workload, value.value) for value in success_of(own).values] + [(workload, 3000.0)]
        assert published_of(catalog, source) == sorted(expected)


def test_as_many_speeds_are_reported_as_are_stored(
    catalog: Catalog, small_reference: ReferenceTables
) -> None:
    newer = replace(SPEEDS, blob="2" * 40)
    rows = [RESNET18, replace(RESNET18, model="resnet18.a1_in1k", images_per_s=2900.0)]
    with catalog.write() as session:
        reported = store_results(session, {}, {newer: rows}, small_reference)
    assert reported == len(published_of(catalog, newer))


def test_storing_the_same_results_again_changes_nothing(
    catalog: Catalog, small_reference: ReferenceTables
) -> None:
    speeds = small_reference.speeds()
    before = {source: published_of(catalog, source) for source in speeds}
    with catalog.write() as session:
        store_results(session, small_reference.accuracies(), speeds, small_reference)
    assert {source: published_of(catalog, source) for source in speeds} == before


# Loading


def stored(catalog: Catalog, table: type[Table]) -> int:
    with catalog.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_catalog_holds_the_whole_of_the_tables(catalog: Catalog, small_reference: ReferenceTables) -> None:
    accuracies = list(chain.from_iterable(small_reference.accuracies().values()))
    checkpoints = {one.name for one in small_reference.checkpoints()} | {one.checkpoint for one in accuracies}
    architectures = {one.name for one in small_reference.architectures()} | set(
        map(architecture_of, checkpoints)
    )
    assert stored(catalog, ArchitectureRow) == len(architectures) > 0
    assert stored(catalog, CheckpointRow) == len(checkpoints) > 0
    assert stored(catalog, WorkloadRow) == len(small_reference.workloads()) > 0
    assert stored(catalog, AccuracyRow) == len(accuracies) > 0
    known = published.WorkloadIndex.of(small_reference.workloads(), small_reference.aliases())
    speeds = chain.from_iterable(
        published.measurements(source, rows, known) for source, rows in small_reference.speeds().items()
    )
    assert stored(catalog, MeasurementRow) == len({one.id for one in speeds}) > 0


def test_a_card_tells_what_the_tables_and_the_texts_tell(
    catalog: Catalog, small_reference: ReferenceTables
) -> None:
    with catalog.read() as session:
        card = find_card(session, "resnet50")
    assert card is not None
    (described,) = (one for one in small_reference.architectures() if one.name == "resnet50")
    assert card.architecture == described.architecture()
    assert card.architecture.year == 2015
    assert "feature-pyramid" in card.architecture.tags
    default = card.default_workload
    assert default is not None
    assert default.counts is not None
    assert default.counts.params_m == pytest.approx(25.557032)
    assert default.counts.gmacs == pytest.approx(4.09, abs=0.05)
    checkpoints = {checkpoint.name: checkpoint for checkpoint in card.checkpoints}
    assert checkpoints["resnet50.a1_in1k"].commercial_use is True
    assert checkpoints["resnet50.a1_in1k"].training_data == ("imagenet-1k",)
    assert {accuracy.checkpoint for accuracy in card.accuracies} <= checkpoints.keys()
    assert {accuracy.dataset for accuracy in card.accuracies} == set(Dataset)
    assert len({measurement.target.id for measurement in card.measurements}) == 4


def test_the_tables_are_loaded_once(catalog: Catalog, small_reference: ReferenceTables) -> None:
    before = revision_of(catalog)
    ensure_loaded(catalog, small_reference)
    assert revision_of(catalog) == before


def test_the_tables_are_loaded_again_when_they_changed(
    catalog: Catalog, catalog_url: str, changing: ReferenceTables
) -> None:
    before = revision_of(catalog)
    with (changing.folder / "accuracy" / "results-imagenet.csv").open("a") as file:
        file.write("toynet.v1,224,0.9,bicubic,75.0,92.0\n")
    open_catalog(catalog_url, changing).close()
    after = revision_of(catalog)
    open_catalog(catalog_url, changing).close()
    assert before < after == revision_of(catalog)
    with catalog.read() as session:
        card = find_card(session, "toynet")
        assert session.scalar(select(func.count()).select_from(CatalogState)) == 1
    assert card is not None
    assert [accuracy.top1 for accuracy in card.accuracies] == [75.0]


@pytest.mark.parametrize("name", ["families/toynets.toml", "licenses.toml"])
def test_the_tables_are_loaded_again_when_a_text_beside_them_changed(
    catalog: Catalog, changing: ReferenceTables, name: str
) -> None:
    before = revision_of(catalog)
    (changing.folder / name).parent.mkdir(exist_ok=True)
    (changing.folder / name).write_text("# other words\n")
    ensure_loaded(catalog, changing)
    assert revision_of(catalog) > before


def test_loading_again_keeps_the_measurements_of_ones_own(
    catalog: Catalog, changing: ReferenceTables
) -> None:
    own = make_measurement("resnet18")
    store_measurements(catalog, own)
    before = stored(catalog, MeasurementRow)
    (changing.folder / "licenses.toml").write_text("# other words\n")
    ensure_loaded(catalog, changing)
    assert stored(catalog, MeasurementRow) == before
    with catalog.read() as session:
        assert find_measurements(session, MeasurementQuery(target=own.target.id)) == [own]


def test_tables_that_cannot_be_loaded_leave_the_catalog_as_it_was(
    catalog: Catalog, changing: ReferenceTables
) -> None:
    before = revision_of(catalog)
    with (changing.folder / "checkpoints.csv").open("a") as file:
        file.write("toynet.v1,1000,big,,\n")
    with pytest.raises(ValueError, match="big"):
        ensure_loaded(catalog, changing)
    assert revision_of(catalog) == before
    with catalog.read() as session:
        assert find_card(session, "toynet") is None


def test_a_licence_that_became_unclear_no_longer_permits_commercial_use(
    catalog: Catalog, changing: ReferenceTables
) -> None:
    checkpoints = [
        replace(one, license="qwen-community-1.0") if one.name == "resnet50.a1_in1k" else one
        for one in changing.checkpoints()
    ]
    write_timm(
        changing.architectures(), checkpoints, changing.workloads(), changing.aliases(), changing.folder
    )
    ensure_loaded(catalog, changing)
    with catalog.read() as session:
        card = find_card(session, "resnet50")
    assert card is not None
    (found,) = (one for one in card.checkpoints if one.name == "resnet50.a1_in1k")
    assert (found.license, found.commercial_use) == ("qwen-community-1.0", None)
