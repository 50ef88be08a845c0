import errno
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from profiler.artefacts import export, verification
from profiler.artefacts.cache import Format
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.networks import building


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_byobnet"])
def test_an_onnx_export_computes_what_torch_computes_at_any_batch(name: str, tmp_path: Path) -> None:
    network = building.build(Workload(name, 1000, 160), calibrated=True)
    deviation = export.write(network, 160, Format.ONNX, tmp_path / "model.onnx")
    assert deviation is not None
    assert deviation < 1e-4
    expectation = verification.load(tmp_path)
    assert expectation.image.shape == (1, 3, 160, 160)
    assert expectation.output.shape == (1, 1000)


def test_an_export_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = building.build(Workload("test_resnet", 1000, 160), calibrated=True)

    def tampered(network: nn.Module, images: torch.Tensor, path: Path) -> None:
        original(network, images, path)
        graph = onnx.load(path)
        weights = max(graph.graph.initializer, key=lambda tensor: len(tensor.raw_data))
        weights.raw_data = (onnx.numpy_helper.to_array(weights) * np.float32(1.05)).tobytes()
        onnx.save(graph, path)

    original = export._export_onnx
    monkeypatch.setattr(export, "_export_onnx", tampered)
    with pytest.raises(CaseFailed) as caught:
        export.write(network, 160, Format.ONNX, tmp_path / "model.onnx")
    assert caught.value.reason is FailureReason.EXPORT_MISMATCH


class Unknown(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.special.airy_ai(image)
        return result


def test_what_cannot_be_exported_says_so(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed) as caught:
        export.write(Unknown(), 8, Format.ONNX, tmp_path / "model.onnx")
    assert caught.value.reason is FailureReason.UNSUPPORTED_EXPORT


class Several(nn.Module):
    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return image + 1, image + 2


def test_a_network_of_several_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed, match="several outputs"):
        export.write(Several(), 8, Format.ONNX, tmp_path / "model.onnx")


class Remembering(nn.Module):
    """As LeViT, which keeps its attention biases from its first call on."""

    def __init__(self) -> None:
        super().__init__()
        self.biases = nn.Parameter(torch.randn(2000, 8))  # too many to be gathered by the exporter
        self.kept: torch.Tensor | None = None

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if self.kept is None:
            self.kept = self.biases[torch.arange(8)]
        return image + self.kept


def test_what_a_network_remembers_of_a_call_is_not_exported(tmp_path: Path) -> None:
    export.write(Remembering(), 8, Format.ONNX, tmp_path / "model.onnx")
    held = onnx.load(tmp_path / "model.onnx").graph.initializer
    assert (2000, 8) in [tuple(tensor.dims) for tensor in held]


def test_a_full_disk_is_not_blamed_on_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter makes files of its own, and wraps what went wrong."""

    def refuse(*_: object, **__: object) -> None:
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/cache/triton")
        raise torch.onnx.errors.OnnxExporterError("Failed to export the model") from full

    monkeypatch.setattr(torch.onnx, "export", refuse)
    network = building.build(Workload("test_resnet", 1000, 160), calibrated=True)
    with pytest.raises(HostFault) as caught:
        export.write(network, 160, Format.ONNX, tmp_path / "model.onnx")
    assert caught.value.kind is FaultKind.NO_SPACE
    assert "/cache/triton" in caught.value.detail


def test_a_missing_library_is_not_blamed_on_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'onnxscript'")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    network = building.build(Workload("test_resnet", 1000, 160), calibrated=True)
    with pytest.raises(HostFault) as caught:
        export.write(network, 160, Format.ONNX, tmp_path / "model.onnx")
    assert caught.value.kind is FaultKind.NOT_IMPORTABLE


def test_safetensors_hold_the_weights_of_the_deployed_form(tmp_path: Path) -> None:
    network = building.build(Workload("test_byobnet", 1000, 160), calibrated=True)
    assert export.write(network, 160, Format.SAFETENSORS, tmp_path / "model.safetensors") is None
    held = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    assert (tmp_path / "model.safetensors").stat().st_size == pytest.approx(held, rel=0.02)
