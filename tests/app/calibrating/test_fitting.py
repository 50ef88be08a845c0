"""From measurements to estimates: what they may stand on, and what is written."""

from dataclasses import replace

import pytest

from app.calibrating import fitting
from catalog import host
from catalog.entities.configurations import Configuration
from catalog.entities.measurements import Measurement
from catalog.storage.candidate_rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_basis, find_estimates
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, RuntimeName, Scenario
from tests.app.calibrating.machine import (
    CONFIGURATION,
    DAY,
    NETWORKS,
    FakeEstimator,
    field_of,
    inventory_of,
    measured,
)
from tests.builders import NOON, make_environment, store_measurements

TARGET = host.local_target()
METRICS = (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.PEAK_MEMORY_MB)
FIRST = NETWORKS[: fitting.LEAST_NETWORKS]


def learnt(catalog: Catalog, *measurements: Measurement) -> list[fitting.Learnt]:
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        return fitting.learnt_from(session, TARGET.id)


def test_a_configuration_teaches_once_enough_networks_were_measured_in_it(bare: Catalog) -> None:
    other = replace(CONFIGURATION, threads=2)
    enough = [measured(name) for name in FIRST]
    (found,) = learnt(bare, *enough, *(measured(name, configuration=other) for name in FIRST[1:]))
    assert found.configuration == CONFIGURATION
    assert {one.id for one in found.measurements} == {one.id for one in enough}


def test_the_newest_measurement_of_a_network_counts(bare: Catalog) -> None:
    again = measured(FIRST[0], 11.0, measured_at=NOON + DAY)
    (found,) = learnt(bare, *(measured(name) for name in FIRST), again)
    assert len(found.measurements) == len(FIRST)
    assert again in found.measurements


def test_measurements_of_an_older_environment_do_not_count(bare: Catalog) -> None:
    newer = make_environment("1.99.0")
    today = [replace(measured(name, measured_at=NOON + DAY), environment=newer) for name in NETWORKS[2:]]
    (found,) = learnt(bare, *(measured(name) for name in NETWORKS), *today)
    assert {one.environment for one in found.measurements} == {newer}
    assert len(found.measurements) == len(today)


@pytest.mark.parametrize(
    "strange",
    [
        {"provenance": Provenance.PUBLISHED},
        {"configuration": replace(CONFIGURATION, scenario=Scenario.CONCURRENT, clients=2)},
    ],
)
def test_published_numbers_and_other_scenarios_teach_nothing(
    bare: Catalog, strange: dict[str, object]
) -> None:
    assert learnt(bare, *(measured(name, **strange) for name in FIRST)) == []  # type: ignore[arg-type]


def test_every_native_workload_gets_estimates_of_latency_and_throughput(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    basis = fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    assert basis is not None
    assert len(basis.measurements) == len(FIRST)
    with bare.read() as session:
        assert find_basis(session, TARGET.id) == basis
        found = {
            (one.workload.architecture, one.metric): one for _, one in find_estimates(session, TARGET.id)
        }
    assert set(found) == {(name, metric) for name in NETWORKS for metric in METRICS}
    latency, speed = (found[NETWORKS[-1], metric] for metric in (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS))
    assert latency.value == pytest.approx(20.0)
    assert latency.level == fitting.LEVEL
    assert latency.low is not None
    assert latency.high is not None
    assert latency.low < 20.0 < latency.high
    assert speed.value == pytest.approx(50.0)
    assert speed.low == pytest.approx(1e3 / latency.high)
    assert speed.high == pytest.approx(1e3 / latency.low)


def test_images_of_a_batch_are_counted(bare: Catalog, estimator: FakeEstimator) -> None:
    batched = replace(CONFIGURATION, batch_size=8)
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name, configuration=batched) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    with bare.read() as session:
        speeds = [one.value for _, one in find_estimates(session) if one.metric is Metric.THROUGHPUT_IPS]
    assert speeds == pytest.approx([400.0] * len(NETWORKS))


def test_a_refused_network_has_the_reason_and_no_number(bare: Catalog, estimator: FakeEstimator) -> None:
    estimator.refused = frozenset({NETWORKS[-1]})
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    basis = fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    assert basis is not None
    assert (basis.accuracies[0].covered, basis.accuracies[0].refused) == (len(NETWORKS) - 1, 1)
    with bare.read() as session:
        found = [one for _, one in find_estimates(session, architecture=NETWORKS[-1])]
    assert {one.value for one in found} == {None}
    for one in found:
        assert "operators that no measured network has" in (one.absent_reason or "")
        assert f"`archrank profile {NETWORKS[-1]}`" in (one.absent_reason or "")


def test_measured_networks_stay_measured_and_the_others_are_estimated(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    with bare.read() as session:
        columns = candidate_columns(session, TARGET.id)
    provenances = {
        name: facts.provenance for name, facts in zip(columns.architecture, columns.measurement, strict=True)
    }
    assert provenances == {
        name: Provenance.MEASURED if name in FIRST else Provenance.ESTIMATED for name in NETWORKS
    }


def test_each_configuration_is_learnt_on_its_own(bare: Catalog, estimator: FakeEstimator) -> None:
    openvino = Configuration(RuntimeName.OPENVINO, threads=1)
    field_of(bare, *NETWORKS)
    for configuration in (CONFIGURATION, openvino):
        store_measurements(bare, *(measured(name, configuration=configuration) for name in FIRST))
    basis = fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    assert basis is not None
    assert {one.configuration for one in basis.accuracies} == {CONFIGURATION, openvino}
    assert len(estimator.asked) == 2 * 2  # the latency and the memory in each


def test_estimates_are_current_until_something_is_measured(bare: Catalog, estimator: FakeEstimator) -> None:
    def is_current() -> bool:
        with bare.read() as session:
            return fitting.is_current(session, TARGET.id)

    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    assert not is_current()
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    assert is_current()
    store_measurements(bare, measured(NETWORKS[-1]))
    assert not is_current()


def test_too_few_measurements_leave_the_former_estimates(bare: Catalog, estimator: FakeEstimator) -> None:
    store_measurements(bare, *(measured(name) for name in FIRST[:-1]))
    assert fitting.refit(bare, TARGET, inventory_of(*NETWORKS)) is None
    assert estimator.asked == []


def test_only_the_latency_is_estimated_by_operators(bare: Catalog, estimator: FakeEstimator) -> None:
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    (latency, _), (memory, of_memory) = estimator.asked
    assert latency.inventory is not None
    assert memory.inventory is None
    assert of_memory.profiles == {}


def test_errors_on_networks_that_were_left_out_are_kept(bare: Catalog, estimator: FakeEstimator) -> None:
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    basis = fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    assert basis is not None
    first = basis.accuracies[0]
    assert (first.metric, first.networks) == (Metric.LATENCY_MS, len(FIRST))
    assert first.median_error == pytest.approx(1 - 1 / 1.03)
    assert (first.within_10, first.coverage) == (1.0, 1.0)
