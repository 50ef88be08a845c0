"""ONNX Runtime on an NVIDIA GPU, through its CUDA execution provider.

Input and output are bound on the GPU, so that copies between it and the host are not timed. TF32 is off,
which the provider uses by default, so that fp32 means fp32. ONNX Runtime places nodes that compute shapes on
the host.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.failures import CaseFailed
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, no_second_client, refuse_other_scenarios
from profiler.runtimes.onnx import session_options

PROVIDER = "CUDAExecutionProvider"
_DEVICE, _INDEX = "cuda", 0


class BoundNetwork:
    """An inference session with one input and one output, both on the GPU. `ort` is the module onnxruntime,
    or a fake."""

    def __init__(self, session: Any, ort: Any) -> None:
        self._session = session
        self._ort = ort
        self._binding = session.io_binding()
        self._binding.bind_output(session.get_outputs()[0].name, _DEVICE, _INDEX)

    def prepare(self, images: Images) -> None:
        value = self._ort.OrtValue.ortvalue_from_numpy(images, _DEVICE, _INDEX)
        self._binding.bind_ortvalue_input(self._session.get_inputs()[0].name, value)
        self._binding.synchronize_inputs()

    def infer(self) -> None:
        self._session.run_with_iobinding(self._binding)
        self._binding.synchronize_outputs()

    def output(self) -> npt.NDArray[np.float32]:
        return np.asarray(self._binding.copy_outputs_to_cpu()[0], dtype=np.float32)

    def client(self) -> "BoundNetwork":
        raise no_second_client()


def load(request: LoadRequest, ort: Any = onnxruntime) -> BoundNetwork:
    """A session that computes on the GPU. ONNX Runtime would fall back to the processor, which is refused.

    Raises:
        CaseFailed: ONNX Runtime has no CUDA provider, the provider did not start, or the precision or
            scenario is not measured on it.
    """
    configuration = request.configuration
    refuse_other_scenarios(configuration)
    if configuration.precision is not Precision.FP32:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_PRECISION,
            f"ONNX Runtime's CUDA provider is measured in fp32 only, not in {configuration.precision}.",
        )
    if PROVIDER not in ort.get_available_providers():
        raise CaseFailed(
            FailureReason.UNSUPPORTED_DEVICE, f"onnxruntime {ort.__version__} has no {PROVIDER}."
        )
    ort.preload_dlls()  # CUDA and cuDNN from NVIDIA's wheels, where they are not on the loader's path
    session = ort.InferenceSession(
        str(request.artefact),
        session_options(configuration, ort),
        providers=[(PROVIDER, {"device_id": str(_INDEX), "use_tf32": "0"})],
    )
    used = session.get_providers()
    if used[0] != PROVIDER:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_DEVICE,
            f"{PROVIDER} did not start, and ONNX Runtime used {used[0]} instead.",
        )
    return BoundNetwork(session, ort)
