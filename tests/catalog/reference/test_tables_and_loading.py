import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import func, select

from catalog.entities.networks import Architecture, Checkpoint, CountedWorkload, Stage
from catalog.opening import open_catalog
from catalog.reference import published
from catalog.reference import tables as reference
from catalog.reference.loading import ensure_loaded, store_accuracies, store_results
from catalog.reference.tables import (
    read_accuracies,
    read_aliases,
    read_architectures,
    read_checkpoints,
    read_sources,
    read_speeds,
    read_workloads,
    write_results,
    write_timm,
)
from catalog.reference.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.timm_results import ACCURACY_FILES, SourceFile, SpeedRow, architecture_of
from catalog.storage.cards import find_card
from catalog.storage.database import Catalog, revision
from catalog.storage.facts import save_architectures, save_checkpoints
from catalog.storage.measurements import MeasurementQuery, find_measurements
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CatalogState,
    CheckpointRow,
    MeasurementRow,
    Table,
    WorkloadRow,
)
from catalog.words.vocabulary import Dataset, Form
from tests.builders import (
    make_accuracy,
    make_counted_workload,
    make_measurement,
    make_workload,
    store_measurements,
    success_of,
)

IMAGENET = SourceFile("results-imagenet.csv", "0" * 40)
SPEEDS = SourceFile("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv", "1" * 40)
RESNET18 = SpeedRow("resnet18", 224, 1024, 3000.0, 341.3, 11.69)


def revision_of(catalog: Catalog) -> int:
    with catalog.read() as session:
        return revision(session)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the tables."""
    monkeypatch.setattr(reference, "DATA", tmp_path)
    return tmp_path


@pytest.fixture
def changing(small_reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the reference tables, in their place, that a test may change."""
    copy = tmp_path / "reference"
    shutil.copytree(small_reference, copy)
    monkeypatch.setattr(reference, "DATA", copy)
    return copy


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# Reading and writing tables


ARCHITECTURES = [
    TimmArchitecture("a", "module", None, 0, 224),
    TimmArchitecture(
        "b",
        "module",
        "v1",
        1000,
        288,
        fixed_input=True,
        reparameterised=False,
        stages=(Stage(4, 64), Stage(32, 2048)),
    ),
    TimmArchitecture("c", "module", "v1", 21841, 224, failure='no "operator", \nat all'),
]
CHECKPOINTS = [
    TimmCheckpoint("b.v1", 1000, 224),
    TimmCheckpoint("b.v2", 21841, 384, "apache-2.0", "timm/b.v2"),
]
WORKLOADS: list[CountedWorkload] = [
    make_counted_workload(
        "b",
        params_m=11.689512,
        gmacs=1.814073344,
        activations_m=2.481152,
        operators={"conv": 1.813561344, "linear": 0.000512},
        operator_calls={"conv": 20, "linear": 1, "relu": 17},
        weights_bytes=46_807_446,
    ),
    make_counted_workload("b", form=Form.TRAINING),
    make_counted_workload("c", count_failure='no "operator", \nat all'),
]
ALIASES = {"old_b": "b.v1", "tf_b": "b"}


def test_what_timm_says_comes_back_as_it_was_written(folder: Path) -> None:
    write_timm(ARCHITECTURES, CHECKPOINTS, WORKLOADS, ALIASES, folder)
    assert read_architectures() == ARCHITECTURES
    assert read_checkpoints() == CHECKPOINTS
    assert read_workloads() == WORKLOADS
    assert read_aliases() == ALIASES


def test_results_come_back_as_they_were_written(folder: Path) -> None:
    accuracies = {
        SourceFile(name, f"{number:040}"): [
            make_accuracy(
                "a.v1",
                top1=1 / 3,
                top5=200 / 3,
                dataset=dataset,
                source=str(SourceFile(name, f"{number:040}")),
            )
        ]
        for number, (name, dataset) in enumerate(ACCURACY_FILES.items())
    }
    speeds = {SPEEDS: [RESNET18, replace(RESNET18, model='a "net", so called')]}
    write_results(accuracies, {SPEEDS: speeds[SPEEDS][::-1]}, folder)
    assert read_accuracies() == accuracies
    assert {source: sorted(rows, key=lambda row: row.model) for source, rows in read_speeds().items()} == {
        SPEEDS: sorted(speeds[SPEEDS], key=lambda row: row.model)
    }
    assert set(read_sources().values()) == {*accuracies, SPEEDS}


def test_written_tables_are_the_same_whatever_the_order_given(tmp_path: Path) -> None:
    accuracies = [
        make_accuracy(name, input_size=size, crop_pct=crop)
        for name in ("b.v1", "a.v1")
        for size in (1024, 224)
        for crop in (1.0, 0.9)
    ]
    speeds = [replace(RESNET18, model=name, input_size=size) for name in "ba" for size in (1024, 224)]
    other = SourceFile("results-sketch.csv", "2" * 40)
    for name, step in (("one", 1), ("other", -1)):
        write_timm(
            ARCHITECTURES[::step],
            CHECKPOINTS[::step],
            WORKLOADS[::step],
            dict(list(ALIASES.items())[::step]),
            tmp_path / name,
        )
        write_results(
            dict.fromkeys((IMAGENET, other)[::step], accuracies[::step]),
            {SPEEDS: speeds[::step]},
            tmp_path / name,
        )
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_empty_tables_come_back_empty(folder: Path) -> None:
    write_timm([], [], [], {}, folder)
    write_results({IMAGENET: []}, {SPEEDS: []}, folder)
    found: list[Sequence[object]] = [
        read_architectures(),
        read_checkpoints(),
        read_workloads(),
        list(read_aliases()),
    ]
    assert found == [[], [], [], []]
    assert (read_accuracies(), read_speeds()) == ({IMAGENET: []}, {SPEEDS: []})


def test_an_accuracy_table_says_which_data_set_it_is_of(folder: Path) -> None:
    sources = [SourceFile(name, "0" * 40) for name in ACCURACY_FILES]
    write_results({source: [make_accuracy()] for source in sources}, {}, folder)
    found = {source.name: rows[0].dataset for source, rows in read_accuracies().items()}
    assert found == dict(ACCURACY_FILES)
    assert set(found.values()) == set(Dataset)


# Storing results


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


def test_a_table_takes_the_place_of_its_earlier_revision(catalog: Catalog) -> None:
    newer = replace(SPEEDS, blob="2" * 40)
    workload = make_workload("resnet18").id
    own = make_measurement("resnet18", source=f"timm results/{SPEEDS.name} @ git blob of my own")
    store_measurements(catalog, own)
    before = {source: published_of(catalog, source) for source in read_speeds()}
    assert all(before.values())
    with catalog.write() as session:
        stored = store_results(session, {}, {newer: [RESNET18, replace(RESNET18, model="no such network")]})
    assert stored == 1
    for source, measurements in before.items():
        expected = measurements
        if source.name == SPEEDS.name:
            expected = [(workload, value.value) for value in success_of(own).values] + [(workload, 3000.0)]
        assert published_of(catalog, source) == sorted(expected)


def test_as_many_speeds_are_reported_as_are_stored(catalog: Catalog) -> None:
    newer = replace(SPEEDS, blob="2" * 40)
    rows = [RESNET18, replace(RESNET18, model="resnet18.a1_in1k", images_per_s=2900.0)]
    with catalog.write() as session:
        reported = store_results(session, {}, {newer: rows})
    assert reported == len(published_of(catalog, newer))


def test_storing_the_same_results_again_changes_nothing(catalog: Catalog) -> None:
    speeds = read_speeds()
    before = {source: published_of(catalog, source) for source in speeds}
    with catalog.write() as session:
        store_results(session, read_accuracies(), speeds)
    assert {source: published_of(catalog, source) for source in speeds} == before


# Loading


def stored(catalog: Catalog, table: type[Table]) -> int:
    with catalog.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_catalog_holds_the_whole_of_the_tables(catalog: Catalog) -> None:
    accuracies = list(chain.from_iterable(read_accuracies().values()))
    checkpoints = {one.name for one in read_checkpoints()} | {one.checkpoint for one in accuracies}
    architectures = {one.name for one in read_architectures()} | set(map(architecture_of, checkpoints))
    assert stored(catalog, ArchitectureRow) == len(architectures) > 0
    assert stored(catalog, CheckpointRow) == len(checkpoints) > 0
    assert stored(catalog, WorkloadRow) == len(read_workloads()) > 0
    assert stored(catalog, AccuracyRow) == len(accuracies) > 0
    known = published.WorkloadIndex.of(read_workloads(), read_aliases())
    speeds = chain.from_iterable(
        published.measurements(source, rows, known) for source, rows in read_speeds().items()
    )
    assert stored(catalog, MeasurementRow) == len({one.id for one in speeds}) > 0


def test_a_card_tells_what_the_tables_and_the_texts_tell(catalog: Catalog) -> None:
    with catalog.read() as session:
        card = find_card(session, "resnet50")
    assert card is not None
    (described,) = (one for one in read_architectures() if one.name == "resnet50")
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


def test_the_tables_are_loaded_once(catalog: Catalog) -> None:
    before = revision_of(catalog)
    ensure_loaded(catalog)
    assert revision_of(catalog) == before


def test_the_tables_are_loaded_again_when_they_changed(
    catalog: Catalog, catalog_url: str, changing: Path
) -> None:
    before = revision_of(catalog)
    with (changing / "accuracy" / "results-imagenet.csv").open("a") as file:
        file.write("toynet.v1,224,0.9,bicubic,75.0,92.0\n")
    for _ in range(2):
        open_catalog(catalog_url).close()
    assert revision_of(catalog) == before + 1
    with catalog.read() as session:
        card = find_card(session, "toynet")
        assert session.scalar(select(func.count()).select_from(CatalogState)) == 1
    assert card is not None
    assert [accuracy.top1 for accuracy in card.accuracies] == [75.0]


@pytest.mark.parametrize("name", ["families/toynets.toml", "licenses.toml"])
def test_the_tables_are_loaded_again_when_a_text_beside_them_changed(
    catalog: Catalog, changing: Path, name: str
) -> None:
    before = revision_of(catalog)
    (changing / name).parent.mkdir(exist_ok=True)
    (changing / name).write_text("# other words\n")
    ensure_loaded(catalog)
    assert revision_of(catalog) == before + 1


def test_loading_again_keeps_the_measurements_of_ones_own(catalog: Catalog, changing: Path) -> None:
    own = make_measurement("resnet18")
    store_measurements(catalog, own)
    before = stored(catalog, MeasurementRow)
    (changing / "licenses.toml").write_text("# other words\n")
    ensure_loaded(catalog)
    assert stored(catalog, MeasurementRow) == before
    with catalog.read() as session:
        assert find_measurements(session, MeasurementQuery(target=own.target.id)) == [own]


def test_tables_that_cannot_be_loaded_leave_the_catalog_as_it_was(catalog: Catalog, changing: Path) -> None:
    before = revision_of(catalog)
    with (changing / "checkpoints.csv").open("a") as file:
        file.write("toynet.v1,1000,big,,\n")
    with pytest.raises(ValueError, match="big"):
        ensure_loaded(catalog)
    assert revision_of(catalog) == before
    with catalog.read() as session:
        assert find_card(session, "toynet") is None


def test_a_licence_that_became_unclear_no_longer_permits_commercial_use(
    catalog: Catalog, changing: Path
) -> None:
    checkpoints = [
        replace(one, license="qwen-community-1.0") if one.name == "resnet50.a1_in1k" else one
        for one in read_checkpoints()
    ]
    write_timm(read_architectures(), checkpoints, read_workloads(), read_aliases(), changing)
    ensure_loaded(catalog)
    with catalog.read() as session:
        card = find_card(session, "resnet50")
    assert card is not None
    (found,) = (one for one in card.checkpoints if one.name == "resnet50.a1_in1k")
    assert (found.license, found.commercial_use) == ("qwen-community-1.0", None)
