"""The t interval between processes, for what does not change from moment to moment: memory."""

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import fmean, median, stdev

from scipy.special import stdtrit

from catalog.entities.measurements import MetricValue
from catalog.words.metrics import Metric

LEVEL = 0.95


def t_interval(metric: Metric, values: Sequence[float]) -> MetricValue:
    """The median of `values` (positive, one a process) with a t interval on their logarithms.

    The interval is centred on the mean of the logarithms. The median's own error is a fifth larger, so that
    an interval around it would cover the truth less often than its level says. Where outliers draw the mean
    away, it is stretched to hold the median. One value has no interval.
    """
    centre = median(values)
    if len(values) < 2:  # noqa: PLR2004 - a spread needs two
        return MetricValue(metric, centre, processes=len(values))
    logs = [log(value) for value in values]
    reach = t_quantile(len(logs) - 1) * stdev(logs) / sqrt(len(logs))
    low, high = min(centre, exp(fmean(logs) - reach)), max(centre, exp(fmean(logs) + reach))
    return MetricValue(metric, centre, low, high, LEVEL, processes=len(values))


def t_quantile(freedom: float) -> float:
    """How many standard errors half of the interval is wide, by Student's t distribution with so many degrees
    of freedom."""
    return float(stdtrit(freedom, (1 + LEVEL) / 2))
