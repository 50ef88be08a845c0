"""Percentiles of the calls, where there are enough calls."""

from collections.abc import Mapping, Sequence
from functools import cache
from math import ceil, sqrt
from statistics import stdev

from scipy.special import bdtr

from catalog.entities.measurements import MetricValue
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from profiler.protocol.intervals import LEVEL, t_quantile

PERCENTILES: Mapping[int, Metric] = {
    90: Metric.LATENCY_P90_MS,
    95: Metric.LATENCY_P95_MS,
    99: Metric.LATENCY_P99_MS,
}
# The probability that fewer than two calls lie beyond the percentile, as in MLPerf's early stopping.
_PERCENTILE_RISK = 0.01
NS_PER_MS = 1e6


def percentile(share: int, samples: Sequence[ProcessSample]) -> MetricValue:
    """The time (ms) below which `share` percent of the calls ended, or the reason why there are too few
    calls.

    The value is an order statistic of the calls as they were met, none of which went before other processes.
    Its interval is Woodruff's for a sample of clusters (Woodruff 1952, doi:10.1080/01621459.1952.10483443).
    That is a t interval between blocks for the share of calls below the value, translated to times by the
    order statistics.
    """
    metric, target = PERCENTILES[share], share / 100
    blocks = [times for sample in samples for times in sample.calls_met()]
    calls = sorted(time for times in blocks for time in times)
    needed = calls_needed(share)
    if len(calls) < needed:
        return MetricValue(
            metric, None, absent_reason=f"It needs {needed} calls, and there are {len(calls)}."
        )
    if len(blocks) < 2:  # noqa: PLR2004 - a spread needs two
        return MetricValue(metric, None, absent_reason="A single block has no interval.")
    value = _order_statistic(calls, target)
    below = [sum(time <= value for time in times) / len(times) for times in blocks]
    # Calls are at least as uncertain as independent ones, however alike the blocks happen to be.
    spread = max(stdev(below) / sqrt(len(blocks)), sqrt(target * (1 - target) / len(calls)))
    freedom = len(blocks) - 1
    reach = t_quantile(freedom) * spread
    if target + reach > 1 - 1 / len(calls):
        return MetricValue(
            metric, None, absent_reason=f"Its interval ends beyond the slowest of {len(calls)} calls."
        )
    low, high = _order_statistic(calls, max(0.0, target - reach)), _order_statistic(calls, target + reach)
    value_ms, low_ms, high_ms = (time / NS_PER_MS for time in (value, low, high))
    return MetricValue(
        metric, value_ms, low_ms, high_ms, LEVEL, processes=len(samples), degrees_of_freedom=freedom
    )


@cache
def calls_needed(share: int) -> int:
    """The least number of calls of which two lie beyond the percentile, with a probability of 99 %. It is the
    minimum of MLPerf's early stopping: 64 for the 90th, 662 for the 99th."""
    calls = 2
    while bdtr(1, calls, 1 - share / 100) > _PERCENTILE_RISK:
        calls += 1
    return calls


def _order_statistic(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, max(0, ceil(share * len(ordered)) - 1))]
