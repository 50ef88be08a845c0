"""Cases with their outcomes, and what follows from them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar

from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.identity import Entity, digest
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Layout, Precision, Provenance, Status


@dataclass(frozen=True)
class MetricValue(Entity):
    """A number with its interval [low, high] at confidence `level`, or the reason why it is absent.

    `processes` is the number of processes that it rests on. `degrees_of_freedom` are those of the interval.
    Where only the processes are known, they are one less. None is unknown.
    """

    metric: Metric
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    absent_reason: str | None = None
    processes: int | None = None
    degrees_of_freedom: float | None = None


@dataclass(frozen=True)
class Success(Entity):
    """The outcome of a case that has numbers.

    `values` and `doubts` follow from `samples` alone. `set_aside` are samples that something disturbed, which
    were taken again. `interval_target_met` is None where no interval target was asked for. `node_profile` is
    None where none was asked for.
    """

    status: ClassVar[Status] = Status.OK
    values: tuple[MetricValue, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    samples: tuple[ProcessSample, ...] = ()
    set_aside: tuple[ProcessSample, ...] = ()
    interval_target_met: bool | None = None
    node_profile: NodeProfile | None = None


@dataclass(frozen=True)
class Failure(Entity):
    """The outcome of a case without numbers. `detail` is what was seen of this failure, such as the runtime's
    own message. It is None where nothing was."""

    status: ClassVar[Status] = Status.FAILED
    reason: FailureReason
    detail: str | None = None


Outcome = Success | Failure


@dataclass(frozen=True)
class Withdrawal(Entity):
    """Why and when a measurement was withdrawn. It is kept, and no answer uses it.

    Raises:
        ValueError: `at` has no time zone.
    """

    reason: str
    at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", _in_utc("at", self.at))


@dataclass(frozen=True)
class Measurement(Entity):
    """A case with its outcome.

    `protocol` is the protocol's whole text. `protocol_version` is None where archrank did not sample the
    case. `published_table` is the file name of the speed table that the numbers were read from, None where
    they were not read from a table. `artefact` is None where none was made. `withdrawn` is None where the
    measurement was not withdrawn.

    Raises:
        ValueError: `measured_at` has no time zone.
    """

    workload: Workload
    configuration: Configuration
    target: Target
    environment: Environment
    provenance: Provenance
    protocol: str
    measured_at: datetime
    source: str
    outcome: Outcome
    artefact: Artefact | None = None
    protocol_version: int | None = None
    published_table: str | None = None
    withdrawn: Withdrawal | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "measured_at", _in_utc("measured_at", self.measured_at))

    @property
    def status(self) -> Status:
        return self.outcome.status

    @cached_property
    def id(self) -> str:
        """The outcome is not part of it: a case has one outcome at a time. Nor is a withdrawal."""
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


def _in_utc(field: str, time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"{field} has no time zone")
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # the first or the last day that there is, of another zone
        raise ValueError(f"{field} is out of range") from error


@dataclass(frozen=True)
class LastMeasured(Entity):
    """How a case was measured for the last time. `environment` is an id. `protocol_version` is None where the
    catalog does not know it. `toolchain` made the artefact, and is None where there was none.
    `has_node_profile` says whether the runtime answered when it was asked for its nodes."""

    workload: Workload
    configuration: Configuration
    status: Status
    environment: str
    protocol_version: int | None
    toolchain: str | None = None
    has_node_profile: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.workload.id, self.configuration.id


@dataclass(frozen=True)
class Slowdown(Entity):
    """How much slower than quiet the machine was while one case was measured: the canary over `quiet_ns`.

    `quiet_ns` is what the canary takes on `cpus` CPUs of the quiet target, as far as it was learnt by then.
    Both are None where the measurement has no samples.
    """

    measured_at: datetime
    slowdown: float
    quiet_ns: float | None = None
    cpus: int | None = None


@dataclass(frozen=True)
class TrainingRun(Entity):
    """What was observed while a network trained at one batch size and input size (pixels).

    `train_memory_mb` is its measured peak (MB), and `train_throughput_ips` its images per second. None was
    not measured. `target` is the id of the hardware. `activations_m` are those of an image at this input
    size (millions). None was not counted.
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
    train_throughput_ips: float | None = None
    activations_m: float | None = None
