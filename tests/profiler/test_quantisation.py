"""int8 artefacts of the smallest of timm's networks."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from catalog.entities import Configuration, Workload
from catalog.vocabulary import FailureReason, Precision, RuntimeName
from profiler import backbones, export, quantisation
from profiler.artefacts import Format
from profiler.errors import CaseFailed
from profiler.quantisation import is_transformer
from profiler.runtimes import onnx as onnx_runtime
from profiler.runtimes import openvino
from profiler.runtimes.base import LoadRequest

SIZE = 160


@pytest.fixture(scope="module", params=["test_resnet", "test_vit"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fp32 ONNX file of a convolutional network, then of a transformer."""
    path = tmp_path_factory.mktemp(request.param) / "model.onnx"
    network = backbones.build(Workload(request.param, 1000, SIZE), calibrated=True)
    export.write(network, SIZE, Format.ONNX, path)
    return path


@pytest.fixture(scope="module")
def quantised(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The int8 file, and how far it is said to part from torch."""
    path = tmp_path_factory.mktemp("int8") / "model.onnx"
    return path, quantisation.write_int8(exported, SIZE, path)


def is_vit(exported: Path) -> bool:
    return "test_vit" in str(exported)


def operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path).graph.node}


def test_a_network_becomes_a_smaller_file_of_integers_that_says_how_far_it_parts(
    exported: Path, quantised: tuple[Path, float]
) -> None:
    path, deviation = quantised
    assert path.stat().st_size < 0.4 * exported.stat().st_size
    with np.load(path.parent / "reference.npz") as reference:
        image, expected = reference["image"], reference["output"]
    (output,) = onnxruntime.InferenceSession(path).run(None, {"image": image})
    parted = np.abs(output - expected).max() / np.abs(expected).max()
    assert 1e-4 < deviation < 0.5
    assert deviation == pytest.approx(parted, rel=1e-3)
    dynamic = "DynamicQuantizeLinear" in operators(path)
    assert dynamic is is_vit(exported)
    assert ("QuantizeLinear" in operators(path)) is not dynamic


def request_of(path: Path, runtime: RuntimeName) -> LoadRequest:
    configuration = Configuration(runtime, Precision.INT8, batch_size=2)
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
    configuration = Configuration(RuntimeName.ONNXRUNTIME, precision)
    with pytest.raises(CaseFailed) as caught:
        onnx_runtime.load(LoadRequest(exported, Workload("either", 1000, SIZE), configuration))
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION
    assert "in fp32" in caught.value.detail


def test_a_file_whose_output_is_not_finite_is_refused(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = tmp_path / "fp32" / "model.onnx"
    poisoned.parent.mkdir()
    graph = onnx.load(exported)
    bias = next(one for one in graph.graph.initializer if list(one.dims) == [1000])
    bias.raw_data = np.full(1000, np.inf, np.float32).tobytes()
    onnx.save(graph, poisoned)
    with np.load(exported.parent / "reference.npz") as reference:
        np.savez(poisoned.parent / "reference.npz", **reference)
    # Its calibration would find no range either; a range that hides the matter is worse.
    monkeypatch.setattr(quantisation, "is_transformer", lambda _: True)
    with pytest.raises(CaseFailed) as caught:
        quantisation.write_int8(poisoned, SIZE, tmp_path / "model.onnx")
    assert caught.value.reason is FailureReason.NON_FINITE_OUTPUT


def test_what_the_quantiser_refuses_is_an_unsupported_precision(tmp_path: Path) -> None:
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(CaseFailed) as caught:
        quantisation.write_int8(broken, SIZE, tmp_path / "int8.onnx")
    assert caught.value.reason is FailureReason.UNSUPPORTED_PRECISION
    assert "onnxruntime.quantization" in caught.value.detail


def graph(*nodes: onnx.NodeProto, **weights: tuple[int, ...]) -> onnx.GraphProto:
    tensors = [
        helper.make_tensor(name, TensorProto.FLOAT, dims, np.zeros(int(np.prod(dims)), np.float32))
        for name, dims in weights.items()
    ]
    return helper.make_graph(nodes, "a_test", [], [], tensors)


CONVOLUTION = helper.make_node("Conv", ["image", "kernel"], ["map"])
LINEAR = helper.make_node("MatMul", ["map", "matrix"], ["tokens"])
ATTENTION = helper.make_node("MatMul", ["tokens", "tokens"], ["scores"])
SMALL, LARGE = (8, 3, 3, 3), (100, 100)


@pytest.mark.parametrize(
    ("found", "dynamic"),
    [
        (graph(CONVOLUTION, kernel=SMALL), False),
        (graph(CONVOLUTION, LINEAR, kernel=SMALL, matrix=LARGE), False),  # a large classifier, or an MLP
        (graph(CONVOLUTION, LINEAR, ATTENTION, kernel=SMALL, matrix=LARGE), True),
        (graph(CONVOLUTION, LINEAR, ATTENTION, kernel=(100, 100, 3, 3), matrix=LARGE), False),
    ],
    ids=["convolutions", "no attention", "transformer", "hybrid of mostly convolutions"],
)
def test_attention_and_weights_in_products_make_a_transformer(found: onnx.GraphProto, dynamic: bool) -> None:
    assert is_transformer(found) is dynamic
