import pytest

from catalog.entities.measurements import Measurement
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName, Status
from tests.builders import (
    NOON,
    make_measurement,
    make_sample,
    store_measurements,
    success_of,
)
from tests.catalog.storage.facts.looking_up import OTHER_TARGET, SECOND

pytestmark = pytest.mark.empty_catalog


def find(catalog: Catalog, query: MeasurementQuery) -> list[Measurement]:
    with catalog.read() as session:
        return find_measurements(session, query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (MeasurementQuery(), [3, 2, 1, 0]),
        (MeasurementQuery(architecture="othernet"), [1]),
        (MeasurementQuery(target=OTHER_TARGET.id), [2]),
        (MeasurementQuery(runtime=RuntimeName.PYTORCH), [2, 1]),
        (MeasurementQuery(status=Status.FAILED), [3]),
        (MeasurementQuery(architecture="toynet", runtime=RuntimeName.PYTORCH), [2]),
        (MeasurementQuery(architecture="othernet", status=Status.FAILED), []),
        (MeasurementQuery(architecture="no such architecture"), []),
    ],
    ids=["none", "architecture", "target", "runtime", "status", "two", "contradicting", "unknown"],
)
def test_filters_narrow_the_measurements_newest_first(
    catalog: Catalog, query: MeasurementQuery, expected: list[int]
) -> None:
    measurements = [
        make_measurement("toynet"),
        make_measurement("othernet", runtime=RuntimeName.PYTORCH, measured_at=NOON + SECOND),
        make_measurement(
            "toynet", runtime=RuntimeName.PYTORCH, target=OTHER_TARGET, measured_at=NOON + 2 * SECOND
        ),
        make_measurement("toynet", status=Status.FAILED, measured_at=NOON + 3 * SECOND),
    ]
    store_measurements(catalog, *measurements)
    assert find(catalog, query) == [measurements[position] for position in expected]


def test_samples_come_only_when_asked_for(catalog: Catalog) -> None:
    samples = (make_sample(), make_sample(foreign_cpus=0.25))
    store_measurements(catalog, make_measurement("toynet", samples=samples))
    with catalog.read() as session:
        (without,) = find_measurements(session, MeasurementQuery())
        (with_samples,) = find_measurements(session, MeasurementQuery(), with_samples=True)
    assert success_of(without).samples == ()
    assert success_of(with_samples).samples == samples


def test_the_values_of_a_measurement_are_its_own(catalog: Catalog) -> None:
    store_measurements(
        catalog, *(make_measurement("toynet", 1.0 + threads, threads=threads) for threads in range(1, 9))
    )
    for measurement in find(catalog, MeasurementQuery()):
        latencies = [
            value.value for value in success_of(measurement).values if value.metric is Metric.LATENCY_MS
        ]
        assert latencies == [1.0 + measurement.configuration.stated_threads]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_of_measurements_cover_each_once_even_at_equal_times(catalog: Catalog, limit: int) -> None:
    measurements = [
        make_measurement("toynet", threads=threads, measured_at=NOON + (threads // 4) * SECOND)
        for threads in range(1, 13)
    ]
    store_measurements(catalog, *measurements)
    pages: list[Measurement] = []
    with catalog.read() as session:
        after: str | None = None
        while page := find_measurements(session, MeasurementQuery(), after=after, limit=limit):
            assert len(page) <= limit
            pages += page
            assert len(pages) <= len(measurements), "a page came twice"
            after = page[-1].id
    assert pages == measurements[::-1]


def test_pages_are_filtered_too(catalog: Catalog) -> None:
    first, second, third = (
        make_measurement("toynet", measured_at=NOON + second * SECOND) for second in range(3)
    )
    store_measurements(catalog, first, second, third, make_measurement("othernet"))
    with catalog.read() as session:
        page = find_measurements(session, MeasurementQuery(architecture="toynet"), after=third.id, limit=1)
    assert page == [second]
