"""With which probability each candidate must keep the budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ranking.budget.budget import Bound, Budget, required_probabilities
from catalog.candidates.columns import MeasurementFacts
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance
from tests.app.ranking.candidates import Candidate, Number, bounded, columns, interval
from tests.builders import NOON

LATENCY, MEMORY = Metric.LATENCY_MS, Metric.PEAK_MEMORY_MB

positive = st.floats(0.01, 1e6)
ratios = st.floats(1.001, 3.0)
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
intervals = st.builds(interval, positive, ratios, levels)

LATENCY_BUDGET = Budget((Bound(LATENCY, maximum=50),), 0.9)


def required(*candidates: Candidate) -> list[float]:
    """What each of the candidates needs under a bound of latency, at a confidence of 0.9."""
    found = required_probabilities(LATENCY_BUDGET, columns(*candidates))
    assert found is not None
    return [float(probability) for probability in found]


def test_without_a_confidence_nothing_is_required() -> None:
    budget = Budget(LATENCY_BUDGET.bounds)
    assert required_probabilities(budget, columns(Candidate(numbers={LATENCY: interval(10, 1.1)}))) is None


def test_exact_numbers_ask_for_no_more_than_the_confidence() -> None:
    assert required(*(Candidate(f"net{ms}", {LATENCY: ms}) for ms in range(1, 9))) == [0.9] * 8
    assert required() == []


def test_an_interval_of_a_metric_that_is_not_bounded_does_not_count() -> None:
    noisy = [Candidate(f"net{ms}", {LATENCY: ms, MEMORY: interval(ms, 1.1)}) for ms in range(1, 9)]
    assert required(*noisy) == [0.9] * 8


def test_a_training_run_that_several_candidates_have_is_tried_once() -> None:
    speed = Metric.TRAIN_THROUGHPUT_IPS
    run = MeasurementFacts("a training run", Provenance.MEASURED, NOON, None, ())
    numbers = {LATENCY: interval(10, 1.1), speed: interval(100, 1.1)}
    three = columns(*(Candidate(f"{name}net", numbers, trained=run) for name in "abc"))
    for metrics, tried in (((speed,), 1), ((LATENCY,), 3), ((LATENCY, speed), 4)):
        budget = Budget(tuple(Bound(metric, minimum=1.0) for metric in metrics), 0.9)
        assert required_probabilities(budget, three) == pytest.approx(1 - 0.1 / tried)


def test_each_noisy_measurement_that_was_tried_asks_for_more_whether_it_fits_or_not() -> None:
    noisy = [Candidate(f"net{ms}", {LATENCY: interval(ms, 1.1)}) for ms in (10, 20, 45, 1e5)]
    assert required(*noisy) == pytest.approx([1 - 0.1 / 4] * 4)


@pytest.mark.parametrize("provenance", [Provenance.ESTIMATED, Provenance.PUBLISHED])
def test_what_was_not_measured_here_needs_the_confidence_itself(provenance: Provenance) -> None:
    """Its interval says what a measurement shows of it, whoever picks it."""
    others = [Candidate(f"net{ms}", {LATENCY: interval(ms, 1.1)}, provenance=provenance) for ms in (10, 20)]
    measured = [Candidate(f"own{ms}", {LATENCY: interval(ms, 1.1)}) for ms in (10, 20, 30)]
    exact = Candidate("exact", {LATENCY: 10.0})
    assert required(*others) == [0.9] * 2
    assert required(*others, *measured, exact) == pytest.approx([0.9] * 2 + [1 - 0.1 / 3] * 3 + [0.9])


def test_checkpoints_that_share_a_measurement_were_one_try() -> None:
    shared = [
        Candidate("anet", {LATENCY: interval(10, 1.1)}, f"anet.v{one}", measurement="once")
        for one in range(5)
    ]
    other = Candidate("bnet", {LATENCY: interval(10, 1.1)}, measurement="twice")
    assert required(*shared) == pytest.approx([0.9] * 5)
    assert required(*shared, other) == pytest.approx([0.95] * 6)


@bounded
@given(
    st.lists(st.tuples(st.sampled_from("abc"), positive | intervals), min_size=1, max_size=8),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
    st.data(),
)
def test_more_candidates_and_more_confidence_never_ask_for_less(
    tried: list[tuple[str, Number]], one: float, other: float, data: st.DataObject
) -> None:
    candidates = [Candidate(numbers={LATENCY: number}, measurement=name) for name, number in tried]
    low, high = (Budget(LATENCY_BUDGET.bounds, confidence) for confidence in sorted((one, other)))
    some = candidates[: data.draw(st.integers(1, len(candidates)))]
    few, many = (columns(*them) for them in (some, candidates))
    found = [required_probabilities(budget, them) for budget in (low, high) for them in (few, many)]
    few_low, many_low, few_high, many_high = (
        np.zeros(0) if each is None else each[: len(some)] for each in found
    )
    assert len(few_low) == len(few_high) == len(some)
    assert (few_low <= many_low + 1e-12).all()
    assert (few_high <= many_high + 1e-12).all()
    assert (few_low <= few_high + 1e-12).all()
    assert low.confidence is not None
    assert ((low.confidence <= few_low + 1e-12) & (many_high < 1)).all()
