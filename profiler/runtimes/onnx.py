"""ONNX Runtime on the CPU."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.failures import CaseFailed
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest

_WHY_NOT = "ONNX Runtime's CPU provider would compute {} in fp32, with casts around most operators."


class OnnxNetwork:
    """An inference session with one input and one output."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._outputs = [session.get_outputs()[0].name]
        self._feed: dict[str, Images] = {}
        self._result: list[npt.NDArray[np.float32]] = []

    def prepare(self, images: Images) -> None:
        self._feed = {self._input: images}

    def infer(self) -> None:
        self._result = self._session.run(self._outputs, self._feed)

    def output(self) -> npt.NDArray[np.float32]:
        return self._result[0]

    def client(self) -> "OnnxNetwork":
        """The clients share the session. Each computes on its own thread, and on the session's pool, which
        has one thread less than the configuration."""
        return OnnxNetwork(self._session)


def load(request: LoadRequest) -> OnnxNetwork:
    """A session with the configuration's threads.

    Raises:
        CaseFailed: ONNX Runtime would compute another precision than the configuration's.
    """
    configuration = request.configuration
    if configuration.precision not in {Precision.FP32, Precision.INT8}:
        # See microsoft/onnxruntime#11831 and #16778. A number would be that of fp32 and its casts.
        raise CaseFailed(FailureReason.UNSUPPORTED_PRECISION, _WHY_NOT.format(configuration.precision))
    options = session_options(configuration)
    session = onnxruntime.InferenceSession(str(request.artefact), options, providers=["CPUExecutionProvider"])
    return OnnxNetwork(session)


def session_options(configuration: Configuration, ort: Any = onnxruntime) -> Any:
    """The options of a session with the configuration's threads and arena. `ort` is the module onnxruntime,
    or a fake. ONNX Runtime heeds neither OMP_NUM_THREADS nor cgroup limits."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = configuration.stated_threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = configuration.arena is not False
    return options
