"""Turning a network into an artefact, and proving that the artefact computes what the network computes."""

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_model
from torch import nn

from catalog.words.doubts import FailureReason
from profiler.artefacts.cache import Format
from profiler.failures import CaseFailed

_INPUT, _OUTPUT = "image", "logits"
_TRACED_BATCH = 2
_VERIFIED_BATCHES = (1, 3)
# The largest error relative to the largest output; sound exports stay below 1e-4 in fp32.
_TOLERANCE = 1e-3
# A protobuf message ends at 2 GiB; larger weights go to a file beside the graph.
_PROTOBUF_BYTES = 1.9e9


def write(network: nn.Module, input_size: int, format_: Format, path: Path) -> float | None:
    """Write `network` to `path` with `reference.npz` beside it; returns the deviation from torch.

    Raises:
        CaseFailed: the network cannot be exported, or the export computes something else.
    """
    images = torch.randn(max(_VERIFIED_BATCHES), 3, input_size, input_size)
    with torch.inference_mode():
        outputs = network(images)
    if not isinstance(outputs, torch.Tensor):
        raise CaseFailed(FailureReason.UNSUPPORTED_EXPORT, "The network has several outputs.")
    np.savez(path.parent / "reference.npz", image=images[:1].numpy(), output=outputs[:1].numpy())
    if format_ is Format.SAFETENSORS:
        save_model(network, str(path))
        return None
    _export_onnx(network, images, path)
    return _verify(path, images.numpy(), outputs.numpy())


def _export_onnx(network: nn.Module, images: torch.Tensor, path: Path) -> None:
    weights = sum(parameter.numel() * parameter.element_size() for parameter in network.parameters())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                (images[:_TRACED_BATCH],),
                str(path),
                dynamo=True,
                input_names=[_INPUT],
                output_names=[_OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                external_data=weights > _PROTOBUF_BYTES,
                verbose=False,
            )
    except MemoryError:
        raise
    except Exception as error:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_EXPORT, f"torch.onnx.export: {_first_line(error)}"
        ) from error


def _verify(
    path: Path, images: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", expected: object
) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    reference = np.asarray(expected)
    deviation = 0.0
    for batch in _VERIFIED_BATCHES:
        (output,) = session.run([_OUTPUT], {_INPUT: images[:batch]})
        error = np.abs(output - reference[:batch]).max() / np.abs(reference).max()
        deviation = max(deviation, float(error))
        if not error <= _TOLERANCE:  # also when it is NaN
            raise CaseFailed(
                FailureReason.EXPORT_MISMATCH,
                f"At batch {batch}, the ONNX file's output differs from torch's by {error:.2g} of its range.",
            )
    return deviation


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
