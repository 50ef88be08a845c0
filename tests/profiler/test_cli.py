"""What the command line makes of `--device`; end_to_end/test_profile.py runs it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.host import local_target, usable_cpus
from catalog.words.vocabulary import Device, RuntimeName
from profiler import cli
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.campaign import campaign
from profiler.campaign.campaign import Campaign, Outcome
from profiler.campaign.request import ProfileRequest
from profiler.cases import Case
from profiler.errors import InvalidRequest
from profiler.protocol.plan import SamplingPlan
from profiler.sensors import gpu_device
from profiler.sensors.gpu_device import GpuFacts
from tests.builders import make_sample

H100 = GpuFacts("NVIDIA H100 80GB HBM3", "GPU-aaaa", "580.159.04", "9.0", 85_520_809_984, 700)


@dataclass
class Seen:
    """The campaigns that the command started, and what it asked of them."""

    runs: list[tuple[Campaign, ProfileRequest]] = field(default_factory=list)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    remembered = Seen()

    def run(self: Campaign, request: ProfileRequest) -> Outcome:
        remembered.runs.append((self, request))
        return Outcome()

    monkeypatch.setattr(Campaign, "run", run)
    monkeypatch.setattr(gpu_device, "local_gpu", lambda: H100)
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path}/catalog.sqlite")
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path))
    return remembered


def variables_of(run: Campaign) -> Mapping[str, str]:
    assert isinstance(run.measure, partial)
    found: Mapping[str, str] = run.measure.keywords["variables"]
    return found


def test_a_gpu_is_measured_as_a_target_of_its_own_and_is_all_that_workers_see(
    seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.profile(["resnet50"], device=Device.CUDA)
    ((run, request),) = seen.runs
    assert run.target == gpu_device.gpu_target(H100)
    assert run.target.id in capsys.readouterr().out  # what to ask `archrank recommend --target` for
    assert run.environment_of(RuntimeName.PYTORCH).driver == "580.159.04"
    assert variables_of(run) == {"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}
    assert request.device is Device.CUDA
    assert request.runtimes == (RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME)
    assert request.threads == (1,)


def test_without_a_device_this_processor_is_measured(seen: Seen) -> None:
    cli.profile(["resnet50"])
    ((run, request),) = seen.runs
    assert run.target == local_target()
    assert run.environment_of(RuntimeName.ONNXRUNTIME).driver is None
    assert variables_of(run) == {}
    assert (request.device, request.threads) == (Device.CPU, (usable_cpus(),))


def test_a_runtime_that_does_not_compute_on_the_device_is_refused_up_front(seen: Seen) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cli.profile(["resnet50"], device=Device.CUDA, runtime=[RuntimeName.PYTORCH, RuntimeName.OPENVINO])
    assert caught.value.message == "--device cuda does not support openvino."
    assert caught.value.remedy == "Choose among pytorch, onnxruntime."
    assert not seen.runs


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

    monkeypatch.setattr(campaign, "Child", FakeChild)
    workload = Workload("resnet50", 1000, 224)
    case = Case(workload, Configuration(RuntimeName.PYTORCH, device=Device.CUDA))
    made = ArtefactCache(tmp_path, 1e9).make(workload, Format.SAFETENSORS, write)
    sample = campaign.measure_in_process(
        case, made, SamplingPlan(), 1.0, variables={"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}
    )
    assert sample == make_sample()
    assert started == [{"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "GPU-aaaa"}]


def write(path: Path) -> None:
    path.write_bytes(b"weights")
