"""A candidate: what the plain ranker knows of one row of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, log, sqrt
from statistics import NormalDist

from scipy.special import ndtr, stdtr, stdtrit

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import MetricValue
from catalog.words.doubts import Doubt, bears_on
from catalog.words.metrics import Direction, Metric, Subject
from catalog.words.vocabulary import Precision, Provenance

TRAINING = ("train_throughput_ips", "train_memory_mb")


@dataclass(frozen=True)
class Spread:
    """How the logarithm of a number is spread: a t distribution, or without degrees of freedom a normal one.

    A t interval is centred between its ends, any other on the value.
    """

    centre: float
    scale: float
    degrees_of_freedom: float | None

    def below(self, limit: float) -> float:
        """P(the number is below `limit`)."""
        if limit <= 0:
            return 0.0
        away = (log(limit) - self.centre) / self.scale
        if self.degrees_of_freedom is None:
            return float(ndtr(away))
        return float(stdtr(self.degrees_of_freedom, away))


@dataclass(frozen=True, eq=False)
class Row:
    """A checkpoint at one input size (pixels) in one configuration, as it was measured on one target.

    None and an empty tuple are unknown. `doubts` are those of its measurement. `measurement` is the
    measurement's id, and `training` the id of that behind the numbers of training, which ran in
    `training_configuration` where it is another. `values` has the metrics that are known, and nothing else.
    `measured` has those of them that were measured, with their intervals.
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
    doubts: tuple[Doubt, ...]
    measurement: str
    training: str
    training_provenance: Provenance
    training_configuration: Configuration | None
    failed: bool
    values: Mapping[str, float]
    measured: Mapping[Metric, MetricValue]

    def measurement_of(self, metric: str) -> str:
        """The id of the measurement that a number of the case is of."""
        return self.training if metric in TRAINING else self.measurement

    def provenance_of(self, metric: str) -> Provenance:
        """Where a number of the case comes from."""
        return self.training_provenance if metric in TRAINING else self.provenance

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
        """The standard deviation of the logarithm of every number that has an interval, where that is read as
        the interval of a log-normal distribution."""
        return {
            metric: _half_width(number) / NormalDist().inv_cdf((1 + number.level) / 2)
            for metric, number in self.measured.items()
            if number.level
        }

    @cached_property
    def spreads(self) -> Mapping[str, Spread]:
        """How every number that has an interval is spread."""
        return {metric: _spread(number) for metric, number in self.measured.items() if number.level}

    def is_doubtful(self, metric: Metric) -> bool:
        """Whether a doubt bears on the number: of its measurement, or of an accuracy in another precision."""
        if metric.subject is Subject.CHECKPOINT:
            return self.configuration.precision is not Precision.FP32
        return metric.subject is Subject.CASE and any(bears_on(doubt, metric) for doubt in self.doubts)

    def cost(self, metric: Metric) -> float:
        """The value with the sign that makes lower better. Infinite where it is unknown."""
        value = self.values.get(metric)
        if value is None:
            return inf
        return value if metric.direction is Direction.LOWER else -value


def _half_width(number: MetricValue) -> float:
    """That of the interval of the number's logarithm."""
    assert number.low is not None
    assert number.high is not None
    return log(number.high / number.low) / 2


def _spread(number: MetricValue) -> Spread:
    """Until protocol 2 an interval had one degree of freedom less than its processes."""
    assert number.low is not None
    assert number.high is not None
    assert number.value is not None
    assert number.level is not None
    freedom, tail = number.degrees_of_freedom, (1 + number.level) / 2
    if freedom is None and number.processes is not None:
        freedom = number.processes - 1
    if freedom is None:
        return Spread(log(number.value), _half_width(number) / NormalDist().inv_cdf(tail), None)
    return Spread(
        log(sqrt(number.low * number.high)), _half_width(number) / float(stdtrit(freedom, tail)), freedom
    )
