"""What the command line asks a campaign for, and the cases that it unfolds to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from math import inf

from catalog.entities.configurations import Configuration
from catalog.entities.networks import IMAGE_CHANNELS, Backbone, Workload
from catalog.words.vocabulary import Device, Form, Precision, RuntimeName, Scenario
from profiler.cases import Case
from profiler.errors import UnsupportedByRuntime
from profiler.protocol.plan import SamplingPlan


@dataclass(frozen=True)
class ProfileRequest:
    """What the command line asks for.

    `patterns` are names or shell patterns of architectures. Without `input_sizes`, each architecture takes
    its native one, and without `num_classes` the classes of its default checkpoint. Its images have
    `in_chans` channels. Once `time_budget_s` is over, a case ends with the plan's least number of blocks.
    With `within_budget`, cases that would begin too late to end by then are left out. More than one of
    `clients` makes the scenario concurrent. With `stale`, the cases are the stale ones of the architectures
    that match `patterns`, or of all without patterns. With `listed` cases, these are the cases, in this
    order, and `patterns` names their architectures. With `node_profiles`, the runtime is asked for the times
    of its nodes too.
    """

    patterns: tuple[str, ...]
    runtimes: tuple[RuntimeName, ...]
    threads: tuple[int, ...]
    precisions: tuple[Precision, ...] = (Precision.FP32,)
    batch_sizes: tuple[int, ...] = (1,)
    input_sizes: tuple[int, ...] = ()
    num_classes: tuple[int, ...] = ()
    in_chans: tuple[int, ...] = (IMAGE_CHANNELS,)
    device: Device = Device.CPU
    scenario: Scenario = Scenario.SINGLE_STREAM
    clients: tuple[int, ...] = (1,)
    compiled: bool = False
    arena: bool = True
    plan: SamplingPlan = field(default_factory=SamplingPlan)
    timeout_s: float = 300.0
    time_budget_s: float = inf
    within_budget: bool = False
    force: bool = False
    retry_failed: bool = False
    stale: bool = False
    listed: tuple[Case, ...] = ()
    node_profiles: bool = False

    def __post_init__(self) -> None:
        """Refuse an impossible request before anything is measured.

        Raises:
            UnsupportedByRuntime: a runtime has no such variant.
        """
        others = [runtime for runtime in self.runtimes if runtime is not RuntimeName.PYTORCH]
        if self.compiled and others:
            raise UnsupportedByRuntime(
                f"{others[0]} is not compiled by torch.compile.", "Give --runtime pytorch."
            )
        if not self.arena and RuntimeName.ONNXRUNTIME not in self.runtimes:
            raise UnsupportedByRuntime("Only ONNX Runtime has an arena.", "Add --runtime onnxruntime.")


def unfold(request: ProfileRequest, backbones: Iterable[Backbone]) -> list[Case]:
    """Every case of the request, those of a workload side by side."""
    if request.listed:
        return list(request.listed)
    return [
        Case(workload, configuration)
        for backbone in backbones
        for workload in _workloads(backbone, request)
        for configuration in _configurations(request)
    ]


def _workloads(backbone: Backbone, request: ProfileRequest) -> Iterator[Workload]:
    form = Form.TRAINING if request.scenario is Scenario.TRAINING else Form.DEPLOYED
    choices = product(
        request.num_classes or (backbone.num_classes,),
        request.input_sizes or (backbone.input_size,),
        request.in_chans,
    )
    for classes, size, channels in choices:
        yield Workload(backbone.architecture.name, classes, size, form, channels)


def _configurations(request: ProfileRequest) -> Iterator[Configuration]:
    choices = product(
        request.runtimes, request.precisions, request.threads, request.batch_sizes, request.clients
    )
    for runtime, precision, threads, batch_size, clients in choices:
        yield Configuration(
            runtime=runtime,
            precision=precision,
            batch_size=batch_size,
            threads=threads,
            device=request.device,
            compiled=request.compiled,
            arena=request.arena if runtime is RuntimeName.ONNXRUNTIME else None,
            scenario=Scenario.CONCURRENT if clients > 1 else request.scenario,
            clients=clients,
        )
