"""PyTorch in other precisions than fp32, and compiled."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch._dynamo import config as dynamo
from torch._inductor import config as inductor

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision, RuntimeName
from profiler.artefacts import verification
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.networks import building
from profiler.processes import compilation
from profiler.runtimes import torch_compilation, torch_precision
from profiler.runtimes.pytorch import TorchNetwork

IMAGES = np.random.default_rng(0).standard_normal((1, 3, 32, 32), dtype=np.float32)


def configuration(precision: Precision = Precision.FP32, *, compiled: bool = False) -> Configuration:
    return Configuration(RuntimeName.PYTORCH, precision=precision, compiled=compiled)


def called(network: nn.Module, configuration: Configuration) -> TorchNetwork:
    network_under_test = TorchNetwork(network.eval(), configuration)
    network_under_test.prepare(IMAGES)
    network_under_test.infer()
    return network_under_test


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.FP16, Precision.AMP_BF16])
def test_a_lower_precision_deviates_from_fp32_by_its_rounding(precision: Precision) -> None:
    workload = Workload("test_vit", 10, 160)
    images = np.random.default_rng(0).standard_normal((1, 3, 160, 160), dtype=np.float32)
    outputs = []
    for compared in (Precision.FP32, precision):
        network = TorchNetwork(building.build(workload, calibrated=True), configuration(compared))
        network.prepare(images)
        network.infer()
        outputs.append(network.output())
    expected, output = outputs
    assert output.dtype == np.float32
    assert 1e-5 < verification.deviation(output, expected) < 0.05


def test_mixed_precision_keeps_the_weights_in_fp32() -> None:
    network = nn.Linear(32, 4)
    assert called(network, configuration(Precision.AMP_BF16)).output().shape == (1, 3, 32, 4)
    assert network.weight.dtype is torch.float32
    called(network, configuration(Precision.BF16))
    assert network.weight.dtype is torch.bfloat16


@pytest.mark.parametrize(
    ("precision", "device"),
    [
        (Precision.INT8, Device.CPU),
        (Precision.INT8, Device.CUDA),
        (Precision.AMP_FP16, Device.CPU),
    ],
)
def test_a_precision_that_is_not_carried_is_a_failure_and_nothing_else_in_its_place(
    precision: Precision, device: Device
) -> None:
    with pytest.raises(CaseFailed) as caught:
        torch_precision.arithmetic(precision, device)
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION


@pytest.mark.parametrize(
    ("precision", "device", "cast_to"),
    [
        (Precision.AMP_FP16, Device.CUDA, torch.float16),
        (Precision.AMP_BF16, Device.CPU, torch.bfloat16),
    ],
)
def test_mixed_precision_keeps_the_weights_and_casts_the_products(
    precision: Precision, device: Device, cast_to: torch.dtype
) -> None:
    arithmetic = torch_precision.arithmetic(precision, device)
    assert (arithmetic.dtype, arithmetic.cast_to) == (torch.float32, cast_to)


class MixesTypes(nn.Module):
    """Keeps to fp32 whatever its weights are cast to."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(32, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.linear(image.float())
        return result


def test_an_operator_without_a_kernel_for_the_precision_is_an_unsupported_precision() -> None:
    with pytest.raises(CaseFailed) as caught:
        called(MixesTypes(), configuration(Precision.BF16))
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION
    assert "RuntimeError" in caught.value.detail


def test_an_error_in_fp32_is_not_blamed_on_the_precision() -> None:
    with pytest.raises(RuntimeError):
        called(nn.Linear(5, 4), configuration())


def test_want_of_memory_is_not_blamed_on_the_precision() -> None:
    def call() -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(RuntimeError, match="allocate"):
        torch_precision.arithmetic(Precision.BF16, Device.CPU).first_call(call)


# Compiled


class Small(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.relu(image + 1).mean(dim=(2, 3))


class BreaksTheGraph(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        torch._dynamo.graph_break()
        return image


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kernels are built anew, without what would make many of them faster to build."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch._dynamo.reset()
    with (
        inductor.patch({"cpp_cache_precompile_headers": False, "cpp.vec_isa_ok": True}),
        dynamo.patch(error_on_recompile=False),
    ):
        yield


@pytest.mark.usefixtures("built")
def test_a_graph_break_is_a_stored_failure() -> None:
    with pytest.raises(CaseFailed) as caught:
        called(BreaksTheGraph(), configuration(compiled=True))
    assert caught.value.reason is FailureReason.UNSUPPORTED_COMPILATION
    assert "Unsupported" in caught.value.detail


@pytest.mark.usefixtures("built")
def test_want_of_a_compiler_is_a_stored_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(HostFault) as caught:
        called(Small(), configuration(compiled=True))
    assert caught.value.kind is FaultKind.NO_COMPILER
    assert "g++" in (caught.value.remedy or "")


@pytest.mark.usefixtures("built")
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_network_computes_the_same_and_is_compiled_once() -> None:
    network = Small()
    network_under_test = called(network, configuration(compiled=True))
    assert network_under_test.output() == pytest.approx(network(torch.from_numpy(IMAGES)).numpy(), abs=1e-6)
    with pytest.raises(CaseFailed):
        network_under_test.prepare(np.zeros((1, 3, 64, 64), np.float32))


def test_want_of_memory_is_not_blamed_on_the_compilation() -> None:
    def call() -> None:
        raise torch._dynamo.exc.BackendCompilerFailed(call, MemoryError("out of memory"), None)

    with pytest.raises(torch._dynamo.exc.BackendCompilerFailed):
        torch_compilation.first_call(call)


def test_a_full_disk_is_not_blamed_on_the_compilation() -> None:
    def call() -> None:
        cause = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise torch._dynamo.exc.BackendCompilerFailed(call, cause, None)

    with pytest.raises(HostFault) as caught:
        torch_compilation.first_call(call)
    assert caught.value.kind is FaultKind.NO_SPACE


def test_only_workers_that_compile_are_told_where() -> None:
    assert compilation.worker_environment(configuration()) == {}
    variables = compilation.worker_environment(configuration(compiled=True))
    assert Path(variables["TORCHINDUCTOR_CACHE_DIR"]).is_dir()
    assert variables["TORCHINDUCTOR_FX_GRAPH_CACHE"] == "0"
    assert variables == compilation.worker_environment(configuration(compiled=True))
