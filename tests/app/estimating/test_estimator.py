from dataclasses import replace

import numpy as np
import pytest

from app.estimating import estimator
from app.estimating.estimator import Calibration, Estimates, Field, Refusal, Source
from app.estimating.features import Features, features
from app.estimating.references import References
from app.estimating.whole_networks import Quantity
from app.estimating.work import Network
from catalog.candidates.category import Category, Floats
from catalog.entities.networks import Counts, Workload
from catalog.inventory import Inventory, Operators, collected
from tests.app.estimating.fields import make_field, make_operators, operator_ns

COUNT, SHOWN = 60, 24
ROWS = np.arange(SHOWN)


def _made(seed: int = 0) -> tuple[Field, Calibration, Floats]:
    """A field, the calibration of its first networks, and the truth in ms."""
    inventory, profiles, log_ns = make_field(COUNT, seed)
    field = Field(inventory.workloads, features(_networks(inventory)), inventory)
    log_ms = log_ns - np.log(1e6)
    return field, Calibration(ROWS, log_ms[ROWS], dict(enumerate(profiles[:SHOWN]))), np.exp(log_ms)


def _networks(inventory: Inventory) -> list[Network]:
    macs = inventory.operators.number("macs")
    networks = []
    for place, workload in enumerate(inventory.workloads):
        rows, times = inventory.of(place)
        gmacs = float((macs[rows] * times).sum()) / 1e9
        counts = Counts(1.0 + place % 7, gmacs, 1.0 + place % 5, {"conv": gmacs}, {"conv": int(times.sum())})
        networks.append(Network(workload, counts, None))
    return networks


def test_with_profiles_the_networks_that_were_not_measured_are_estimated_by_their_operators() -> None:
    field, calibration, truth = _made()
    fitted = estimator.fit(field, calibration)
    estimates = fitted.estimates(0.9)

    kept = np.arange(SHOWN, COUNT)
    assert fitted.source is Source.OPERATORS
    assert np.median(np.abs(estimates.value / truth - 1)[kept]) < 0.05
    covered = (estimates.low <= truth) & (truth <= estimates.high)
    assert covered[kept].mean() >= 0.8
    assert estimates.refused == (None,) * COUNT


def test_the_weights_of_convolutions_may_take_more_memory_than_others() -> None:
    inventory, _, _ = make_field(COUNT)
    networks = _networks(inventory)
    described = features(networks, inventory)
    params_m = np.array([network.counts.params_m for network in networks])
    memory_mb = 50 + params_m * np.where(described.convolved > 0.5, 12.0, 4.0)
    held = Calibration(ROWS, np.log(memory_mb)[ROWS], {})

    def error(of: Features) -> float:
        fitted = estimator.fit(Field(inventory.workloads, of, None, None, Quantity.MEMORY), held)
        return float(np.median(np.abs(fitted.estimates().value / memory_mb - 1)[SHOWN:]))

    assert described.convolved.std() > 0.1
    assert error(described) < 0.8 * error(features(networks))


def test_memory_is_that_of_a_reference_machine_times_what_this_one_differs_by() -> None:
    inventory, _, _ = make_field(COUNT)
    described = features(_networks(inventory), inventory)
    elsewhere = np.random.default_rng(3).uniform(4.0, 7.0, COUNT)  # nothing that features explain
    held = Calibration(ROWS, (elsewhere + np.log(1.1))[ROWS], {})

    def of(log_mb: Floats) -> Estimates:
        column = References(log_mb[:, None], np.zeros(1, dtype=np.bool_), np.full((COUNT, 1), 0.02))
        field = Field(inventory.workloads, described, None, column, Quantity.MEMORY)
        return estimator.fit(field, held).estimates()

    found = of(elsewhere)
    assert found.value == pytest.approx(1.1 * np.exp(elsewhere), rel=0.02)
    assert (found.high / found.low < 1.2).all()
    # What is beside the point is not heeded.
    misled = of(np.random.default_rng(4).uniform(4.0, 7.0, COUNT))
    truth = 1.1 * np.exp(elsewhere)
    assert ((misled.low <= truth) & (truth <= misled.high))[SHOWN:].mean() > 0.8


def test_some_networks_may_be_estimated_otherwise() -> None:
    first = Estimates(np.ones(2), np.ones(2), np.ones(2), 0.9, (None, None))
    other = Estimates(np.full(2, 5.0), np.full(2, 4.0), np.full(2, 6.0), 0.9, (Refusal.TOO_WIDE,) * 2)
    found = first.otherwise(other, np.array([False, True]))
    assert (found.value.tolist(), found.low.tolist(), found.high.tolist()) == ([1, 5], [1, 4], [1, 6])
    assert found.refused == (None, Refusal.TOO_WIDE)


def test_a_network_without_operators_has_as_many_convolutions_as_any() -> None:
    inventory, _, _ = make_field(COUNT)
    other = replace(_networks(inventory)[0], workload=Workload("unlisted", 10, 32))

    assert features([other], inventory).convolved == [0.5]


def test_the_nodes_of_a_graph_are_those_of_the_inventory_and_of_no_graph_what_pytorch_starts() -> None:
    inventory, _, _ = make_field(COUNT)
    known = _networks(inventory)[0]
    counts = replace(known.counts, operator_calls={"conv": 3, "view": 5})
    other = Network(Workload("unlisted", 10, 32), counts, None)

    described = features([known, other], inventory)
    assert described.nodes.tolist() == [float(inventory.of(0)[1].sum()), 3.0]
    assert described.launches.tolist() == [float(known.counts.operator_calls["conv"]), 3.0]


def test_without_profiles_they_are_estimated_as_wholes_and_less_well() -> None:
    field, calibration, truth = _made()
    of_operators = estimator.fit(field, calibration)
    fitted = estimator.fit(field, replace(calibration, profiles={}))
    by_operators, wholes = of_operators.estimates(), fitted.estimates()

    assert fitted.source is Source.WHOLE_NETWORKS
    assert of_operators.least_scale == 0 < fitted.least_scale
    kept = np.arange(SHOWN, COUNT)
    assert np.mean(wholes.high / wholes.low) > np.mean(by_operators.high / by_operators.low)
    assert np.median(np.abs(wholes.value / truth - 1)[kept]) < 0.5


def test_networks_that_the_inventory_lacks_follow_those_like_them_and_less_surely() -> None:
    field, calibration, truth = _made()
    assert field.inventory is not None
    held = field.inventory.network < COUNT - 5
    shorter = Inventory(
        field.inventory.workloads[:-5],
        field.inventory.operators,
        field.inventory.network[held],
        field.inventory.operator[held],
        field.inventory.count[held],
    )
    fitted = estimator.fit(replace(field, inventory=shorter), calibration)

    assert fitted.source is Source.OPERATORS
    assert fitted.deviation[-5:].min() > np.median(fitted.deviation[SHOWN:-5])
    assert np.abs(np.exp(fitted.mean) / truth - 1)[-5:].max() < 0.5


def test_the_estimate_of_a_measured_network_is_what_the_others_say_of_it() -> None:
    field, calibration, _ = _made()
    wrong = replace(calibration, log_ms=calibration.log_ms + np.where(ROWS == 3, np.log(3.0), 0.0))
    right, misled = (estimator.fit(field, one).mean for one in (calibration, wrong))

    assert abs(misled[3] - right[3]) < 0.2


def test_agreement_is_the_factor_between_targets_and_the_spread_around_it() -> None:
    field, calibration, truth = _made()
    twice = np.log(truth) - np.log(2.0)
    twice[0] = np.nan
    references = References(np.column_stack([twice, np.full(COUNT, np.nan)]), np.array([True, False]))
    fitted = estimator.fit(replace(field, references=references), calibration)

    first, second = fitted.agreements
    assert first is not None
    assert first.networks == SHOWN - 1
    assert first.factor == pytest.approx(2.0)
    assert first.spread == pytest.approx(0.0, abs=1e-9)
    assert second is None


def test_a_reference_of_the_class_is_used_beside_the_sums_over_operators() -> None:
    field, calibration, truth = _made()
    few = Calibration(ROWS[:8], calibration.log_ms[:8], {row: calibration.profiles[row] for row in range(8)})
    exact = References(np.log(truth)[:, None], np.array([True]))
    alone, together = (estimator.fit(replace(field, references=one), few).mean for one in (None, exact))
    kept = np.arange(SHOWN, COUNT)

    def miss(mean: Floats) -> float:
        return float(np.abs(mean - np.log(truth))[kept].mean())

    assert miss(together) < miss(alone)


def test_a_network_of_operators_that_were_never_measured_is_refused() -> None:
    field, calibration, _ = _made()
    assert field.inventory is not None
    strange = make_operators(np.random.default_rng(9), 30, ("Softmax",))
    renamed = Operators(Category.of(["LSTM"] * 30), strange.before, strange.after, strange.numbers)
    networks = [
        (workload, field.inventory.operators.take(np.repeat(*field.inventory.of(place))))
        for place, workload in enumerate(field.inventory.workloads[:-1])
    ]
    inventory = collected([*networks, (field.inventory.workloads[-1], renamed)])
    estimates = estimator.fit(replace(field, inventory=inventory), calibration).estimates()

    assert estimates.refused[-1] is Refusal.STRANGE_OPERATORS
    assert estimates.refused[:-1] == (None,) * (COUNT - 1)


def test_a_wider_level_is_a_wider_interval_around_the_same_value() -> None:
    field, calibration, _ = _made()
    fitted = estimator.fit(field, calibration)
    narrow, wide = fitted.estimates(0.8), fitted.estimates(0.95)

    assert np.array_equal(narrow.value, wide.value)
    assert (wide.high > narrow.high).all()
    assert (wide.low < narrow.low).all()


def test_errors_of_networks_that_were_left_out_are_kept() -> None:
    field, calibration, _ = _made()
    fitted = estimator.fit(field, calibration)

    assert len(fitted.errors) == SHOWN
    assert 0 < np.median(np.abs(fitted.errors)) < 0.2


def test_too_few_measurements_are_refused() -> None:
    field, calibration, _ = _made()
    few = Calibration(ROWS[:5], calibration.log_ms[:5], {})

    with pytest.raises(ValueError, match="5 networks are too few"):
        estimator.fit(field, few)


def test_the_made_machine_is_one() -> None:
    operators = make_operators(np.random.default_rng(2), 10)

    assert (operator_ns(operators) > 0).all()
