"""What is to be measured: the request, and the cases that it unfolds to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from catalog.entities import Backbone, Configuration, Workload
from catalog.vocabulary import Device, Form, Layout, Precision, RuntimeName, Scenario
from profiler.timing import SamplingPlan


@dataclass(frozen=True)
class Case:
    """A workload in a configuration; the target is this machine."""

    workload: Workload
    configuration: Configuration

    @property
    def key(self) -> tuple[str, str]:
        return self.workload.id, self.configuration.id

    def __str__(self) -> str:
        run = self.configuration
        parts = [
            f"{self.workload.architecture} {self.workload.input_size} px",
            f"{run.runtime} {run.precision}",
            f"{run.threads} thread{'s' if run.threads != 1 else ''}",
        ]
        return ", ".join([*parts, f"batch {run.batch_size}"] if run.batch_size != 1 else parts)


@dataclass(frozen=True)
class ProfileRequest:
    """What the command line asks for. `patterns` are names or shell patterns of architectures; without
    `input_sizes`, each architecture takes its native one."""

    patterns: tuple[str, ...]
    runtimes: tuple[RuntimeName, ...]
    threads: tuple[int, ...]
    precisions: tuple[Precision, ...] = (Precision.FP32,)
    batch_sizes: tuple[int, ...] = (1,)
    input_sizes: tuple[int, ...] = ()
    plan: SamplingPlan = field(default_factory=SamplingPlan)
    timeout_s: float = 300.0
    force: bool = False
    retry_failed: bool = False


def workload_from_json(document: Mapping[str, Any]) -> Workload:
    """A workload as `dataclasses.asdict` and JSON leave it: enums are strings."""
    return Workload(**{**document, "form": Form(document["form"])})


def configuration_from_json(document: Mapping[str, Any]) -> Configuration:
    """A configuration as `dataclasses.asdict` and JSON leave it."""
    enums = {
        "runtime": RuntimeName(document["runtime"]),
        "precision": Precision(document["precision"]),
        "device": Device(document["device"]),
        "layout": Layout(document["layout"]),
        "scenario": Scenario(document["scenario"]),
    }
    return Configuration(**{**document, **enums})


def unfold(request: ProfileRequest, backbones: Iterable[Backbone]) -> list[Case]:
    """Every case of the request, those of a workload side by side."""
    return [
        Case(workload, configuration)
        for backbone in backbones
        for workload in _workloads(backbone, request.input_sizes)
        for configuration in _configurations(request)
    ]


def _workloads(backbone: Backbone, input_sizes: Sequence[int]) -> Iterator[Workload]:
    for size in input_sizes or (backbone.input_size,):
        yield Workload(backbone.architecture.name, backbone.num_classes, size)


def _configurations(request: ProfileRequest) -> Iterator[Configuration]:
    choices = product(request.runtimes, request.precisions, request.threads, request.batch_sizes)
    for runtime, precision, threads, batch_size in choices:
        yield Configuration(
            runtime=runtime,
            precision=precision,
            batch_size=batch_size,
            threads=threads,
            arena=True if runtime is RuntimeName.ONNXRUNTIME else None,
        )
