from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import drop_published
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.tables import (
    ArtefactRow,
    ConfigurationRow,
    EnvironmentRow,
    MeasurementRow,
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
    make_environment,
    make_measurement,
    make_sample,
    store_measurements,
    success_of,
)
from tests.catalog.storage.stored import count

pytestmark = pytest.mark.empty_catalog


def stored_measurements(catalog: Catalog) -> list[Measurement]:
    with catalog.read() as session:
        return find_measurements(session, MeasurementQuery(), with_samples=True)


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
        samples=(make_sample(31.25), make_sample(31.25, foreign_cpus=0.5)),
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
