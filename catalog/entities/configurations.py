"""Where and how a workload runs: target, environment, configuration and the deployed file."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
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
    """How a workload is run.

    A new field gets a default under which every configuration measured so far ran, and a slug that writes
    nothing for that default: ids stay what they are.
    """

    runtime: RuntimeName = field(
        metadata=names(
            "What executes the network.",
            phrase="{}",
            label={
                RuntimeName.ONNXRUNTIME: "onnxrt",
                RuntimeName.OPENVINO: "openvino",
                RuntimeName.PYTORCH: "pytorch",
            },
            option=" --runtime {}",
            slug="{}",
        )
    )
    _: KW_ONLY
    compiled: bool = field(
        default=False,
        metadata=names(
            "Whether torch.compile turned the network into one compiled graph.",
            phrase={True: " compiled"},
            label={True: " compiled"},
            option={True: " --compiled"},
            slug={True: "-compiled"},
        ),
    )
    device: Device = field(
        default=Device.CPU,
        metadata=names(
            "The kind of processor that executes the network.",
            phrase={Device.CUDA: " on CUDA"},
            option={Device.CUDA: " --device cuda"},
            slug="-{}",
        ),
    )
    precision: Precision = field(
        default=Precision.FP32,
        metadata=names(
            "The arithmetic of the network's matrix products.",
            phrase=" in {}",
            label=unless(Precision.FP32, " {}"),
            option=" --precision {}",
            slug="-{}",
        ),
    )
    layout: Layout = field(
        default=Layout.NCHW,
        metadata=names(
            "The order of the image tensor's dimensions in memory.",
            phrase=unless(Layout.NCHW, ", layout {}"),
            label=unless(Layout.NCHW, " {}"),
            slug="-{}",
        ),
    )
    batch_size: int = field(
        default=1,
        metadata=names(
            "Number of images in one call.",
            phrase=", batch {}",
            label=unless(1, " b{}"),
            option=" --batch-size {}",
            slug="-b{}",
        ),
    )
    batch_policy: BatchPolicy = field(
        default=BatchPolicy.FIXED,
        metadata=names(
            "Who chose the batch size: the request (fixed), or the memory of the device (largest_fitting).",
            phrase={BatchPolicy.LARGEST_FITTING: " (the largest that fits)"},
            slug={BatchPolicy.LARGEST_FITTING: "-fitting"},
        ),
    )
    threads: int | None = field(
        default=1,
        metadata=names(
            "Number of threads that compute one call. Absent if the source does not state it.",
            phrase=lambda threads: {None: "", 1: ", 1 thread"}.get(threads, f", {threads} threads"),
            label=unless(None, " t{}"),
            option=unless(None, " --threads {}"),
            slug=lambda threads: f"-t{threads or 0}",
        ),
    )
    arena: bool | None = field(
        default=None,
        metadata=names(
            "Whether ONNX Runtime keeps the memory that it freed. Absent for runtimes without that setting.",
            phrase={False: ", no arena"},
            label={False: " no arena"},
            option={False: " --no-arena"},
            slug={True: "-arena", False: "-noarena"},
        ),
    )
    scenario: Scenario = field(
        default=Scenario.SINGLE_STREAM,
        metadata=names(
            "What is repeated: calls of a single client, calls of several clients at once, or training steps.",
            phrase={Scenario.TRAINING: ", training"},
            label={Scenario.TRAINING: " train"},
            option={Scenario.TRAINING: " --train"},
            slug="-{}",
        ),
    )
    clients: int = field(
        default=1,
        metadata=names(
            "Number of clients that call at once, each with a batch of its own.",
            phrase=unless(1, ", {} clients at once"),
            label=unless(1, " c{}"),
            option=unless(1, " --clients {}"),
            slug=unless(1, "-c{}"),
        ),
    )

    @cached_property
    def id(self) -> str:
        return slug_of(self)

    def __str__(self) -> str:
        return in_words(self)


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
