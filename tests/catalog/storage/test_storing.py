from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, Stage
from catalog.storage.cards import Card, find_card
from catalog.storage.database import Catalog, WriteSession
from catalog.storage.facts import (
    find_targets,
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements import MeasurementQuery, add_measurements, drop_published, find_measurements
from catalog.storage.tables import (
    ArtefactRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
    Table,
    TargetRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Precision, Provenance, RuntimeName, Scenario, Status
from tests.builders import (
    NOON,
    failure_of,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_environment,
    make_measurement,
    make_sample,
    make_target,
    store_measurements,
    success_of,
    without_reference,
)

Store = Callable[[WriteSession, Sequence[Any]], object]


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """Holds nothing but what the test stores."""
    return without_reference(catalog)


def save(catalog: Catalog, store: Store, *entities: Any) -> None:
    with catalog.write() as session:
        store(session, entities)


def card_of(catalog: Catalog, name: str = "toynet") -> Card:
    with catalog.read() as session:
        card = find_card(session, name)
    assert card is not None
    return card


def stored_measurements(catalog: Catalog) -> list[Measurement]:
    with catalog.read() as session:
        return find_measurements(session, MeasurementQuery(), with_samples=True)


def count(catalog: Catalog, table: type[Table]) -> int:
    with catalog.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# Facts


def test_an_unknown_never_erases_what_is_known_of_an_architecture(catalog: Catalog) -> None:
    known = Architecture(
        "toynet",
        "toynets",
        2020,
        "arXiv:2001.00001",
        "v1",
        fixed_input=False,
        native_size=224,
        num_classes=1000,
        tags=("toynets", "mlp"),
        stages=(Stage(4, 64), Stage(8, 128)),
    )
    save(catalog, save_architectures, known)
    save(catalog, save_architectures, Architecture("toynet"))
    assert card_of(catalog).architecture == known


def test_what_was_unknown_of_an_architecture_is_filled_in(catalog: Catalog) -> None:
    save(catalog, save_architectures, Architecture("toynet", year=2020))
    save(catalog, save_architectures, Architecture("toynet", family="toynets", fixed_input=True))
    assert card_of(catalog).architecture == Architecture("toynet", "toynets", 2020, fixed_input=True)


def test_what_is_known_anew_replaces_what_was_known(catalog: Catalog) -> None:
    save(catalog, save_architectures, Architecture("toynet", year=2019, fixed_input=True))
    save(catalog, save_architectures, Architecture("toynet", year=2020, fixed_input=False))
    assert card_of(catalog).architecture == Architecture("toynet", year=2020, fixed_input=False)


def test_an_unknown_erases_nothing_within_one_call_either(catalog: Catalog) -> None:
    save(
        catalog,
        save_architectures,
        Architecture("toynet", year=2020),
        Architecture("toynet", family="toynets"),
    )
    assert card_of(catalog).architecture == Architecture("toynet", "toynets", 2020)


def test_an_unknown_never_erases_what_is_known_of_a_checkpoint(catalog: Catalog) -> None:
    known = make_checkpoint(commercial_use=False, hub_id="timm/toynet.v1")
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, known)
    save(catalog, save_checkpoints, Checkpoint("toynet.v1", "toynet"))
    assert card_of(catalog).checkpoints == (known,)


def test_an_accuracy_replaces_the_one_of_the_same_evaluation(catalog: Catalog) -> None:
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, make_checkpoint())
    save(catalog, save_accuracies, make_accuracy(top1=70.0, source="first"))
    save(catalog, save_accuracies, make_accuracy(top1=71.0, source="second"))
    assert card_of(catalog).accuracies == (make_accuracy(top1=71.0, source="second"),)


@pytest.mark.parametrize(
    "other",
    [
        make_accuracy(dataset="imagenet-real"),
        make_accuracy(input_size=288),
        make_accuracy(crop_pct=1.0),
        make_accuracy(interpolation="bilinear"),
        make_accuracy(precision=Precision.INT8),
    ],
    ids=["data set", "input size", "crop", "interpolation", "precision"],
)
def test_accuracies_of_different_evaluations_stand_side_by_side(catalog: Catalog, other: Accuracy) -> None:
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, make_checkpoint())
    save(catalog, save_accuracies, make_accuracy(), other)
    assert set(card_of(catalog).accuracies) == {make_accuracy(), other}


def test_a_target_is_replaced_with_its_identity(catalog: Catalog) -> None:
    save(catalog, save_targets, make_target(label="old", identity={"cpus": 1}))
    save(catalog, save_targets, make_target(label="new", identity={"cpus": 2, "vendor": "v"}))
    with catalog.read() as session:
        assert find_targets(session) == [make_target(label="new", identity={"cpus": 2, "vendor": "v"})]


def test_counts_round_trip(catalog: Catalog) -> None:
    counted = make_counted_workload(
        operators={"conv": 1.75, "linear": 0.05},
        operator_calls={"conv": 20, "linear": 1, "relu": 17},
        weights_bytes=6_000_000_000,
    )
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, counted)
    assert card_of(catalog).workloads == (counted,)


def test_a_measurement_does_not_erase_the_counts_of_its_workload(catalog: Catalog) -> None:
    counted = make_counted_workload()
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, counted)
    store_measurements(catalog, make_measurement("toynet"))
    assert card_of(catalog).workloads == (counted,)


def test_a_workload_that_could_not_be_counted_says_why(catalog: Catalog) -> None:
    failed = make_counted_workload(count_failure="no such operator")
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, failed)
    store_measurements(catalog, make_measurement("toynet"))
    assert card_of(catalog).workloads == (failed,)


def test_counting_that_succeeds_at_last_ends_the_failure(catalog: Catalog) -> None:
    counted = make_counted_workload()
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, make_counted_workload(count_failure="no such operator"))
    save(catalog, save_workloads, counted)
    assert card_of(catalog).workloads == (counted,)


@pytest.mark.parametrize(
    ("store", "entity"),
    [
        (save_checkpoints, make_checkpoint("unknown.v1")),
        (save_accuracies, make_accuracy("unknown.v1")),
        (save_workloads, make_counted_workload("unknown")),
        (add_measurements, make_measurement("unknown")),
    ],
    ids=["checkpoint", "accuracy", "workload", "measurement"],
)
def test_nothing_may_refer_to_what_is_not_stored(catalog: Catalog, store: Store, entity: Any) -> None:
    with pytest.raises(IntegrityError):
        save(catalog, store, entity)


def test_saving_nothing_is_allowed(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [])
        save_checkpoints(session, [])
        save_accuracies(session, [])
        save_targets(session, [])
        save_workloads(session, [])
        assert add_measurements(session, []) == 0


def test_more_facts_than_fit_in_one_statement_are_all_saved(catalog: Catalog) -> None:
    names = [f"toynet{number:04}" for number in range(501)]
    save(catalog, save_architectures, *(make_architecture(name) for name in names))
    save(catalog, save_checkpoints, *(make_checkpoint(f"{name}.v1") for name in names))
    save(catalog, save_workloads, *(make_counted_workload(name) for name in names))
    save(catalog, save_accuracies, *(make_accuracy(f"{name}.v1") for name in names))
    assert card_of(catalog, "toynet0500").accuracies == (make_accuracy("toynet0500.v1"),)
    assert count(catalog, WorkloadRow) == 501


# Measurements


def test_a_measurement_comes_back_as_it_was_added(catalog: Catalog) -> None:
    measurement = make_measurement(
        "toynet",
        31.25,
        30.8,
        31.7,
        input_size=256,
        num_classes=21841,
        runtime=RuntimeName.OPENVINO,
        precision=Precision.BF16,
        batch_size=8,
        threads=2,
        compiled=True,
        arena=False,
        scenario=Scenario.TRAINING,
        batch_policy=BatchPolicy.LARGEST_FITTING,
        environment=make_environment("2026.1", driver="550.54", kernel="6.1.0", governor="performance"),
        doubts=(Doubt.FEW_CALLS, Doubt.CONTENDED),
        samples=(make_sample(), make_sample(foreign_cpus=0.5)),
    )
    assert store_measurements(catalog, measurement) == 1
    assert stored_measurements(catalog) == [measurement]


def test_a_failed_measurement_keeps_its_reason_detail_and_doubts(catalog: Catalog) -> None:
    failed = make_measurement(
        "toynet",
        status=Status.FAILED,
        reason=FailureReason.OUT_OF_MEMORY,
        detail="Größe: 3 GiB\nkilled by signal 9 — 'oom' \"quoted\"",
        doubts=(Doubt.CONTENDED,),
    )
    store_measurements(catalog, failed)
    assert stored_measurements(catalog) == [failed]


def test_every_reason_and_every_doubt_can_be_stored(catalog: Catalog) -> None:
    failed = [
        make_measurement("toynet", status=Status.FAILED, reason=reason, threads=number)
        for number, reason in enumerate(FailureReason, start=1)
    ]
    doubted = make_measurement("toynet", threads=len(failed) + 1, doubts=tuple(Doubt))
    store_measurements(catalog, *failed, doubted)
    found = stored_measurements(catalog)
    assert sorted(found, key=lambda measurement: measurement.configuration.stated_threads) == [
        *failed,
        doubted,
    ]


def test_a_detail_with_a_zero_byte_can_be_stored(catalog: Catalog) -> None:
    store_measurements(
        catalog, make_measurement("toynet", status=Status.FAILED, detail="core dumped:\0\0 end")
    )
    (stored,) = stored_measurements(catalog)
    assert (failure_of(stored).detail or "").startswith("core dumped:")


def test_adding_the_same_measurement_again_adds_nothing(catalog: Catalog) -> None:
    measurement = make_measurement("toynet", samples=(make_sample(),))
    assert store_measurements(catalog, measurement) == 1
    assert store_measurements(catalog, measurement) == 0
    assert stored_measurements(catalog) == [measurement]


def test_a_measurement_is_never_overwritten(catalog: Catalog) -> None:
    first = make_measurement("toynet", 10.0)
    assert store_measurements(catalog, first) == 1
    assert store_measurements(catalog, make_measurement("toynet", 20.0)) == 0
    assert stored_measurements(catalog) == [first]


def test_a_measurement_named_twice_in_one_call_is_added_once(catalog: Catalog) -> None:
    measurement = make_measurement("toynet")
    assert store_measurements(catalog, measurement, measurement) == 1
    assert stored_measurements(catalog) == [measurement]


def test_only_what_is_new_is_counted(catalog: Catalog) -> None:
    first, second = (make_measurement("toynet", threads=threads) for threads in (1, 2))
    store_measurements(catalog, first)
    assert store_measurements(catalog, first, second) == 1


def test_a_measurement_in_another_time_zone_is_the_same_measurement(catalog: Catalog) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    assert store_measurements(catalog, make_measurement("toynet", measured_at=NOON)) == 1
    assert store_measurements(catalog, make_measurement("toynet", measured_at=elsewhere)) == 0


def test_measurements_share_what_they_have_in_common(catalog: Catalog) -> None:
    repeated = [make_measurement("toynet", measured_at=NOON + timedelta(days=day)) for day in range(3)]
    assert store_measurements(catalog, *repeated) == 3
    shared = (WorkloadRow, ConfigurationRow, TargetRow, EnvironmentRow, ArtefactRow)
    assert [count(catalog, table) for table in shared] == [1] * 5


def test_the_largest_artefacts_fit(catalog: Catalog) -> None:
    measurement = make_measurement("toynet", size_bytes=6_000_000_000)
    store_measurements(catalog, measurement)
    assert stored_measurements(catalog)[0].artefact == measurement.artefact


def test_an_absent_value_keeps_its_reason(catalog: Catalog) -> None:
    absent = MetricValue(Metric.DEVICE_MEMORY_MB, None, absent_reason="no device")
    store_measurements(catalog, make_measurement("toynet", values=(absent,)))
    assert absent in success_of(stored_measurements(catalog)[0]).values


def test_twelve_hundred_measurements_are_added_at_once(catalog: Catalog) -> None:
    many = [
        make_measurement(f"toynet{number % 7}", 1.0 + number, measured_at=NOON + timedelta(seconds=number))
        for number in range(1200)
    ]
    assert store_measurements(catalog, *many) == 1200
    assert store_measurements(catalog, *many) == 0
    assert count(catalog, MeasurementRow) == 1200
    assert count(catalog, ValueRow) == 2400
    assert stored_measurements(catalog) == many[::-1]


# Published tables


TABLE = "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv"


def published(table: str | None, revision: str) -> Measurement:
    return make_measurement(
        "toynet", source=f"{table} @ {revision}", provenance=Provenance.PUBLISHED, published_table=table
    )


def test_dropping_a_table_drops_all_its_revisions_and_nothing_else(catalog: Catalog) -> None:
    kept = [
        published(TABLE.replace(".csv", "-dynamo.csv"), "old"),
        published(f"not-{TABLE}", "old"),
        published(TABLE.upper(), "old"),
        published(None, "old"),
        replace(published(None, "old"), source=f"{TABLE} @ oldest"),
        make_measurement("toynet", source=f"{TABLE} @ old"),
    ]
    dropped = [published(TABLE, "old"), published(TABLE, "older")]
    store_measurements(catalog, *kept, *dropped)
    with catalog.write() as session:
        drop_published(session, TABLE)
    assert {one.id for one in stored_measurements(catalog)} == {one.id for one in kept}
    assert count(catalog, ValueRow) == sum(len(success_of(one).values) for one in kept)


@pytest.mark.parametrize("pattern", ["benchmark%", TABLE.replace("-", "_"), "%"])
def test_the_name_of_a_table_has_no_wildcards(catalog: Catalog, pattern: str) -> None:
    store_measurements(catalog, published(TABLE, "old"))
    with catalog.write() as session:
        drop_published(session, pattern)
    assert len(stored_measurements(catalog)) == 1


def test_dropping_from_an_empty_catalog_is_allowed(catalog: Catalog) -> None:
    with catalog.write() as session:
        drop_published(session, TABLE)
    assert stored_measurements(catalog) == []
