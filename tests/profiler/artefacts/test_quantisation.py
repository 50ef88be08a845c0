"""int8 artefacts of the smallest of timm's networks."""

import errno
import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision, RuntimeName
from profiler.artefacts import export, quantisation, verification
from profiler.artefacts.cache import Format
from profiler.artefacts.quantisation import is_transformer
from profiler.failures import CaseFailed
from profiler.faults import HostFault
from profiler.networks import building, complexity
from profiler.runtimes import onnx as onnx_runtime
from profiler.runtimes import openvino
from profiler.runtimes.base import LoadRequest

SIZE = 160


@pytest.fixture(scope="module", params=["test_resnet", "test_vit"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fp32 ONNX file of a convolutional network, then of a transformer."""
    path = tmp_path_factory.mktemp(request.param) / "model.onnx"
    network = building.build(Workload(request.param, 1000, SIZE), calibrated=True)
    export.write(network, SIZE, Format.ONNX, path)
    return path


@pytest.fixture(scope="module")
def quantised(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The int8 file, and its deviation."""
    path = tmp_path_factory.mktemp("int8") / "model.onnx"
    return path, quantisation.write_int8(exported, SIZE, path, dynamic=is_vit(exported))


def is_vit(exported: Path) -> bool:
    return "test_vit" in str(exported)


def operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path).graph.node}


def test_a_network_becomes_a_smaller_file_of_integers_with_its_deviation(
    exported: Path, quantised: tuple[Path, float]
) -> None:
    path, deviation = quantised
    assert path.stat().st_size < 0.45 * exported.stat().st_size
    expectation = verification.load(path.parent)
    (output,) = onnxruntime.InferenceSession(path).run(None, {"image": expectation.image})
    assert 1e-4 < deviation < 0.5
    assert deviation == pytest.approx(verification.deviation(output, expectation.output), rel=1e-3)
    dynamic = "DynamicQuantizeLinear" in operators(path)
    assert dynamic is is_vit(exported)
    assert ("QuantizeLinear" in operators(path)) is not dynamic


def request_of(path: Path, runtime: RuntimeName) -> LoadRequest:
    configuration = Configuration(runtime, precision=Precision.INT8, batch_size=2)
    return LoadRequest(path, Workload("either", 1000, SIZE), configuration)


def test_onnx_runtime_takes_it_at_any_batch(quantised: tuple[Path, float]) -> None:
    network = onnx_runtime.load(request_of(quantised[0], RuntimeName.ONNXRUNTIME))
    network.prepare(np.zeros((2, 3, SIZE, SIZE), np.float32))
    network.infer()
    assert network.output().shape == (2, 1000)


def test_openvino_multiplies_its_integers_or_refuses_it(
    exported: Path, quantised: tuple[Path, float]
) -> None:
    request = request_of(quantised[0], RuntimeName.OPENVINO)
    if is_vit(exported):  # ranges are found while it runs: OpenVINO would compute in fp32
        with pytest.raises(CaseFailed) as caught:
            openvino.load(request)
        assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION
    else:
        network = openvino.load(request)
        network.prepare(np.zeros((2, 3, SIZE, SIZE), np.float32))
        network.infer()
        assert network.output().shape == (2, 1000)


@pytest.mark.parametrize("precision", [Precision.FP16, Precision.BF16, Precision.AMP_BF16])
def test_onnx_runtime_refuses_what_it_would_compute_in_fp32(exported: Path, precision: Precision) -> None:
    configuration = Configuration(RuntimeName.ONNXRUNTIME, precision=precision)
    with pytest.raises(CaseFailed) as caught:
        onnx_runtime.load(LoadRequest(exported, Workload("either", 1000, SIZE), configuration))
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION
    assert "in fp32" in caught.value.detail


def test_a_file_whose_output_is_not_finite_is_refused(exported: Path, tmp_path: Path) -> None:
    poisoned = tmp_path / "fp32" / "model.onnx"
    poisoned.parent.mkdir()
    graph = onnx.load(exported)
    bias = next(tensor for tensor in graph.graph.initializer if list(tensor.dims) == [1000])
    bias.raw_data = np.full(1000, np.inf, np.float32).tobytes()
    onnx.save(graph, poisoned)
    verification.copy(exported.parent, poisoned.parent)
    with pytest.raises(CaseFailed) as caught:
        quantisation.write_int8(poisoned, SIZE, tmp_path / "model.onnx", dynamic=True)
    assert caught.value.reason is FailureReason.NON_FINITE_OUTPUT


def test_weights_beside_the_graph_stay_beside_it(exported: Path, tmp_path: Path) -> None:
    source, path = tmp_path / "fp32" / "model.onnx", tmp_path / "int8" / "model.onnx"
    source.parent.mkdir()
    path.parent.mkdir()
    onnx.save(onnx.load(exported), source, save_as_external_data=True, location="model.onnx.data")
    verification.copy(exported.parent, source.parent)
    quantisation.write_int8(source, SIZE, path, dynamic=is_vit(exported))
    names = {file.name for file in path.parent.iterdir()}
    assert names == {"model.onnx", "model.onnx.data", verification.FILE_NAME}
    assert sum(file.stat().st_size for file in path.parent.glob("model.onnx*")) < exported.stat().st_size


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), HostFault),
        (RuntimeError("[ONNXRuntimeError] : 1 : FAIL : system error number 28"), HostFault),
        (RuntimeError("Failed to allocate memory for requested buffer of size 4096"), RuntimeError),
        (RuntimeError("no such operator"), CaseFailed),
    ],
)
def test_what_the_host_lacks_is_not_blamed_on_the_quantiser(
    error: Exception,
    expected: type[Exception],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(quantisation, "quant_pre_process", refuse)
    with pytest.raises(expected) as caught:
        quantisation.write_int8(exported, SIZE, tmp_path / "model.onnx", dynamic=False)
    assert type(caught.value) is expected


def test_what_the_quantiser_refuses_is_an_unsupported_precision(tmp_path: Path) -> None:
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(CaseFailed) as caught:
        quantisation.write_int8(broken, SIZE, tmp_path / "int8.onnx", dynamic=False)
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION
    assert "onnxruntime.quantization" in caught.value.detail


@pytest.mark.parametrize(
    ("operators", "dynamic"),
    [
        ({"conv": 4.0, "linear": 0.1}, False),
        ({"conv": 0.1, "linear": 4.0}, False),
        ({"conv": 0.1, "linear": 4.0, "matmul": 0.2}, True),
        ({"conv": 3.0, "linear": 0.1, "matmul": 0.2}, False),
    ],
    ids=["convolutions", "no attention", "transformer", "hybrid of mostly convolutions"],
)
def test_attention_and_mostly_linear_layers_make_a_transformer(
    operators: dict[str, float], dynamic: bool
) -> None:
    assert is_transformer(operators) is dynamic


@pytest.mark.parametrize(("name", "dynamic"), [("test_resnet", False), ("test_vit", True)])
def test_real_networks_are_told_apart(name: str, dynamic: bool) -> None:
    counts = complexity.count(building.outline(Workload(name, 1000, SIZE)), SIZE)
    assert is_transformer(counts.operators) is dynamic
