"""The frozen dataclasses that cross packages. ORM rows never do.

The identities of workloads, configurations, environments, artefacts and measurements derive from their
content, so that the same thing has the same id in every catalog and imports are idempotent.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from json.encoder import encode_basestring_ascii
from typing import Any, ClassVar

from catalog.metrics import Metric
from catalog.vocabulary import (
    BatchPolicy,
    Device,
    Doubt,
    FailureReason,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)


class _Entity:
    """Read strictly where pydantic reads it; a plain dictionary, because workers must not import pydantic."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}


@dataclass(frozen=True)
class Stage(_Entity):
    """A feature map that a detection or segmentation head can use: its stride in pixels, its channels."""

    stride: int
    channels: int


@dataclass(frozen=True)
class Architecture(_Entity):
    """A network definition, named as timm names it. `family` is timm's module.

    `native_size` (pixels) and `num_classes` are those of its default checkpoint; `fixed_input` says that
    its weights fit no other size. `stages` are its feature maps from fine to coarse. Empty tuples and None
    are unknown.
    """

    name: str
    family: str | None = None
    year: int | None = None
    paper: str | None = None
    default_tag: str | None = None
    fixed_input: bool | None = None
    native_size: int | None = None
    num_classes: int | None = None
    tags: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Checkpoint(_Entity):
    """One set of pretrained weights.

    `license` is an SPDX identifier where one exists, else the name that its authors gave it, and
    `commercial_use` is None where its text leaves that open. `training_data` goes from pretraining to
    fine-tuning. `native_size` is in pixels. Empty tuples and None are unknown.
    """

    name: str
    architecture: str
    num_classes: int | None = None
    license: str | None = None
    commercial_use: bool | None = None
    training_data: tuple[str, ...] = ()
    native_size: int | None = None
    training_methods: tuple[str, ...] = ()
    hub_id: str | None = None


@dataclass(frozen=True)
class Backbone(_Entity):
    """What is known of an architecture without building it. `input_size` is the native one, in pixels;
    `num_classes` is the default checkpoint's."""

    architecture: Architecture
    checkpoints: tuple[Checkpoint, ...]
    num_classes: int
    input_size: int


@dataclass(frozen=True)
class Accuracy(_Entity):
    """Published accuracy (percent) of a checkpoint on a data set at one input size."""

    checkpoint: str
    dataset: str
    input_size: int
    crop_pct: float
    interpolation: str
    top1: float
    top5: float
    source: str
    precision: Precision = Precision.FP32


@dataclass(frozen=True)
class Workload(_Entity):
    """Architecture x form x number of classes x input size (pixels, square)."""

    architecture: str
    num_classes: int
    input_size: int
    form: Form = Form.DEPLOYED

    @cached_property
    def id(self) -> str:
        return f"{self.architecture}-{self.form}-{self.num_classes}-{self.input_size}"


@dataclass(frozen=True)
class Counts(_Entity):
    """What was counted of a workload. `operators` holds GMACs by operator, `operator_calls` how often each
    operator runs, also those without MACs; `weights_bytes` is the size of its fp32 weights as safetensors."""

    params_m: float
    gmacs: float
    activations_m: float
    operators: Mapping[str, float]
    operator_calls: Mapping[str, int] = field(default_factory=dict)
    weights_bytes: int | None = None


@dataclass(frozen=True)
class CountedWorkload(_Entity):
    """A workload with its counts, or why it could not be counted. `source` names what was counted with."""

    workload: Workload
    counts: Counts | None
    count_failure: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Target(_Entity):
    """Hardware that answers are for. `identity` is what makes it that hardware."""

    id: str
    kind: Device
    label: str
    identity: Mapping[str, str | int]


@dataclass(frozen=True)
class Environment(_Entity):
    """What may change under a target. None is unknown."""

    runtime_version: str
    driver: str | None = None
    kernel: str | None = None
    governor: str | None = None

    @cached_property
    def id(self) -> str:
        return digest(self.runtime_version, self.driver, self.kernel, self.governor)


@dataclass(frozen=True)
class Configuration(_Entity):
    """How a workload is run. `arena` is None where the runtime has no such setting, `threads` is 0
    where a published source does not state them; `clients` call at once, each with a batch of its own."""

    runtime: RuntimeName
    precision: Precision = Precision.FP32
    batch_size: int = 1
    threads: int = 1
    device: Device = Device.CPU
    layout: Layout = Layout.NCHW
    compiled: bool = False
    arena: bool | None = None
    scenario: Scenario = Scenario.SINGLE_STREAM
    batch_policy: BatchPolicy = BatchPolicy.FIXED
    clients: int = 1

    @cached_property
    def id(self) -> str:
        clients = f"-c{self.clients}" if self.clients != 1 else ""
        batch = f"b{self.batch_size}" + (
            "-fitting" if self.batch_policy is BatchPolicy.LARGEST_FITTING else ""
        )
        arena = {None: "", True: "-arena", False: "-noarena"}[self.arena]
        compiled = "-compiled" if self.compiled else ""
        return (
            f"{self.runtime}{compiled}-{self.device}-{self.precision}-{self.layout}"
            f"-{batch}-t{self.threads}{arena}-{self.scenario}{clients}"
        )


@dataclass(frozen=True)
class Artefact(_Entity):
    """The file that is deployed. `deviation` is its largest error against torch, relative to the
    largest output; None where the artefact holds torch's own weights."""

    workload: Workload
    format: str
    precision: Precision
    toolchain: str
    bytes: int
    sha256: str
    deviation: float | None = None

    @property
    def id(self) -> str:
        return digest(self.workload.id, self.format, self.precision, self.toolchain, self.sha256)


@dataclass(frozen=True)
class Canary(_Entity):
    """How long fixed kernels took, ns, each time that they ran between the samples: one bound by computing,
    one by memory. The quiet times are what the target needs when nothing disturbs it, as known by then."""

    compute_ns: tuple[int, ...]
    memory_ns: tuple[int, ...]
    quiet_compute_ns: float | None = None
    quiet_memory_ns: float | None = None


@dataclass(frozen=True)
class CpuClock(_Entity):
    """The mean clock of some CPUs (MHz) at an instant, and how often heat or power had throttled them since
    boot. None is unknown."""

    mhz: float | None
    throttles: int | None


@dataclass(frozen=True)
class DeviceReading(_Entity):
    """What an accelerator told of one process. Memory is bytes: what tensors held at the peak, what the
    runtime's allocator held, and what the driver counts for the process or, failing that, for the device,
    its context included. None is unknown.

    `sm_clocks_mhz` were read from before the first sample to after the last; `slowdowns` are the reasons for
    a lower clock that held meanwhile, as the driver names them. `event_ns` are the device's own times of the
    sampled calls, from the first kernel's begin to the last one's end; empty where the runtime keeps none.
    """

    allocated_bytes: int | None = None
    reserved_bytes: int | None = None
    used_bytes: int | None = None
    sm_clocks_mhz: tuple[int, ...] = ()
    slowdowns: tuple[str, ...] = ()
    event_ns: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProcessSample(_Entity):
    """What one fresh process recorded. Times are nanoseconds; memory is bytes, the largest resident set so
    far (VmHWM) after the imports, after loading and at the end, None where /proc does not tell.

    `foreign_cpus` is how many CPUs other processes kept busy while this one sampled; `deviation` is the
    largest error of its output against torch, relative to the largest value, None where nothing is compared;
    `clocks` are those of its CPUs whenever the canary beat, where the kernel tells;
    `span_ns` is the time from the first call's begin to the last one's end, where calls overlap.
    """

    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]
    warm_up_calls: int
    warm_up_settled: bool
    imported_bytes: int | None
    loaded_bytes: int | None
    peak_bytes: int | None
    foreign_cpus: float
    deviation: float | None
    affinity: tuple[int, ...]
    started_at: str
    seconds: Mapping[str, float]
    span_ns: int | None = None
    canary: Canary | None = None
    clocks: tuple[CpuClock, ...] = ()
    device: DeviceReading | None = None


@dataclass(frozen=True)
class PendingSample(_Entity):
    """A sample of a case that is not finished, by the ids of what it belongs to."""

    workload: str
    configuration: str
    target: str
    environment: str
    protocol: str
    sample: ProcessSample | None = None


@dataclass(frozen=True)
class MetricValue(_Entity):
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
class Measurement(_Entity):
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
class LastMeasured(_Entity):
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
class TrainingRun(_Entity):
    """What was observed while a network trained at one batch size and input size (pixels).

    `train_memory_mb` is its measured peak (MB). Where only the device is known, the run needed no more than
    `device_memory_mb` (MB), by `device_memory_source`. `target` is the label of the hardware.
    """

    batch_size: int
    input_size: int
    precision: Precision
    layout: Layout
    target: str
    provenance: Provenance
    source: str
    train_memory_mb: float | None = None
    device_memory_mb: float | None = None
    device_memory_source: str | None = None


def digest(*parts: object) -> str:
    """16 hexadecimal digits that stand for `parts` (JSON scalars)."""
    # What json.dumps gives, in a third of its time: thousands of ids are made when a catalog is.
    texts = (encode_basestring_ascii(part) if isinstance(part, str) else json.dumps(part) for part in parts)
    return hashlib.sha256(f"[{', '.join(texts)}]".encode()).hexdigest()[:16]
