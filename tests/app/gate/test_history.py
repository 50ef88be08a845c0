import pytest

from app.gate.history import first_change, pair_of, speed_metric, spreads_of, why_not_compared
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Scenario, Status
from tests.app.gate.sides import NEW, OLD, measured


def test_campaigns_of_one_environment_are_pooled_and_others_are_not() -> None:
    before = [measured(latency_ms=99.0, hour=0, environment=NEW), *(measured(hour=hour) for hour in (1, 2))]
    pair = pair_of(before, [measured(hour=3, environment=NEW)])
    assert [one.environment for one in pair.baseline] == [OLD, OLD]
    assert pair.before == before[-1]


def test_no_more_than_the_newest_campaigns_are_pooled() -> None:
    before = [measured(hour=hour) for hour in range(9)]
    assert list(pair_of(before, [measured(hour=9)]).baseline) == before[-5:]


def test_what_differs_is_named() -> None:
    pair = pair_of([measured()], [measured(hour=1, environment=NEW)])
    assert pair.differences == ("runtime version was onnxruntime 1.30.0 and is onnxruntime 1.31.1",)
    assert pair_of([measured()], [measured(hour=1)]).differences == ()


def test_other_protocols_and_failures_are_not_compared() -> None:
    assert why_not_compared(pair_of([measured()], [measured(hour=1)])) is None
    older = why_not_compared(pair_of([measured(protocol_version=2)], [measured(hour=1)]))
    assert older == "The baseline was measured by protocol 2, the candidate by protocol 3."
    failed = why_not_compared(pair_of([measured()], [measured(hour=1, status=Status.FAILED)]))
    assert failed == "The candidate has no number, because the case failed."


def test_the_change_follows_from_all_campaigns() -> None:
    pair = pair_of(
        [measured(latency_ms=latency, hour=latency) for latency in (9.9, 10.1)], [measured(hour=11)]
    )
    alone = pair_of([measured()], [measured(hour=11)])
    spreads = spreads_of([*pair.baseline, *pair.candidate])
    spread = spreads[pair.now.configuration.id]
    assert first_change(pair, spread).share == pytest.approx(0.0, abs=1e-3)
    assert first_change(pair, spread).error < first_change(alone, spread).error


def test_each_configuration_learns_its_own_spread() -> None:
    restless = [measured(latency_ms=10 + 2 * (hour % 2), hour=hour, threads=2) for hour in range(8)]
    steady = [measured(hour=hour) for hour in range(8)]
    spreads = spreads_of([*restless, *steady])
    assert spreads[restless[0].configuration.id].sd > 5 * spreads[steady[0].configuration.id].sd


@pytest.mark.parametrize(
    ("doubt", "doubted"),
    [(Doubt.CONTENDED, True), (Doubt.FEW_QUIET_MOMENTS, True), (Doubt.IMPRECISE, False)],
)
def test_which_doubts_make_a_number_suspect(doubt: Doubt, doubted: bool) -> None:
    assert pair_of([measured()], [measured(hour=1, doubts=(doubt,))]).is_doubted is doubted


def test_what_is_compared_is_what_is_repeated() -> None:
    assert speed_metric(measured().configuration) is Metric.LATENCY_MS
    training = measured(scenario=Scenario.TRAINING).configuration
    assert speed_metric(training) is Metric.TRAIN_THROUGHPUT_IPS
