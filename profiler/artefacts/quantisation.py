"""Turning an exported fp32 network into an int8 artefact with ONNX Runtime's own quantiser.

Weights become signed 8-bit integers with a scale for each output channel. Activations become unsigned 8-bit
integers. ONNX Runtime has integer kernels for this pair on x86, and OpenVINO has too. Weights use 7 of the 8
bits (`reduce_range`), because processors without VNNI add pairs of products in 16 bits, which overflow
otherwise (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html). The same file is
made on every machine, so that its numbers can be compared.

Static quantisation fixes the ranges of activations from seeded random images, because no data set is at
hand. Speed and size do not depend on the ranges. Accuracy does, so it needs a file that was calibrated on
real images.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
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

from catalog.entities.networks import IMAGE_CHANNELS
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.artefacts import verification
from profiler.artefacts.verification import VERIFIED_BATCHES, Array
from profiler.failures import CaseFailed, first_line
from profiler.faults import raise_unless_of_network
from profiler.skeletons import graphs

_SEED = 2026
# Seeded noise: each image is like the next, so a few of them show the ranges.
_CALIBRATION_IMAGES = 8
# Operators by the names that `profiler.networks.complexity` and `profiler.skeletons.counting` give them.
_ATTENTION = ("matmul", "bmm", "baddbmm")
_LINEAR = ("linear", "addmm", "mm")
_CONVOLUTIONS = ("conv",)
# Kernels of ONNX Runtime that multiply integers. A network without any would be int8 in name alone.
_INTEGER_KERNELS = {
    "ConvInteger",
    "DynamicQuantizeMatMul",
    "MatMulInteger",
    "MatMulIntegerToFloat",
    "QGemm",
    "QLinearConv",
    "QLinearMatMul",
}


def write_int8(
    source: Path, input_size: int, path: Path, *, dynamic: bool, in_chans: int = IMAGE_CHANNELS
) -> float:
    """Quantise the ONNX file `source` into `path`, and copy its expected output beside it.

    With `dynamic`, the network finds the ranges of its activations while it runs, and all but its linear
    layers stay in fp32.

    Returns the artefact's deviation. It may be large, and is stored whatever it is.

    Raises:
        CaseFailed: the quantiser refuses the network, leaves nothing to integers, or makes one whose output
            is not finite.
    """
    external = Path(f"{source}.data").exists()
    with tempfile.TemporaryDirectory(prefix="archrank-quantise-") as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        try:
            # ONNX's own inference of shapes is enough here. The symbolic inference fails on some networks.
            quant_pre_process(
                str(source), str(prepared), skip_symbolic_shape=True, save_as_external_data=external
            )
            _forget_shapes(prepared)
            if dynamic:
                _quantise_linear(prepared, path, external=external)
            else:
                _quantise_all(
                    prepared, path, _calibration((1, in_chans, input_size, input_size)), external=external
                )
            _strip(path)
        except Exception as error:
            raise_unless_of_network(error)
            raise _unsupported(f"{type(error).__name__}: {first_line(error)}") from error
        verification.copy(source.parent, path.parent)
        return _verify(path, Path(scratch) / "optimised.onnx")


def is_transformer(macs: Mapping[str, float]) -> bool:
    """Whether a network with these MACs of each operator is quantised dynamically, as is advised for
    transformers.

    It has attention, which shows as products of two computed values, and more of its MACs lie in linear
    layers than in convolutions. All others are quantised statically, also hybrids of mostly convolutions:
    dynamic quantisation leaves convolutions in fp32.
    """
    attention, linear, convolutions = (
        sum(macs.get(name, 0.0) for name in names) for names in (_ATTENTION, _LINEAR, _CONVOLUTIONS)
    )
    return attention > 0 and linear > convolutions


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands ONNX Runtime one batch after another."""

    def __init__(self, batches: Iterator[dict[str, Array]]) -> None:
        self._batches = batches

    def get_next(self) -> dict[str, Array] | None:
        return next(self._batches, None)


def _calibration(shape: tuple[int, ...]) -> Iterator[dict[str, Array]]:
    generator = np.random.default_rng(_SEED)
    for _ in range(_CALIBRATION_IMAGES):
        yield {"image": generator.standard_normal(shape, dtype=np.float32)}


def _forget_shapes(path: Path) -> None:
    """The quantiser transposes weights and infers shapes anew, which those noted before contradict."""
    model = onnx.load(str(path), load_external_data=False)
    del model.graph.value_info[:]
    onnx.save(model, str(path))


def _strip(path: Path) -> None:
    """Shapes that the quantiser noted cost time in ONNX Runtime, as those of an exporter do."""
    model = onnx.load(str(path), load_external_data=False)
    graphs.strip(model)
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
    prepared: Path, path: Path, calibration: Iterator[dict[str, Array]], *, external: bool
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
    expectation = verification.load(path.parent)
    outputs = (
        session.run(None, {"image": np.repeat(expectation.image, batch, axis=0)})[0]
        for batch in VERIFIED_BATCHES
    )
    return max(verification.check(output, expectation.output, Precision.INT8) for output in outputs)


def _unsupported(cause: str) -> CaseFailed:
    return CaseFailed(FailureReason.UNSUPPORTED_PRECISION, f"onnxruntime.quantization: {cause}")
