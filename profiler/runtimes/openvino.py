"""OpenVINO on the CPU. It reads the same ONNX file as ONNX Runtime."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.failures import CaseFailed
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest

# The hint is always set, because OpenVINO computes in bf16 by default where the processor can.
# The file says which operators of an int8 network take integers. The others are computed in fp32.
_HINTS = {Precision.FP32: "f32", Precision.BF16: "bf16", Precision.FP16: "f16", Precision.INT8: "f32"}
_CAPABILITIES = {
    Precision.FP32: "FP32",
    Precision.BF16: "BF16",
    Precision.FP16: "FP16",
    Precision.INT8: "INT8",
}
_PRODUCTS = {"Convolution", "FullyConnected", "MatMul"}
_INTEGERS = {"i8", "u8"}


def _without_telemetry() -> Any:
    """OpenVINO itself. Importing it would write a user's id into the home folder, and a thread would send an
    event beside the samples. No variable prevents that, but without its package for telemetry it does
    neither."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    return import_module("openvino")


openvino = _without_telemetry()


class OpenVinoNetwork:
    """A compiled model with one infer request."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._request = compiled.create_infer_request()

    def prepare(self, images: Images) -> None:
        self._images = images  # the tensor shares their memory, and does not keep it alive
        self._request.set_input_tensor(openvino.Tensor(images, shared_memory=True))

    def infer(self) -> None:
        self._request.infer()

    def output(self) -> npt.NDArray[np.float32]:
        return np.array(self._request.get_output_tensor().data, dtype=np.float32)

    def counters(self) -> list[Any]:
        """What each node of the last call took. The model must be compiled with PERF_COUNT."""
        return list(self._request.get_profiling_info())

    def client(self) -> "OpenVinoNetwork":
        """The clients share the compiled model. Each has an infer request, and a stream to run it."""
        return OpenVinoNetwork(self._compiled)


def load(request: LoadRequest) -> OpenVinoNetwork:
    """A model compiled with the configuration's threads and precision, for its batch size.

    For one client it is compiled for latency. For several it has a stream for each client, each with the
    configuration's threads, as far as there are CPUs for them.

    Raises:
        CaseFailed: OpenVINO does not compute in this precision on this processor, or not with this file.
    """
    core = openvino.Core()
    compiled = compile_network(core, read_network(core, request), request.configuration)
    return OpenVinoNetwork(compiled)


def read_network(core: Any, request: LoadRequest) -> Any:
    """The model in the artefact, for the configuration's batch size.

    Raises:
        CaseFailed: OpenVINO does not compute in the configuration's precision on this processor.
    """
    configuration = request.configuration
    capability = _CAPABILITIES.get(configuration.precision)
    supported = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if capability is None or capability not in supported:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            f"OpenVINO supports {', '.join(supported)} on this processor, not {configuration.precision}.",
        )
    model = core.read_model(str(request.artefact))
    model.reshape([configuration.batch_size, *request.workload.image_shape])
    return model


def compile_network(
    core: Any, model: Any, configuration: Configuration, more: Mapping[str, str] | None = None
) -> Any:
    """The model compiled with the configuration's threads and precision, and with `more` properties.

    Raises:
        CaseFailed: OpenVINO has no integer kernels for this int8 file.
    """
    properties: dict[str, Any] = {
        **(more or {}),
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": _HINTS[configuration.precision],
        "INFERENCE_NUM_THREADS": configuration.cpus,  # of all streams
    }
    if configuration.clients > 1:
        properties |= {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": configuration.clients}
    compiled = core.compile_model(model, "CPU", properties)
    if configuration.precision is Precision.INT8 and not _multiplies_integers(compiled):
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            "OpenVINO has no integer kernels for dynamic quantisation, and would compute this file in fp32.",
        )
    return compiled


def _multiplies_integers(compiled: Any) -> bool:
    """Whether a matrix product or convolution takes integers, according to the compiled model."""
    layers = (node.get_rt_info() for node in compiled.get_runtime_model().get_ops())
    return any(
        layer["layerType"].astype(str) in _PRODUCTS and layer["runtimePrecision"].astype(str) in _INTEGERS
        for layer in layers
    )
