"""Student's t for every interval, and the interval of what must not be exceeded: memory."""

from collections.abc import Sequence
from math import exp, log
from statistics import stdev

from scipy.special import stdtrit

from catalog.entities.measurements import MetricValue
from catalog.words.metrics import Metric

LEVEL = 0.95
# Peaks that differ by more are on different levels, as where a library chooses another algorithm. Of 28 cases
# that were measured on 2026-11-26, the processes of 25 were within 3.5 %, and those of three 9 to 16 % apart.
LEVEL_SHARE = 0.05


def largest(metric: Metric, values: Sequence[float]) -> MetricValue:
    """The largest of `values` (positive, one a process), with the interval of another process on its level.

    What must not be exceeded is the largest, and not the median: memory has levels, and a process meets the
    higher one now and then. The interval lies around the largest, on logarithms, and its half-width follows
    from the spread of the values on the same level. A single value on its level has no interval.
    """
    most = max(values)
    level = [log(value) for value in values if is_on_level(value, most)]
    if len(level) < 2:  # noqa: PLR2004 - a spread needs two
        return MetricValue(metric, most, processes=len(values))
    freedom = len(level) - 1
    reach = exp(t_quantile(freedom) * stdev(level))
    return MetricValue(
        metric,
        most,
        most / reach,
        most * reach,
        LEVEL,
        processes=len(values),
        degrees_of_freedom=freedom,
    )


def is_on_level(value: float, most: float) -> bool:
    """Whether a value is on the level of the largest."""
    return value * (1 + LEVEL_SHARE) >= most


def t_quantile(freedom: float) -> float:
    """How many standard errors half of the interval is wide, by Student's t distribution with so many degrees
    of freedom."""
    return float(stdtrit(freedom, (1 + LEVEL) / 2))
