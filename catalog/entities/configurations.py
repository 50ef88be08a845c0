"""Where and how a workload runs: target, environment, configuration and the deployed file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from catalog.entities.identity import Entity, digest
from catalog.entities.networks import Workload
from catalog.words.vocabulary import (
    BatchPolicy,
    Device,
    Layout,
    Precision,
    RuntimeName,
    Scenario,
)

# What ids say where a source does not state the threads. An id never changes, so this stays.
_THREADS_NOT_STATED = 0


@dataclass(frozen=True)
class Target(Entity):
    """Hardware that answers are for. `identity` is what makes it that hardware."""

    id: str
    kind: Device
    label: str
    identity: Mapping[str, str | int]


@dataclass(frozen=True)
class Environment(Entity):
    """What may change under a target. None is unknown."""

    runtime_version: str
    driver: str | None = None
    kernel: str | None = None
    governor: str | None = None

    @cached_property
    def id(self) -> str:
        return digest(self.runtime_version, self.driver, self.kernel, self.governor)


@dataclass(frozen=True)
class Configuration(Entity):
    """How a workload is run. `arena` is None where the runtime has no such setting. `threads` is None where a
    published source does not state them. `clients` call at once, each with a batch of its own.

    Raises:
        ValueError: `threads` is less than 1.
    """

    runtime: RuntimeName
    precision: Precision = Precision.FP32
    batch_size: int = 1
    threads: int | None = 1
    device: Device = Device.CPU
    layout: Layout = Layout.NCHW
    compiled: bool = False
    arena: bool | None = None
    scenario: Scenario = Scenario.SINGLE_STREAM
    batch_policy: BatchPolicy = BatchPolicy.FIXED
    clients: int = 1

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise ValueError("threads is less than 1")

    @property
    def stated_threads(self) -> int:
        """`threads` of a configuration that can be run.

        Raises:
            ValueError: the source of this configuration does not state them.
        """
        if self.threads is None:
            raise ValueError(f"{self.id} does not state its threads")
        return self.threads

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
            f"-{batch}-t{self.threads or _THREADS_NOT_STATED}{arena}-{self.scenario}{clients}"
        )


@dataclass(frozen=True)
class Artefact(Entity):
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
