"""OpenVINO on the CPU, reading the same ONNX file as ONNX Runtime does."""

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.failures import CaseFailed
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest

# OpenVINO lowers the precision by itself where the processor carries bf16, so it is always set.
# int8 stands in the file; its other operators are computed in fp32.
_HINTS = {Precision.FP32: "f32", Precision.BF16: "bf16", Precision.FP16: "f16", Precision.INT8: "f32"}
_CAPABILITIES = {
    Precision.FP32: "FP32",
    Precision.BF16: "BF16",
    Precision.FP16: "FP16",
    Precision.INT8: "INT8",
}
_PRODUCTS = {"Convolution", "FullyConnected", "MatMul"}
_INTEGERS = {"i8", "u8"}


class OpenVinoNetwork:
    """A compiled model with one infer request."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._request = compiled.create_infer_request()

    def prepare(self, images: Images) -> None:
        self._images = images  # the tensor shares their memory, and does not keep them
        self._request.set_input_tensor(openvino.Tensor(images, shared_memory=True))

    def infer(self) -> None:
        self._request.infer()

    def output(self) -> npt.NDArray[np.float32]:
        return np.array(self._request.get_output_tensor().data, dtype=np.float32)

    def client(self) -> "OpenVinoNetwork":
        """The compiled model is shared: each client has an infer request, and a stream to run it."""
        return OpenVinoNetwork(self._compiled)


def load(request: LoadRequest) -> OpenVinoNetwork:
    """A model compiled with the configuration's threads and precision, at a fixed batch: for latency, or for
    several clients with a stream of those threads for each, as far as there are CPUs for them."""
    configuration = request.configuration
    core = openvino.Core()
    capability = _CAPABILITIES.get(configuration.precision)
    carried = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if capability is None or capability not in carried:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            f"OpenVINO supports {', '.join(carried)} on this processor, not {configuration.precision}.",
        )
    model = core.read_model(str(request.artefact))
    size = request.workload.input_size
    model.reshape([configuration.batch_size, 3, size, size])
    properties: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": _HINTS[configuration.precision],
        "INFERENCE_NUM_THREADS": configuration.stated_threads * configuration.clients,  # of all streams
    }
    if configuration.clients > 1:
        properties |= {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": configuration.clients}
    compiled = core.compile_model(model, "CPU", properties)
    if configuration.precision is Precision.INT8 and not _multiplies_integers(compiled):
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            "OpenVINO computes this file in fp32: it has no integer kernels for dynamic quantisation.",
        )
    return OpenVinoNetwork(compiled)


def _multiplies_integers(compiled: Any) -> bool:
    """Whether any matrix product or convolution takes integers, as the plugin itself tells."""
    facts = (node.get_rt_info() for node in compiled.get_runtime_model().get_ops())
    return any(
        one["layerType"].astype(str) in _PRODUCTS and one["runtimePrecision"].astype(str) in _INTEGERS
        for one in facts
    )
