import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from catalog.entities.samples import Block, ProcessSample
from catalog.words.metrics import Metric
from profiler.protocol.percentiles import calls_needed, percentile
from tests.builders import make_beat, make_sample


def sample_of(blocks: Sequence[Sequence[float]]) -> ProcessSample:
    """A process whose blocks have calls of these times (ms)."""
    return replace(
        make_sample(),
        wall_ns=tuple(round(time * 1e6) for block in blocks for time in block),
        blocks=tuple(Block(0.0, len(block), make_beat(), make_beat()) for block in blocks),
    )


def noisy(calls: int, factors: Sequence[Sequence[float]], seed: int = 7) -> list[ProcessSample]:
    """Log-normal calls around 10 ms. `factors` are how much slower each block of each process is."""
    generator = np.random.default_rng(seed)
    return [
        sample_of([(10 * factor * generator.lognormal(0, 0.1, calls)).tolist() for factor in of_process])
        for of_process in factors
    ]


@pytest.mark.parametrize(("share", "calls"), [(90, 64), (95, 130), (99, 662)])
def test_a_percentile_needs_as_many_calls_as_mlperf_asks_for(share: int, calls: int) -> None:
    assert calls_needed(share) == calls


def test_it_is_the_call_below_which_that_share_of_all_calls_ended() -> None:
    falling = [float(time) for time in range(100, 0, -1)]
    samples = [sample_of([falling[index::5] for index in range(5)])] * 2
    latency = percentile(90, samples)
    assert latency.metric is Metric.LATENCY_P90_MS
    assert latency.value == 90.0
    assert (latency.level, latency.processes, latency.degrees_of_freedom) == (0.95, 2, 9)


def test_percentiles_that_the_sample_does_not_carry_are_absent_and_say_why() -> None:
    samples = noisy(6, [[1.0] * 5] * 5)
    latency = percentile(99, samples)
    assert latency.value is None
    assert latency.absent_reason == "It needs 662 calls, and there are 150."
    p90 = percentile(90, samples)
    assert p90.value is not None
    assert p90.low is not None
    assert p90.high is not None
    assert p90.low < p90.value < p90.high


def test_a_single_block_has_no_interval_so_its_percentile_is_absent() -> None:
    latency = percentile(90, noisy(100, [[1.0]]))
    assert latency.value is None
    assert latency.absent_reason == "A single block has no interval."


def test_a_percentile_of_blocks_that_differ_much_has_no_interval_so_it_is_absent() -> None:
    latency = percentile(90, noisy(30, [[1.0, 1.0, 1.0, 1.0, 2.0]]))
    assert latency.value is None
    assert latency.absent_reason == "Its interval ends beyond the slowest of 150 calls."


def test_equal_calls_in_blocks_that_differ_are_less_certain_than_in_blocks_that_are_alike() -> None:
    calls = sorted(time for block in noisy(400, [[1.0]]) for time in block.wall_ns)
    apart = sample_of([[time / 1e6 for time in calls[begin : begin + 40]] for begin in range(0, 400, 40)])
    alike = sample_of([[time / 1e6 for time in calls[begin::10]] for begin in range(10)])
    steady = percentile(90, [alike])
    assert steady.value is not None
    assert percentile(90, [apart]).value is None
    # The calls of a process in other blocks: what counts is the block, not the process.
    halves = [replace(alike, blocks=alike.blocks[:5], wall_ns=alike.wall_ns[:200])]
    halves.append(replace(alike, blocks=alike.blocks[5:], wall_ns=alike.wall_ns[200:]))
    again = percentile(90, halves)
    assert (again.value, again.low, again.high) == (steady.value, steady.low, steady.high)


def test_calls_are_at_least_as_uncertain_as_independent_ones() -> None:
    alike = sample_of([[float(time) for time in range(1, 101)]] * 10)
    latency = percentile(90, [alike])
    reach = stats.t.ppf(0.975, 9) * math.sqrt(0.9 * 0.1 / 1000)
    assert latency.low == math.ceil(100 * (0.9 - reach))
    assert latency.high == math.ceil(100 * (0.9 + reach))


def test_the_interval_of_a_percentile_covers_the_truth_also_where_blocks_differ() -> None:
    generator = np.random.default_rng(11)

    def truth_is_covered(seed: int) -> bool:
        factors = np.exp(generator.normal(0, 0.05, (3, 6))).tolist()
        latency = percentile(90, noisy(30, factors, seed))
        if latency.low is None or latency.high is None:
            return True  # it makes no claim
        truth = 10 * math.exp(stats.norm.ppf(0.9) * math.hypot(0.1, 0.05))
        return latency.low <= truth <= latency.high

    covered = sum(truth_is_covered(seed) for seed in range(300))
    assert 0.92 <= covered / 300 <= 0.995
