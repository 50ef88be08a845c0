"""A candidate: what the plain ranker knows of one row of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, log
from statistics import NormalDist

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import MetricValue
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Provenance

TRAINING = ("train_throughput_ips", "train_memory_mb")


@dataclass(frozen=True, eq=False)
class Row:
    """A checkpoint at one input size (pixels) in one configuration, as it was measured on one target.

    None and an empty tuple are unknown. `measurement` is the measurement's id, and `training` the id of that
    behind the numbers of training, which ran in `training_configuration` where it is another. `values` has
    the metrics that are known, and nothing else. `measured` has those of them that were measured, with their
    intervals.
    """

    architecture: str
    family: str | None
    tags: tuple[str, ...]
    checkpoint: str | None
    license: str | None
    commercial_use: bool | None
    training_data: tuple[str, ...]
    input_size: int
    configuration: Configuration
    provenance: Provenance
    measurement: str
    training: str
    training_configuration: Configuration | None
    failed: bool
    values: Mapping[str, float]
    measured: Mapping[Metric, MetricValue]

    def measurement_of(self, metric: str) -> str:
        """The id of the measurement that a number of the case is of."""
        return self.training if metric in TRAINING else self.measurement

    @property
    def name(self) -> str:
        """What an answer calls it."""
        return self.checkpoint or self.architecture

    @cached_property
    def key(self) -> tuple[str, str, int, str]:
        """What it is, apart from its numbers. Of equally good rows, that with the smaller key comes first."""
        return self.architecture, self.checkpoint or "", self.input_size, self.configuration.id

    @cached_property
    def deviations(self) -> Mapping[str, float]:
        """The standard deviation of the logarithm of every number that has an interval. An interval is read
        as that of a log-normal distribution."""
        return {metric: _deviation(number) for metric, number in self.measured.items() if number.level}

    def cost(self, metric: Metric) -> float:
        """The value with the sign that makes lower better. Infinite where it is unknown."""
        value = self.values.get(metric)
        if value is None:
            return inf
        return value if metric.direction is Direction.LOWER else -value


def _deviation(number: MetricValue) -> float:
    assert number.low is not None
    assert number.high is not None
    assert number.level is not None
    return log(number.high / number.low) / 2 / NormalDist().inv_cdf((1 + number.level) / 2)
