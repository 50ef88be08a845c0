"""What the command line asks a campaign for, and the cases that it unfolds to."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from math import inf

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Backbone, Workload
from catalog.words.vocabulary import Device, Form, Precision, RuntimeName, Scenario
from profiler.cases import Case
from profiler.errors import InvalidRequest
from profiler.protocol.plan import SamplingPlan


@dataclass(frozen=True)
class ProfileRequest:
    """What the command line asks for. `patterns` are names or shell patterns of architectures; without
    `input_sizes`, each architecture takes its native one. Once `time_budget_s` is over, cases take no more
    processes than the plan's least number. More than one of `clients` makes the scenario concurrent. With
    `stale`, the cases are those that were measured under these names in another environment, under any when
    there are none."""

    patterns: tuple[str, ...]
    runtimes: tuple[RuntimeName, ...]
    threads: tuple[int, ...]
    precisions: tuple[Precision, ...] = (Precision.FP32,)
    batch_sizes: tuple[int, ...] = (1,)
    input_sizes: tuple[int, ...] = ()
    device: Device = Device.CPU
    scenario: Scenario = Scenario.SINGLE_STREAM
    clients: tuple[int, ...] = (1,)
    compiled: bool = False
    arena: bool = True
    plan: SamplingPlan = field(default_factory=SamplingPlan)
    timeout_s: float = 300.0
    time_budget_s: float = inf
    force: bool = False
    retry_failed: bool = False
    stale: bool = False

    def __post_init__(self) -> None:
        """Refuse an impossible request before anything is measured.

        Raises:
            InvalidRequest: a runtime that has no such variant.
        """
        others = [runtime for runtime in self.runtimes if runtime is not RuntimeName.PYTORCH]
        if self.compiled and others:
            raise InvalidRequest(f"{others[0]} is not compiled by torch.compile.", "Give --runtime pytorch.")
        if not self.arena and RuntimeName.ONNXRUNTIME not in self.runtimes:
            raise InvalidRequest("Only ONNX Runtime has an arena.", "Add --runtime onnxruntime.")


def check_choices(
    train: bool,
    runtimes: Collection[RuntimeName],
    clients: Collection[int],
    batch_sizes: Collection[int],
    batch_curve: bool,
) -> None:
    """Refuse options that exclude one another. An empty collection is an option not given.

    Raises:
        InvalidRequest: two options exclude one another.
    """
    if batch_curve and batch_sizes:
        raise InvalidRequest(
            "--batch-curve and --batch-size both choose the batches.", "Give one of the two options."
        )
    if not train:
        return
    if others := set(runtimes) - {RuntimeName.PYTORCH}:
        raise InvalidRequest(
            f"{', '.join(sorted(others))} cannot train.", "Leave --runtime out: only pytorch trains."
        )
    if set(clients) - {1}:
        raise InvalidRequest(
            "--train cannot be combined with --clients.", "Leave --clients out: training serves no clients."
        )


def unfold(request: ProfileRequest, backbones: Iterable[Backbone]) -> list[Case]:
    """Every case of the request, those of a workload side by side."""
    return [
        Case(workload, configuration)
        for backbone in backbones
        for workload in _workloads(backbone, request)
        for configuration in _configurations(request)
    ]


def _workloads(backbone: Backbone, request: ProfileRequest) -> Iterator[Workload]:
    form = Form.TRAINING if request.scenario is Scenario.TRAINING else Form.DEPLOYED
    for size in request.input_sizes or (backbone.input_size,):
        yield Workload(backbone.architecture.name, backbone.num_classes, size, form)


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
