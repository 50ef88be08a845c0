"""What the machine drifts by for minutes, and that numbers of different hours agree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.entities.configurations import Configuration
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName
from profiler.protocol.drift import ELASTICITY, ELASTICITY_SD, Minute, minute_before_6, minute_of, minutes_of
from profiler.protocol.latency import ALONE, latency_of
from profiler.protocol.summary import metric_values, moments_of
from tests.builders import make_beat, make_sample

NOON = datetime.fromisoformat("2026-01-01T12:00:00+00:00")
CONFIGURATION = Configuration(RuntimeName.ONNXRUNTIME)


def sample_of(
    slowdowns: Sequence[float],
    latencies_ms: Sequence[float] | float = 10.0,
    *,
    begin_s: float = 0.0,
    every_s: float = 2.0,
) -> ProcessSample:
    """A process whose blocks begin so many seconds apart, each of one call beside a slowed canary."""
    beats = [make_beat(slowdown) for slowdown in slowdowns]
    times = np.broadcast_to(latencies_ms, len(beats))
    usual = make_sample(calls=len(beats), blocks=len(beats))
    blocks = [
        replace(block, at_s=every_s * index, before=beat, after=beat)
        for index, (block, beat) in enumerate(zip(usual.blocks, beats, strict=True))
    ]
    return replace(
        usual,
        wall_ns=tuple(round(1e6 * time) for time in times),
        blocks=tuple(blocks),
        started_at=(NOON + timedelta(seconds=begin_s)).isoformat(),
    )


def drifts(*samples: ProcessSample) -> list[float]:
    return [moment.minute.drift for moment in moments_of(samples)]


def test_the_drift_is_what_the_canary_was_above_its_level_in_the_quieter_part_of_a_minute() -> None:
    assert drifts(sample_of([1.2] * 4 + [2.0] * 16)) == pytest.approx([log(1.2)] * 20)


def test_a_disturbance_of_a_moment_is_no_drift() -> None:
    found = moments_of([sample_of([1.0] * 8 + [2.0] * 2)])
    assert [one.minute.drift for one in found] == pytest.approx([0.0] * 10, abs=1e-9)
    assert found[0].weight == pytest.approx(1.0)
    assert found[-1].weight < 0.01


def test_a_neighbour_that_works_for_a_part_of_the_time_is_no_drift_and_the_usual_block_counts() -> None:
    found = moments_of([sample_of([1.0] * 4 + [1.2] * 16)])
    assert [one.minute.drift for one in found] == pytest.approx([0.0] * 20, abs=1e-9)
    assert [one.weight for one in found] == pytest.approx([1.0] * 20)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60))
def test_a_minute_is_two_quantiles_that_few_blocks_do_not_raise(above: list[float]) -> None:
    expected = np.quantile(above, (0.1, 0.3), method="median_unbiased")
    assert (minute_of(above).drift, minute_of(above).usual) == pytest.approx(tuple(expected), abs=1e-12)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60))
def test_until_protocol_5_the_drift_was_what_is_usual(above: list[float]) -> None:
    drift = sorted(above)[int(0.3 * len(above))]
    assert minute_before_6(above) == Minute(drift, drift)


def test_a_disturbance_that_lasts_is_no_disturbance_of_a_moment() -> None:
    found = moments_of([sample_of([1.5] * 10)])
    assert [one.weight for one in found] == pytest.approx([1.0] * 10)
    assert not any(one.is_quiet for one in found)


def test_each_minute_has_a_drift_of_its_own_across_the_processes_of_a_case() -> None:
    early, late = sample_of([1.4] * 5), sample_of([1.0] * 5, begin_s=600.0)
    other = sample_of([1.2] * 5, begin_s=30.0)
    assert drifts(early, late) == pytest.approx([log(1.4)] * 5 + [0.0] * 5, abs=1e-9)
    assert drifts(early, other) == pytest.approx([log(1.2)] * 10)


def test_a_quicker_hour_is_brought_to_the_level_too() -> None:
    assert drifts(sample_of([0.8] * 5)) == pytest.approx([log(0.8)] * 5)


def test_where_no_level_is_known_and_on_an_accelerator_nothing_drifts() -> None:
    assert drifts(replace(sample_of([1.5] * 5), quiet_ns=None)) == [0.0] * 5
    sample = sample_of([1.5] * 5)
    beat = make_beat(1.5, on_device=True)
    on_device = replace(
        sample, blocks=tuple(replace(block, before=beat, after=beat) for block in sample.blocks)
    )
    assert drifts(on_device) == [0.0] * 5


def test_a_sample_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        minutes_of([replace(sample_of([1.0]), started_at="at noon")], [0.0])


@pytest.mark.parametrize("slowdown", [0.8, 1.25, 1.6])
@pytest.mark.parametrize("elasticity", [ELASTICITY - ELASTICITY_SD, ELASTICITY, ELASTICITY + ELASTICITY_SD])
def test_numbers_of_another_hour_agree_within_their_intervals(slowdown: float, elasticity: float) -> None:
    """The network follows the canary by its own elasticity."""
    noise = np.random.default_rng(3)
    samples = [
        sample_of([slowdown] * 10, 10 * slowdown**elasticity * noise.lognormal(0, 0.01, 10), begin_s=begin)
        for begin in (0.0, 5.0, 9.0)
    ]
    (latency,) = (one for one in metric_values(samples, CONFIGURATION) if one.metric is Metric.LATENCY_MS)
    assert latency.value is not None
    assert latency.low is not None
    assert latency.high is not None
    assert latency.low < 10 < latency.high
    if elasticity == ELASTICITY:
        assert latency.value == pytest.approx(10, rel=0.01)


def test_what_was_met_is_not_brought_to_another_level() -> None:
    values = {one.metric: one.value for one in metric_values([sample_of([1.5] * 5)] * 3, CONFIGURATION)}
    assert values[Metric.LATENCY_MET_MS] == pytest.approx(10.0)
    assert values[Metric.LATENCY_MS] == pytest.approx(10.0 * 1.5**-ELASTICITY)
    assert values[Metric.THROUGHPUT_IPS] == pytest.approx(100.0 * 1.5**ELASTICITY)


def test_the_error_of_a_drift_is_that_of_the_elasticity() -> None:
    moments = moments_of([sample_of([1.5] * 8)] * 3)
    drifted = latency_of(moments, campaigns=ALONE)
    still = latency_of([replace(one, minute=Minute(), above=0.0) for one in moments], campaigns=ALONE)
    reach = (drifted.up**2 - still.up**2) ** 0.5
    assert reach == pytest.approx(2.179 * ELASTICITY_SD * log(1.5), rel=0.001)  # t of twelve networks
    assert exp(drifted.value) == pytest.approx(exp(still.value))
