"""Numbers that cannot be are unknown.

The border refuses such numbers. A catalog may hold some that entered it before there was one.
"""

import numpy as np

from catalog.border.ranges import OF_METRIC, Range
from catalog.candidates.category import Floats
from catalog.words.metrics import Metric


def plausible(metric: Metric, values: Floats) -> Floats:
    """The values of `metric`, with NaN for those that it cannot have."""
    possible: Range = OF_METRIC[metric]
    with np.errstate(invalid="ignore"):
        return np.where((values >= possible.least) & (values <= possible.most), values, np.nan)


def with_sound_interval(metric: Metric, numbers: Floats) -> Floats:
    """Value, low, high, level and degrees of freedom (rows) of n numbers, without what cannot be.

    A value out of its range is unknown, and so are its interval and an interval that is none.
    """
    value, low, high, level, freedom = numbers
    value = plausible(metric, value)
    with np.errstate(invalid="ignore"):
        is_interval = (low > 0) & (low <= value) & (value <= high) & (high < np.inf)
        is_interval &= (level > 0) & (level < 1) & (freedom > 0)
    ends = (np.where(is_interval, end, np.nan) for end in (low, high, level))
    return np.stack([value, *ends, np.where(is_interval, freedom, np.inf)])
