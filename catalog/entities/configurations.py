"""Where and how a workload runs: target, environment, configuration and the deployed file."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property

from catalog.entities.identity import Entity, digest
from catalog.entities.naming import in_words, names, slug_of, unless
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
    """How a network is run: the runtime and its settings."""

    # A new field gets a default under which every configuration measured so far ran, and a slug that writes
    # nothing for that default: ids stay what they are.
    runtime: RuntimeName = field(
        metadata=names(
            "The runtime that executes the network.",
            phrase="{}",
            label=lambda runtime: "onnxrt" if runtime is RuntimeName.ONNXRUNTIME else str(runtime),
            option=" --runtime {}",
            slug="{}",
        )
    )
    _: KW_ONLY
    compiled: bool = field(
        default=False,
        metadata=names(
            "Whether the network was compiled by torch.compile.",
            phrase={True: " compiled"},
            label={True: " compiled"},
            option={True: " --compiled"},
            slug={True: "-compiled"},
        ),
    )
    device: Device = field(
        default=Device.CPU,
        metadata=names(
            "Whether a CPU or a GPU executes the network.",
            phrase={Device.CUDA: " cuda"},
            option={Device.CUDA: " --device cuda"},
            slug="-{}",
        ),
    )
    precision: Precision = field(
        default=Precision.FP32,
        metadata=names(
            "The arithmetic of the network's matrix products.",
            phrase=" {}",
            label=unless(Precision.FP32, " {}"),
            option=" --precision {}",
            slug="-{}",
        ),
    )
    layout: Layout = field(
        default=Layout.NCHW,
        metadata=names(
            "Order of the image tensor's dimensions in memory, as `nchw`.",
            phrase=unless(Layout.NCHW, ", layout {}"),
            label=unless(Layout.NCHW, " {}"),
            slug="-{}",
        ),
    )
    batch_size: int = field(
        default=1,
        metadata=names(
            "Number of images in one call.",
            phrase=unless(1, ", batch {}"),
            label=unless(1, " b{}"),
            option=" --batch-size {}",
            slug="-b{}",
        ),
    )
    batch_policy: BatchPolicy = field(
        default=BatchPolicy.FIXED,
        metadata=names(
            "Whether the request set the batch size, or the device's memory did.",
            phrase={BatchPolicy.LARGEST_FITTING: " (the largest that fits)"},
            slug={BatchPolicy.LARGEST_FITTING: "-fitting"},
        ),
    )
    threads: int | None = field(
        default=1,
        metadata=names(
            "CPU threads of one client. Absent if a source does not state the number.",
            phrase=lambda threads: {None: "", 1: ", 1 thread"}.get(threads, f", {threads} threads"),
            label=unless(None, " t{}"),
            option=unless(None, " --threads {}"),
            slug=lambda threads: f"-t{threads or _THREADS_NOT_STATED}",
        ),
    )
    arena: bool | None = field(
        default=None,
        metadata=names(
            "Whether ONNX Runtime keeps the memory that it freed. "
            "Absent for other runtimes and where a source does not state it.",
            phrase={False: ", no arena"},
            label={False: " no arena"},
            option={False: " --no-arena"},
            slug={True: "-arena", False: "-noarena"},
        ),
    )
    scenario: Scenario = field(
        default=Scenario.SINGLE_STREAM,
        metadata=names(
            "What is repeated: inference calls or training steps.",
            phrase={Scenario.TRAINING: ", training"},
            label={Scenario.TRAINING: " train"},
            option={Scenario.TRAINING: " --train"},
            slug="-{}",
        ),
    )
    clients: int = field(
        default=1,
        metadata=names(
            "Number of clients that call the network at once.",
            phrase=unless(1, ", {} clients at once"),
            label=unless(1, " c{}"),
            option=unless(1, " --clients {}"),
            slug=unless(1, "-c{}"),
        ),
    )

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

    @property
    def cpus(self) -> int:
        """How many CPUs it computes on at once: its threads, for each of its clients.

        Raises:
            ValueError: the source of this configuration does not state its threads.
        """
        return self.stated_threads * self.clients

    @property
    def common_settings(self) -> tuple[Device, Precision, Layout, int | None]:
        """The settings that inference and training of one candidate have in common.

        Each scenario has a batch size and clients of its own. Only PyTorch trains, so the runtime and what
        belongs to it are not compared.
        """
        return self.device, self.precision, self.layout, self.threads

    @property
    def series(self) -> "Configuration":
        """What the configurations of a series have in common. A batch that was shrunk to what fits the memory
        is an outcome, and no part of it."""
        return self if self.batch_policy is BatchPolicy.FIXED else self._of_one_image

    @cached_property
    def _of_one_image(self) -> "Configuration":
        return replace(self, batch_size=1)

    @cached_property
    def id(self) -> str:
        return slug_of(self)

    def __str__(self) -> str:
        return in_words(self)


@dataclass(frozen=True)
class Artefact(Entity):
    """The file that is deployed. `deviation` is the largest error of its output against torch, relative to
    the largest value. It is None where the artefact holds torch's own weights."""

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
