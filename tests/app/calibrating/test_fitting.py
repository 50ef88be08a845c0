"""From measurements to estimates: what they may stand on, and what is written."""

from dataclasses import replace
from math import hypot, log
from typing import Any

import numpy as np
import pytest

from app.calibrating import fitting
from app.calibrating.evidence import Series, all_series
from app.estimating.estimator import Agreement
from app.estimating.intervals import reach
from catalog import host
from catalog.entities.configurations import Configuration, Target
from catalog.entities.estimates import Similarity
from catalog.entities.measurements import Measurement, MetricValue, Withdrawal
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_basis, find_estimates
from catalog.storage.facts.facts import save_accuracies, save_workloads
from catalog.storage.measurements.withdrawing import withdraw
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Device, Precision, Provenance, RuntimeName, Scenario
from tests.app.calibrating.machine import (
    CONFIGURATION,
    DAY,
    NETWORKS,
    FakeEstimator,
    field_of,
    inventory_of,
    measured,
)
from tests.builders import (
    NOON,
    make_accuracy,
    make_counted_workload,
    make_environment,
    make_target,
    replace_success,
    store_measurements,
)

TARGET = host.local_target()
METRICS = (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.PEAK_MEMORY_MB)
FIRST = NETWORKS[: fitting.LEAST_NETWORKS]


def learnt(catalog: Catalog, *measurements: Measurement) -> list[Series]:
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        return [
            one for one in all_series(session, TARGET.id) if len(one.measurements) >= fitting.LEAST_NETWORKS
        ]


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
    assert again.id in {one.id for one in found.measurements}


def test_measurements_of_an_older_environment_do_not_count(bare: Catalog) -> None:
    newer = make_environment("1.99.0")
    today = [replace(measured(name, measured_at=NOON + DAY), environment=newer) for name in NETWORKS[2:]]
    (found,) = learnt(bare, *(measured(name) for name in NETWORKS), *today)
    assert {one.environment for one in found.measurements} == {newer}
    assert len(found.measurements) == len(today)


def test_other_scenarios_teach_nothing(bare: Catalog) -> None:
    concurrent = replace(CONFIGURATION, scenario=Scenario.CONCURRENT, clients=2)
    assert learnt(bare, *(measured(name, configuration=concurrent) for name in FIRST)) == []


def test_published_numbers_teach_too(bare: Catalog) -> None:
    (found,) = learnt(bare, *(measured(name, provenance=Provenance.PUBLISHED) for name in FIRST))
    assert len(found.measurements) == len(FIRST)


def halves(catalog: Catalog, target: Target, provenance: Provenance) -> dict[str, float]:
    """Half of the interval of each estimated latency, as logarithms. It is learnt from numbers of this
    provenance that lie within 21 % with 95 % confidence and 4 degrees of freedom."""
    latency = MetricValue(Metric.LATENCY_MS, 10.0, 10 / 1.21, 12.1, 0.95, degrees_of_freedom=4.0)
    store_measurements(
        catalog,
        *(
            replace_success(measured(name, provenance=provenance, target=target), values=(latency,))
            for name in FIRST
        ),
    )
    assert fitting.refit(catalog, target, inventory_of(*NETWORKS)) is not None
    with catalog.read() as session:
        return {
            one.workload.architecture: log(one.high / one.low) / 2
            for _, one in find_estimates(session, target.id)
            if one.metric is Metric.LATENCY_MS and one.low is not None and one.high is not None
        }


def test_estimates_of_published_numbers_are_as_wide_again_as_runs_differ(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    of_measured = halves(bare, TARGET, Provenance.MEASURED)
    of_published = halves(bare, make_target("there"), Provenance.PUBLISHED)
    at_90_percent = log(1.21) * 2.132 / 2.776  # by a table of the t distribution
    assert of_published.keys() == of_measured.keys()
    for name, half in of_measured.items():
        assert of_published[name] == pytest.approx(hypot(half, at_90_percent), rel=1e-3)


def test_the_largest_batch_that_fits_is_no_part_of_a_series(bare: Catalog, estimator: FakeEstimator) -> None:
    fitting_batch = replace(CONFIGURATION, batch_policy=BatchPolicy.LARGEST_FITTING)
    large, small = (replace(fitting_batch, batch_size=size) for size in (64, 32))
    runs = [measured(name, 640.0, configuration=large) for name in FIRST[1:]]
    runs.append(measured(FIRST[0], 640.0, configuration=small))
    field_of(bare, *NETWORKS)
    (found,) = learnt(bare, *runs)
    assert found.configuration == large

    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    times = dict(zip((row for row in estimator.asked[0][1].rows), estimator.asked[0][1].log_ms, strict=True))
    assert sorted(np.exp(list(times.values()))) == pytest.approx([10.0] * 7 + [20.0])  # ms an image
    with bare.read() as session:
        estimates = [one for _, one in find_estimates(session, TARGET.id)]
    of = {one.workload.architecture: one.configuration.batch_size for one in estimates}
    assert (of[FIRST[0]], of[FIRST[1]], of[NETWORKS[-1]]) == (32, 64, 64)


@pytest.mark.parametrize(
    ("changes", "helps"),
    [
        ({}, True),
        ({"threads": 7}, True),
        ({"precision": Precision.INT8}, False),
        ({"device": Device.CUDA}, False),
        ({"runtime": RuntimeName.PYTORCH}, False),
    ],
)
def test_reference_machines_help_with_what_ran_as_on_them(
    bare: Catalog, estimator: FakeEstimator, changes: dict[str, Any], helps: bool
) -> None:
    field_of(bare, *NETWORKS)
    ran = replace(CONFIGURATION, **changes)
    store_measurements(bare, *(replace(measured(name, 20.0), configuration=ran) for name in FIRST))
    inventory = replace(
        inventory_of(*NETWORKS),
        efficiency={CONFIGURATION.runtime: np.empty(0)},
        memory={CONFIGURATION.runtime: np.full(len(NETWORKS), 100.0)},
    )
    fitting.refit(bare, TARGET, inventory)
    latency, *of_memory = (asked for asked, _ in estimator.asked)
    assert (latency.usual is not None) is helps
    assert [one.references is not None for one in of_memory] == [False, True][: 1 + helps]


def test_another_target_is_a_reference_and_says_how_alike_it_is(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    estimator.agreement = Agreement(len(FIRST), 0.5, 0.07)
    field_of(bare, *NETWORKS)
    there = make_target("there")
    store_measurements(bare, *(measured(name, 40.0, target=there) for name in NETWORKS))
    store_measurements(bare, *(measured(name, 20.0) for name in FIRST))
    basis = fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    assert basis is not None
    references = estimator.asked[0][0].references
    assert references is not None
    assert np.exp(references.log_times) == pytest.approx(np.full((len(NETWORKS), 1), 40.0))
    assert references.alike.tolist() == [True]
    assert basis.accuracies[0].similar == (Similarity("there", CONFIGURATION, len(FIRST), 0.5, 0.07),)


def test_estimates_of_another_target_are_references_with_their_deviation(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    there = make_target("there")
    store_measurements(bare, *(measured(name, 40.0, target=there) for name in FIRST))
    fitting.refit(bare, there, inventory_of(*NETWORKS))
    store_measurements(bare, *(measured(name, 20.0) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    references = estimator.asked[-2][0].references
    assert references is not None
    # Networks that were measured on both are taken as the others are: by their estimates.
    assert np.exp(references.log_times) == pytest.approx(np.full((len(NETWORKS), 1), 20.0))
    # That of a normal error whose interval at 90 % is as wide as the one that was told.
    deviation = 0.1 * reach(np.full(len(FIRST), 0.5), 0.9) / 1.645
    assert references.doubts == pytest.approx(np.full((len(NETWORKS), 1), deviation), rel=0.01)


def test_a_configuration_of_the_same_target_is_a_reference_for_the_next(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    batched = replace(CONFIGURATION, batch_size=8)
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in NETWORKS))
    store_measurements(bare, *(measured(name, configuration=batched, node_profile=False) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    of_batch = estimator.asked[2][0].references
    assert len(estimator.asked[2][1].rows) == len(FIRST)
    assert of_batch is not None
    assert of_batch.alike.tolist() == [True]


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


def test_a_size_at_which_an_accuracy_is_published_is_estimated_too(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    name = NETWORKS[-1]
    with bare.write() as session:
        save_workloads(session, [make_counted_workload(name, input_size=size) for size in (288, 320)])
        save_accuracies(session, [make_accuracy(f"{name}.v1", input_size=288)])
    store_measurements(bare, *(measured(one) for one in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    with bare.read() as session:
        sizes = {
            one.workload.input_size
            for _, one in find_estimates(session, TARGET.id)
            if one.workload.architecture == name
        }
    assert sizes == {224, 288}


def test_images_of_a_batch_are_counted(bare: Catalog, estimator: FakeEstimator) -> None:
    batched = replace(CONFIGURATION, batch_size=8)
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name, configuration=batched) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    with bare.read() as session:
        estimates = [one for _, one in find_estimates(session)]
    speeds, calls = (
        [one.value for one in estimates if one.metric is metric]
        for metric in (Metric.THROUGHPUT_IPS, Metric.LATENCY_MS)
    )
    # The estimator says 20 ms an image. A call takes eight.
    assert speeds == pytest.approx([50.0] * len(NETWORKS))
    assert calls == pytest.approx([160.0] * len(NETWORKS))


def test_where_operators_say_too_little_the_whole_network_is_estimated(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    *_, ordinary, large, strange = NETWORKS
    estimator.too_wide, estimator.refused = frozenset({large, strange}), frozenset({strange})
    field_of(bare, *NETWORKS)
    store_measurements(bare, *(measured(name) for name in FIRST))
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    with bare.read() as session:
        found = {
            one.workload.architecture: one.value
            for _, one in find_estimates(session, TARGET.id)
            if one.metric is Metric.LATENCY_MS
        }
    assert (found[ordinary], found[large]) == pytest.approx((20.0, 30.0))
    assert found[strange] is None


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


def test_too_few_measurements_estimate_nothing(bare: Catalog, estimator: FakeEstimator) -> None:
    store_measurements(bare, *(measured(name) for name in FIRST[:-1]))
    assert fitting.refit(bare, TARGET, inventory_of(*NETWORKS)) is None
    assert estimator.asked == []


def test_estimates_whose_measurements_were_withdrawn_are_removed(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    runs = [measured(name) for name in FIRST]
    store_measurements(bare, *runs)
    fitting.refit(bare, TARGET, inventory_of(*NETWORKS))
    with bare.write() as session:
        withdraw(session, runs[0].id, Withdrawal("a neighbour was compiling", NOON))
    with bare.read() as session:
        assert not fitting.is_current(session, TARGET.id)
    assert fitting.refit(bare, TARGET, inventory_of(*NETWORKS)) is None
    with bare.read() as session:
        assert find_estimates(session, TARGET.id) == []
        assert fitting.is_current(session, TARGET.id)


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
