"""Turning an exported fp32 network into an int8 artefact with ONNX Runtime's own quantiser.

Weights become signed 8-bit integers with a scale for each output channel, activations unsigned ones: the pair
that ONNX Runtime has integer kernels for on x86, and OpenVINO too. Weights keep to 7 of the 8 bits
(`reduce_range`), because processors without VNNI add pairs of products in 16 bits, which overflow otherwise
(https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html). The same file is made on
every machine, so that its numbers can be compared.

Static quantisation fixes the ranges of activations from seeded random images, as no data set can be had.
Speed and size do not depend on them. Accuracy does: it must be evaluated, with a file calibrated on real
images.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from catalog.entities.networks import Counts
from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed

_SEED = 2026
_CALIBRATION_IMAGES = 8
_VERIFIED_BATCHES = (1, 3)
# As profiler.complexity names operators.
_ATTENTION = ("matmul", "bmm", "baddbmm")
_LINEAR = ("linear", "addmm", "mm")
_CONVOLUTIONS = ("conv",)
# Kernels of ONNX Runtime that multiply integers; a network without any would be int8 in name alone.
_INTEGER_KERNELS = {
    "ConvInteger",
    "DynamicQuantizeMatMul",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "QGemm",
    "QLinearConv",
    "QLinearMatMul",
}

Images = npt.NDArray[np.float32]


def write_int8(source: Path, input_size: int, path: Path, *, dynamic: bool) -> float:
    """Quantise the ONNX file `source` into `path`, with the `reference.npz` of the source beside it.

    `dynamic` finds the ranges of activations while the network runs, and leaves all but linear layers
    in fp32.

    Returns the largest error against torch's fp32 output, relative to the largest output. It may be large: it
    is recorded, and no reason to fail.

    Raises:
        CaseFailed: the quantiser refuses the network, leaves nothing to integers, or makes one whose output
            is not finite.
    """
    external = Path(f"{source}.data").exists()
    with tempfile.TemporaryDirectory(prefix="archrank-quantise-") as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        try:
            # ONNX's own inference of shapes is enough here; the symbolic one trips over some networks.
            quant_pre_process(
                str(source), str(prepared), skip_symbolic_shape=True, save_as_external_data=external
            )
            _forget_shapes(prepared)
            if dynamic:
                _quantise_linear(prepared, path, external=external)
            else:
                _quantise_all(prepared, path, _calibration(input_size), external=external)
        except MemoryError:
            raise
        except Exception as error:
            raise _unsupported(
                f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
            ) from error
        shutil.copy(source.parent / "reference.npz", path.parent)
        return _verify(path, Path(scratch) / "optimised.onnx")


def is_transformer(counts: Counts) -> bool:
    """Whether a network is quantised dynamically, as is advised for transformers.

    It has attention, which shows as products of two computed values, and more of its MACs lie in linear
    layers than in convolutions. All others are quantised statically, also hybrids of mostly convolutions:
    dynamic quantisation leaves convolutions in fp32.
    """
    attention, linear, convolutions = (
        sum(counts.operators.get(name, 0.0) for name in names)
        for names in (_ATTENTION, _LINEAR, _CONVOLUTIONS)
    )
    return attention > 0 and linear > convolutions


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands ONNX Runtime one batch after another."""

    def __init__(self, batches: Iterator[dict[str, Images]]) -> None:
        self._batches = batches

    def get_next(self) -> dict[str, Images] | None:
        return next(self._batches, None)


def _calibration(input_size: int) -> Iterator[dict[str, Images]]:
    generator = np.random.default_rng(_SEED)
    for _ in range(_CALIBRATION_IMAGES):
        yield {"image": generator.standard_normal((1, 3, input_size, input_size), dtype=np.float32)}


def _forget_shapes(path: Path) -> None:
    """The quantiser transposes weights and infers shapes anew, which those noted before contradict."""
    model = onnx.load(str(path), load_external_data=False)
    del model.graph.value_info[:]
    onnx.save(model, str(path))


def _quantise_linear(prepared: Path, path: Path, *, external: bool) -> None:
    quantize_dynamic(
        str(prepared),
        str(path),
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        use_external_data_format=external,
    )


def _quantise_all(
    prepared: Path, path: Path, calibration: Iterator[dict[str, Images]], *, external: bool
) -> None:
    quantize_static(
        str(prepared),
        str(path),
        _Calibration(calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        use_external_data_format=external,
    )


def _verify(path: Path, optimised: Path) -> float:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(optimised)
    options.log_severity_level = 3  # it warns that an optimised file is for this processor only
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    kernels = {node.op_type for node in onnx.load(str(optimised), load_external_data=False).graph.node}
    if not kernels & _INTEGER_KERNELS:
        raise _unsupported("no operator of this network computes with integers")
    with np.load(path.parent / "reference.npz") as reference:
        image, expected = reference["image"], reference["output"]
    deviation = 0.0
    for batch in _VERIFIED_BATCHES:
        (output,) = session.run(None, {"image": np.repeat(image, batch, axis=0)})
        if not np.isfinite(output).all():
            raise CaseFailed(
                FailureReason.NON_FINITE_OUTPUT, f"At batch {batch}, the int8 file's output is not finite."
            )
        deviation = max(deviation, float(np.abs(output - expected).max() / np.abs(expected).max()))
    return deviation


def _unsupported(cause: str) -> CaseFailed:
    return CaseFailed(FailureReason.UNSUPPORTED_PRECISION, f"onnxruntime.quantization: {cause}")
