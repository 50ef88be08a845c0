"""The metrics of candidates with their intervals, as numpy arrays of one number a candidate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from statistics import NormalDist
from typing import cast

import numpy as np

from catalog.candidates.category import Floats, Ints
from catalog.words.metrics import SPEED_METRICS, Metric


@dataclass(frozen=True)
class MetricColumn:
    """One metric of every candidate, with its interval [low, high] at the confidence `level`. NaN is unknown.

    `half_width` is that of the interval of the number's logarithm, 0 where there is none. The interval is a t
    interval with `degrees_of_freedom`. They are infinite where unknown: a normal interval.
    """

    value: Floats
    low: Floats
    high: Floats
    level: Floats
    half_width: Floats
    degrees_of_freedom: Floats

    @classmethod
    def of(
        cls,
        value: Floats,
        low: Floats,
        high: Floats,
        level: Floats,
        degrees_of_freedom: Floats | None = None,
    ) -> "MetricColumn":
        """The column whose half-widths follow from its intervals.

        Without `degrees_of_freedom`, all are infinite.
        """
        half_width = np.zeros(len(value))
        spread = ~np.isnan(level)
        half_width[spread] = np.log(high[spread] / low[spread]) / 2
        if degrees_of_freedom is None:
            degrees_of_freedom = np.full(len(value), np.inf)
        return cls(value, low, high, level, half_width, degrees_of_freedom)

    @classmethod
    def exact(cls, value: Floats) -> "MetricColumn":
        """The column of numbers without intervals."""
        unknown, none = np.full(len(value), np.nan), np.zeros(len(value))
        return cls(value, unknown, unknown, unknown, none, np.full(len(value), np.inf))

    @cached_property
    def scale(self) -> Floats:
        """That of each number's t distribution, 0 without an interval. Only probabilities need it."""
        if "_source" in self.__dict__:
            whole: MetricColumn = self.__dict__["_source"]
            return np.asarray(whole.scale[self.__dict__["_rows"]])
        scale = np.zeros(len(self.value))
        spread = ~np.isnan(self.level)
        scale[spread] = self.half_width[spread] / _t_quantile(
            self.degrees_of_freedom[spread], self.level[spread]
        )
        return scale

    @property
    def centre(self) -> Floats:
        """The centre of each number's distribution.

        A t interval is centred between its ends. An interval without degrees of freedom is read as log-normal
        around the value.
        """
        is_t = np.isfinite(self.degrees_of_freedom)
        return np.where(is_t, np.sqrt(self.low * self.high), self.value)

    @cached_property
    def log_centre(self) -> Floats:
        """The logarithm of each centre, computed once for all rows from which some were taken."""
        if "_source" in self.__dict__:
            return cast(Floats, self.__dict__["_source"].log_centre[self.__dict__["_rows"]])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.centre))

    @property
    def deviation(self) -> Floats:
        """The standard deviation of each number's logarithm, by a normal interval. 0 without one."""
        deviation = np.zeros(len(self.value))
        spread = np.flatnonzero(self.half_width > 0)
        deviation[spread] = self.half_width[spread] / normal_quantile(self.level[spread])
        return deviation

    def take(self, rows: Ints) -> "MetricColumn":
        """The numbers of `rows` alone. Each part is taken when it is first asked for."""
        taken = object.__new__(MetricColumn)
        taken.__dict__.update(_source=self, _rows=rows, value=self.value[rows])
        return taken

    def __getattr__(self, name: str) -> Floats:
        if name.startswith("_") or "_source" not in self.__dict__:
            raise AttributeError(name)
        part: Floats = getattr(self.__dict__["_source"], name)[self.__dict__["_rows"]]
        self.__dict__[name] = part
        return part


class MetricTable(Mapping[Metric, MetricColumn]):
    """The metrics of some rows of `source`, or of all without `rows`.

    Each metric is taken when it is first asked for, because a question looks at a few.
    """

    def __init__(self, source: Mapping[Metric, MetricColumn], rows: Ints | None = None) -> None:
        self._source, self._rows = source, rows
        self._taken: dict[Metric, MetricColumn] = {}

    def __getitem__(self, metric: Metric) -> MetricColumn:
        if self._rows is None:
            return self._source[metric]
        column = self._taken.get(metric)
        if column is None:
            column = self._taken[metric] = self._source[metric].take(self._rows)
        return column

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._source)

    def __len__(self) -> int:
        return len(self._source)

    def take(self, rows: Ints) -> "MetricTable":
        """The metrics of `rows` alone."""
        return MetricTable(self._source, rows if self._rows is None else self._rows[rows])

    def numbers(self, row: int) -> Iterator[tuple[Metric, float, float, float, float, float]]:
        """Value, low, high, level and degrees of freedom of each metric that `row` has.

        Low, high and level are NaN where it has no interval. Without one, the degrees of freedom say nothing.
        """
        at = row if self._rows is None else int(self._rows[row])
        for metric, column in self._source.items():
            value = float(column.value[at])
            if not isnan(value):
                interval = float(column.low[at]), float(column.high[at]), float(column.level[at])
                yield metric, value, *interval, float(column.degrees_of_freedom[at])


def speed_order(metrics: Mapping[Metric, MetricColumn]) -> Ints:
    """The place of each row among all, the fastest first, and of equally fast rows the most accurate.

    They are sorted by each of SPEED_METRICS in turn and by top-1, unknown last. Equal rows keep their order.
    """
    costs = [metric.cost_sign * metrics[metric].value for metric in (*SPEED_METRICS, Metric.TOP1)]
    order = np.lexsort(costs[::-1])  # the last key comes first
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


def _t_quantile(degrees_of_freedom: Floats, level: Floats) -> Floats:
    """The half-width of a t interval at the confidence `level`, in units of its scale."""
    if np.isinf(degrees_of_freedom).all():
        return normal_quantile(level)
    from scipy.special import stdtrit  # noqa: PLC0415 - 0.15 s that normal intervals do not need

    return np.asarray(stdtrit(degrees_of_freedom, (1 + level) / 2))


def accuracy_error(accuracy: Floats, images: int) -> Floats:
    """The standard error of an accuracy (%) that was taken over so many images, which is a binomial share."""
    share = np.clip(accuracy / 100, 0.0, 1.0)
    return np.asarray(100 * np.sqrt(share * (1 - share) / images))


def normal_quantile(level: Floats) -> Floats:
    """The half-width of a normal interval at the confidence `level`, in standard deviations."""
    levels, places = np.unique(level, return_inverse=True)
    quantiles = [NormalDist().inv_cdf((1 + one) / 2) for one in levels.tolist()]
    return np.array(quantiles, dtype=np.float64)[places]
