"""The GPU's runtimes on the processor, over fakes. end_to_end/test_real_gpu.py has the real GPU."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.machine import gpu_selection
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision, RuntimeName, Scenario
from profiler import worker
from profiler.artefacts import export, verification
from profiler.artefacts.cache import Format
from profiler.failures import CaseFailed
from profiler.networks import building
from profiler.protocol.network import LoadedNetwork
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.visits import Visit
from profiler.runtimes import base, onnx_cuda, torch_cuda
from profiler.runtimes.base import LoadRequest
from tests.fakes.cuda import FakeCuda
from tests.fakes.gpu import FakeGpu

WORKLOAD = Workload("test_resnet", 1000, 96)
CPU, GPU = "CPUExecutionProvider", onnx_cuda.PROVIDER


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both formats of one small network, each with its expected output."""
    folder = tmp_path_factory.mktemp("artefacts")
    network = building.build(WORKLOAD, calibrated=True)
    for format_ in Format:
        (folder / format_).mkdir()
        export.write(network, WORKLOAD.input_size, format_, folder / format_ / "model")
    return folder


@pytest.fixture(autouse=True)
def torch_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those that a process may set once, or that would outlive the test."""
    monkeypatch.setattr(torch, "set_num_interop_threads", lambda threads: None)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = True


def request(
    folder: Path, runtime: RuntimeName, precision: Precision = Precision.FP32, **more: Any
) -> LoadRequest:
    format_ = Format.ONNX if runtime is RuntimeName.ONNXRUNTIME else Format.SAFETENSORS
    configuration = Configuration(runtime, precision=precision, device=Device.CUDA, **more)
    return LoadRequest(folder / format_ / "model", WORKLOAD, configuration)


def torch_request(folder: Path, precision: Precision = Precision.FP32, **more: Any) -> LoadRequest:
    return request(folder, RuntimeName.PYTORCH, precision, **more)


def onnx_request(folder: Path, precision: Precision = Precision.FP32) -> LoadRequest:
    return request(folder, RuntimeName.ONNXRUNTIME, precision)


def deviation(network: LoadedNetwork, folder: Path) -> float:
    expectation = verification.load(folder)
    network.prepare(expectation.image)
    network.infer()
    output = network.output()
    assert output.dtype == np.float32
    return verification.deviation(output, expectation.output)


# PyTorch


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [(Precision.FP32, 1e-5), (Precision.BF16, 0.1), (Precision.AMP_BF16, 0.1), (Precision.AMP_FP16, 0.05)],
)
def test_torch_computes_the_same_network_in_every_precision(
    artefacts: Path, precision: Precision, tolerance: float
) -> None:
    network = torch_cuda.load(torch_request(artefacts, precision), FakeCuda(), "cpu")
    deviated = deviation(network, artefacts / Format.SAFETENSORS)
    assert deviated < tolerance
    assert (deviated > 1e-5) is (precision is not Precision.FP32)


def test_fp32_is_not_tf32(artefacts: Path) -> None:
    """Torch turns TF32 on for convolutions by itself."""
    assert torch.backends.cudnn.allow_tf32
    torch_cuda.load(torch_request(artefacts), FakeCuda(), "cpu")
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


def test_each_call_ends_when_the_gpu_is_done_and_has_the_gpu_s_own_time(artefacts: Path) -> None:
    cuda = FakeCuda(call_ms=2.5)
    network = torch_cuda.load(torch_request(artefacts), cuda, "cpu")
    network.prepare(np.zeros((1, 3, 96, 96), np.float32))
    before = cuda.synchronised
    for _ in range(3):
        network.infer()
    assert cuda.synchronised == before + 3
    use = network.device_use()
    assert list(use.event_ns) == [2_500_000] * 3
    assert (use.allocated_bytes, use.reserved_bytes) == (100_000_000, 150_000_000)


@pytest.mark.parametrize(
    ("precision", "more", "cuda", "reason"),
    [
        (Precision.FP32, {}, FakeCuda(available=False), FailureReason.UNSUPPORTED_DEVICE),
        (Precision.FP32, {"compiled": True}, FakeCuda(), FailureReason.UNSUPPORTED_DEVICE),
        (Precision.INT8, {}, FakeCuda(), FailureReason.UNSUPPORTED_PRECISION),
        (Precision.BF16, {}, FakeCuda(bf16=False), FailureReason.UNSUPPORTED_PRECISION),
        (Precision.AMP_BF16, {}, FakeCuda(bf16=False), FailureReason.UNSUPPORTED_PRECISION),
    ],
)
def test_what_torch_cannot_run_here_is_a_failure_with_its_reason(
    artefacts: Path, precision: Precision, more: dict[str, Any], cuda: FakeCuda, reason: FailureReason
) -> None:
    with pytest.raises(CaseFailed) as caught:
        torch_cuda.load(torch_request(artefacts, precision, **more), cuda, "cpu")
    assert caught.value.reason is reason


def test_fp16_does_not_need_bf16(artefacts: Path) -> None:
    assert torch_cuda.load(torch_request(artefacts, Precision.FP16), FakeCuda(bf16=False), "cpu")


def test_the_stand_in_has_no_call_that_torch_has_not() -> None:
    calls = [name for name in vars(FakeCuda) if callable(getattr(FakeCuda, name)) and name[0] != "_"]
    assert len(calls) > 5
    assert all(hasattr(torch.cuda, name) for name in calls)
    assert all(hasattr(torch.cuda.Event, name) for name in ("record", "elapsed_time"))


# ONNX Runtime


@dataclass
class FakeBinding:
    """Computes on the processor what was bound on the GPU."""

    session: onnxruntime.InferenceSession
    bound: dict[str, Any] = field(default_factory=dict)
    outputs: list[tuple[str, str, int]] = field(default_factory=list)
    result: list[Any] = field(default_factory=list)
    done: int = 0

    def bind_output(self, name: str, device_type: str, device_id: int) -> None:
        self.outputs.append((name, device_type, device_id))

    def bind_ortvalue_input(self, name: str, value: Any) -> None:
        self.bound[name] = value

    def synchronize_inputs(self) -> None:
        assert self.bound

    def synchronize_outputs(self) -> None:
        self.done += 1

    def copy_outputs_to_cpu(self) -> list[Any]:
        return self.result


class FakeSession:
    """A session that says which provider it took, and computes on the processor."""

    def __init__(self, path: str, options: Any, providers: list[Any], took: str) -> None:
        self._session = onnxruntime.InferenceSession(path, options, providers=[CPU])
        self._took = took
        self.options, self.providers = options, providers
        self.binding = FakeBinding(self._session)

    def get_providers(self) -> list[str]:
        return list(dict.fromkeys([self._took, CPU]))

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def get_outputs(self) -> Any:
        return self._session.get_outputs()

    def io_binding(self) -> FakeBinding:
        return self.binding

    def run_with_iobinding(self, binding: FakeBinding) -> None:
        binding.result = self._session.run([name for name, _, _ in binding.outputs], binding.bound)


@dataclass
class FakeOrt:
    """The module, with or without the GPU's provider; `took` is the one that a session ends up with."""

    has_provider: bool = True
    took: str = GPU
    sessions: list[FakeSession] = field(default_factory=list)
    preloaded: bool = False
    __version__ = "1.31.1"
    SessionOptions = onnxruntime.SessionOptions

    @property
    def OrtValue(self) -> Any:  # noqa: N802
        return SimpleNamespace(ortvalue_from_numpy=self._on_the_gpu)

    def _on_the_gpu(self, images: Any, device_type: str, device_id: int) -> Any:
        assert (device_type, device_id) == ("cuda", 0)
        return images

    def get_available_providers(self) -> list[str]:
        return [GPU, CPU] if self.has_provider else [CPU]

    def preload_dlls(self) -> None:
        self.preloaded = True

    def InferenceSession(  # noqa: N802
        self, path: str, options: Any, providers: list[Any]
    ) -> FakeSession:
        self.sessions.append(FakeSession(path, options, providers, self.took))
        return self.sessions[-1]


def test_onnx_runtime_computes_with_input_and_output_on_the_gpu(artefacts: Path) -> None:
    ort = FakeOrt()
    network = onnx_cuda.load(onnx_request(artefacts), ort)
    assert deviation(network, artefacts / Format.ONNX) < 1e-4
    (session,) = ort.sessions
    assert [(device, index) for _, device, index in session.binding.outputs] == [("cuda", 0)]
    assert session.binding.done == 1
    assert ort.preloaded


def test_onnx_runtime_is_given_the_gpu_alone_and_no_tf32(artefacts: Path) -> None:
    ort = FakeOrt()
    onnx_cuda.load(onnx_request(artefacts), ort)
    ((name, options),) = ort.sessions[0].providers
    assert name == GPU
    assert options["use_tf32"] == "0"


@pytest.mark.parametrize("ort", [FakeOrt(has_provider=False), FakeOrt(took=CPU)])
def test_onnx_runtime_never_falls_back_to_the_processor(artefacts: Path, ort: FakeOrt) -> None:
    with pytest.raises(CaseFailed) as caught:
        onnx_cuda.load(onnx_request(artefacts), ort)
    assert caught.value.reason is FailureReason.UNSUPPORTED_DEVICE
    assert GPU in caught.value.detail
    assert caught.value.remedy == FailureReason.UNSUPPORTED_DEVICE.remedy


def test_the_onnx_runtime_of_the_tests_has_no_gpu_and_says_so(artefacts: Path) -> None:
    if GPU in onnxruntime.get_available_providers():
        pytest.skip("this is the GPU's build")
    with pytest.raises(CaseFailed) as caught:
        onnx_cuda.load(onnx_request(artefacts))
    assert caught.value.reason is FailureReason.UNSUPPORTED_DEVICE


def test_the_binding_s_calls_are_those_that_onnx_runtime_has(
    artefacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_cuda, "_DEVICE", "cpu")
    session = onnxruntime.InferenceSession(str(onnx_request(artefacts).artefact), providers=[CPU])
    network = onnx_cuda.BoundNetwork(session, onnxruntime)
    assert deviation(network, artefacts / Format.ONNX) < 1e-4
    assert all(hasattr(onnxruntime, name) for name in ("preload_dlls", "get_available_providers"))


def test_onnx_runtime_on_a_gpu_is_measured_in_fp32_only(artefacts: Path) -> None:
    with pytest.raises(CaseFailed) as caught:
        onnx_cuda.load(onnx_request(artefacts, Precision.FP16), FakeOrt())
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION


# Both


def test_each_device_has_its_runtimes() -> None:
    assert set(base.runtimes_of(Device.CPU)) == set(RuntimeName)
    assert base.runtimes_of(Device.CUDA) == (RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME)
    module: object = base.import_runtime(RuntimeName.ONNXRUNTIME, Scenario.SINGLE_STREAM, Device.CUDA)
    assert module is onnx_cuda


@pytest.mark.parametrize(
    "more", [{"scenario": Scenario.CONCURRENT, "clients": 2}, {"scenario": Scenario.TRAINING}]
)
def test_on_a_gpu_one_call_follows_another(artefacts: Path, more: dict[str, Any]) -> None:
    for load in (
        lambda: torch_cuda.load(torch_request(artefacts, **more), FakeCuda(), "cpu"),
        lambda: onnx_cuda.load(request(artefacts, RuntimeName.ONNXRUNTIME, **more), FakeOrt()),
    ):
        with pytest.raises(CaseFailed) as caught:
            load()
        assert caught.value.reason is FailureReason.UNSUPPORTED_DEVICE
        assert more["scenario"] in caught.value.detail


def test_a_runtime_that_does_not_compute_on_the_device_is_a_failure() -> None:
    with pytest.raises(CaseFailed) as caught:
        base.import_runtime(RuntimeName.OPENVINO, Scenario.SINGLE_STREAM, Device.CUDA)
    assert caught.value.reason is FailureReason.UNSUPPORTED_DEVICE


def test_a_worker_stores_what_the_gpu_told(artefacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(request: LoadRequest) -> torch_cuda.CudaNetwork:
        return torch_cuda.load(request, FakeCuda(call_ms=1.25), "cpu")

    monkeypatch.setattr(base, "import_runtime", lambda name, scenario, device: SimpleNamespace(load=load))
    monkeypatch.setattr(gpu_selection, "open_gpu", lambda: FakeGpu(used=[500, 900]))
    wanted = torch_request(artefacts)
    asked = worker.Worker()
    asked.answer(
        {
            "ask": "open",
            "artefact": str(wanted.artefact),
            "workload": asdict(WORKLOAD),
            "configuration": asdict(wanted.configuration),
            "affinity": sorted(os.sched_getaffinity(0)),
            "packages": [],
            "plan": asdict(replace(SamplingPlan(), block_calls=3, block_s=0.0, warm_up_max_s=0.1)),
        }
    )
    for _ in range(2):  # the second block has the times of its own calls alone
        visit = from_document(Visit, asked.answer({"ask": "visit"}))
        assert visit.device is not None
        assert visit.device.event_ns == (1_250_000,) * len(visit.timings.wall_ns)
        assert visit.device.sm_clocks_mhz == (1980, 1980)
        assert visit.device.used_bytes == 400
        assert visit.device.allocated_bytes == 100_000_000
