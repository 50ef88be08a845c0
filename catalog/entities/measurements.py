"""Cases with their outcomes, and what follows from them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.identity import Entity, digest
from catalog.entities.networks import Workload
from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Layout, Precision, Provenance, Status


@dataclass(frozen=True)
class MetricValue(Entity):
    """A number with its interval [low, high] at confidence `level`, or why it is absent. `processes` is how
    many it rests on, which gives a t interval its degrees of freedom; None is unknown."""

    metric: Metric
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    absent_reason: str | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Measurement(Entity):
    """One case with its outcome: numbers where `status` is ok, else `reason` and `detail`.

    The numbers follow from `samples` alone; those in `set_aside` were disturbed and taken again.
    `precision_met` is whether the interval became as narrow as was asked for, None where nothing was asked.

    Raises:
        ValueError: `measured_at` has no time zone.
    """

    workload: Workload
    configuration: Configuration
    target: Target
    environment: Environment
    provenance: Provenance
    status: Status
    protocol: str
    measured_at: datetime
    source: str
    artefact: Artefact | None = None
    reason: FailureReason | None = None
    detail: str | None = None
    doubts: tuple[Doubt, ...] = ()
    values: tuple[MetricValue, ...] = ()
    samples: tuple[ProcessSample, ...] = ()
    set_aside: tuple[ProcessSample, ...] = ()
    precision_met: bool | None = None

    def __post_init__(self) -> None:
        if self.measured_at.tzinfo is None:
            raise ValueError("measured_at has no time zone")
        object.__setattr__(self, "measured_at", self.measured_at.astimezone(UTC))

    @cached_property
    def id(self) -> str:
        return digest(
            self.workload.id,
            self.configuration.id,
            self.target.id,
            self.environment.id,
            self.provenance,
            self.protocol,
            self.measured_at.isoformat(),
            self.source,
        )


@dataclass(frozen=True)
class LastMeasured(Entity):
    """How a case was measured for the last time; `environment` is the id of one."""

    workload: Workload
    configuration: Configuration
    status: Status
    environment: str
    protocol: str

    @property
    def key(self) -> tuple[str, str]:
        return self.workload.id, self.configuration.id


@dataclass(frozen=True)
class TrainingRun(Entity):
    """What was observed while a network trained at one batch size and input size (pixels).

    `train_memory_mb` is its measured peak (MB), None where it was not measured. `target` is the id of the
    hardware.
    """

    batch_size: int
    input_size: int
    precision: Precision
    layout: Layout
    target: str
    target_label: str
    provenance: Provenance
    source: str
    train_memory_mb: float | None = None
