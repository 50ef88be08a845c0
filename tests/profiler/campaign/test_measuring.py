from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Device, RuntimeName
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.campaign import measuring
from profiler.cases import Case
from profiler.protocol.plan import SamplingPlan
from tests.builders import make_sample


def test_the_variables_reach_the_process_that_measures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[Mapping[str, str]] = []

    class FakeChild:
        def __init__(self, module: str, environment: Mapping[str, str]) -> None:
            started.append(environment)

        def ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
            return asdict(make_sample())

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing was started."""

    monkeypatch.setattr(measuring, "Child", FakeChild)
    workload = Workload("resnet50", 1000, 224)
    case = Case(workload, Configuration(RuntimeName.PYTORCH, device=Device.CUDA))
    made = ArtefactCache(tmp_path, 1e9).make(workload, Format.SAFETENSORS, write)
    sample = measuring.measure_in_process(
        case, made, SamplingPlan(), 1.0, variables={"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}
    )
    assert sample == make_sample()
    assert started == [{"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "GPU-aaaa"}]


def write(path: Path) -> None:
    path.write_bytes(b"weights")
