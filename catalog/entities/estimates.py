"""Numbers of cases that were not measured, and what they stand on."""

from dataclasses import dataclass
from datetime import datetime

from catalog.entities.configurations import Configuration, Target
from catalog.entities.identity import Entity
from catalog.entities.networks import Workload
from catalog.words.metrics import Metric

DEGREES_OF_FREEDOM = 3.0
"""Those of the interval of every estimate: its errors have the tails of Student's distribution, on published
targets and on live ones (docs/decisions/0018)."""


@dataclass(frozen=True)
class Estimate(Entity):
    """A number of a case, with the interval [low, high] that holds it at confidence `level`. It is that of
    the number's logarithm, a t interval of `DEGREES_OF_FREEDOM`. Without a `value`, `absent_reason` says why
    the estimator refuses the case."""

    workload: Workload
    configuration: Configuration
    metric: Metric
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    absent_reason: str | None = None


@dataclass(frozen=True)
class Similarity(Entity):
    """How alike two targets are: over so many `networks` that were measured on the one and are known on the
    other, the `target` with this id in this `configuration`, the times of the one are `factor` times those of
    the other. `spread` is the standard deviation of the logarithm around that factor."""

    target: str
    configuration: Configuration
    networks: int
    factor: float
    spread: float


@dataclass(frozen=True)
class EstimatorAccuracy(Entity):
    """How well the estimates of a metric in one configuration met measurements that they had not seen.

    Each of `networks` measured networks was left out in turn, and estimated from the others. `median_error`
    is the median of |estimate / measured - 1|, and `within_10` the share of errors up to 0.1. `coverage` is
    the share of measured numbers that lay within their interval at confidence `level`. `covered` and
    `refused` count the workloads that have an estimate, and those that are refused one. `similar` are other
    targets and configurations that the estimates were learnt from too, the most alike first.
    """

    configuration: Configuration
    metric: Metric
    networks: int
    median_error: float
    within_10: float
    coverage: float
    level: float
    covered: int = 0
    refused: int = 0
    similar: tuple[Similarity, ...] = ()


@dataclass(frozen=True)
class EstimateBasis(Entity):
    """What the estimates of a target stand on: the `estimator` with its version, and the ids of the
    `measurements` that it learnt from."""

    target: Target
    estimator: str
    computed_at: datetime
    measurements: tuple[str, ...]
    accuracies: tuple[EstimatorAccuracy, ...] = ()
