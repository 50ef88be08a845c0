"""Exporting a network to an artefact, and comparing the artefact's output with the expected output."""

import warnings
from pathlib import Path

import onnx
import onnxruntime
import torch
from safetensors.torch import save_model
from torch import nn

from catalog.entities.networks import IMAGE_CHANNELS
from catalog.words.doubts import FailureReason
from profiler.artefacts import verification
from profiler.artefacts.cache import Format
from profiler.artefacts.verification import VERIFIED_BATCHES, Array
from profiler.failures import CaseFailed, first_line
from profiler.faults import raise_unless_of_network
from profiler.skeletons import graphs
from profiler.skeletons.drawing import PROTOBUF_BYTES

_INPUT, _OUTPUT = "image", "logits"
# torch.export takes a traced batch of 1 for a constant, and 2 for any batch.
TRACED_BATCH = 2
# The largest deviation of a right export. Both compute in fp32: right ones stay below 1e-4, as the tests ask,
# and weights that are wrong by 5 % exceed 1e-3, as another test shows.
TOLERANCE = 1e-3


def write(
    network: nn.Module, input_size: int, format_: Format, path: Path, in_chans: int = IMAGE_CHANNELS
) -> float | None:
    """Write `network` to `path`, and the expected output beside it.

    Returns the artefact's deviation. It is None where the artefact holds weights alone, which torch computes
    with.

    Raises:
        CaseFailed: the network cannot be exported, or the export computes something else.
    """
    images = torch.randn(max(VERIFIED_BATCHES), in_chans, input_size, input_size)
    # Before the first call: what a network remembers of one would become constants of the file.
    if format_ is Format.ONNX:
        _export_onnx(network, images, path)
    with torch.inference_mode():
        outputs = network(images)
    if not isinstance(outputs, torch.Tensor):
        raise CaseFailed(FailureReason.UNSUPPORTED_EXPORT, "The network has several outputs.")
    verification.store(path.parent, images[:1].numpy(), outputs[:1].numpy())
    if format_ is Format.SAFETENSORS:
        save_model(network, str(path))
        return None
    return _verify(path, images.numpy(), outputs.numpy())


def require_whole_image(
    network: nn.Module, input_size: int, architecture: str, in_chans: int = IMAGE_CHANNELS
) -> None:
    """Refuse an input size of which the network leaves pixels out.

    Raises:
        CaseFailed: it does.
    """

    def compute(images: Array) -> Array:
        with torch.inference_mode():
            output: Array = network(torch.from_numpy(images)).numpy()
        return output

    image = torch.randn(1, in_chans, input_size, input_size).numpy()
    verification.require_whole_image(compute, image, architecture)


def trace(network: nn.Module, images: torch.Tensor) -> torch.onnx.ONNXProgram:
    """The graph of `network` for any batch of images of this size, with its weights.

    Raises:
        CaseFailed: the network cannot be exported.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (images,),
                dynamo=True,
                input_names=[_INPUT],
                output_names=[_OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                verbose=False,
            )
    except Exception as error:
        raise_unless_of_network(error)
        raise CaseFailed(
            FailureReason.UNSUPPORTED_EXPORT, f"torch.onnx.export: {first_line(_root_cause(error))}"
        ) from error
    if program is None:
        raise CaseFailed(FailureReason.UNSUPPORTED_EXPORT, "torch.onnx.export returned nothing.")
    return program


def _root_cause(error: BaseException) -> BaseException:
    """The exporter wraps what went wrong into errors that say what to do about it."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _export_onnx(network: nn.Module, images: torch.Tensor, path: Path) -> None:
    weights = sum(parameter.numel() * parameter.element_size() for parameter in network.parameters())
    program = trace(network, images[:TRACED_BATCH])
    program.save(str(path), external_data=weights > PROTOBUF_BYTES)
    model = onnx.load(str(path), load_external_data=False)
    graphs.strip(model)
    onnx.save(model, str(path))


def _verify(path: Path, images: Array, expected: Array) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch in VERIFIED_BATCHES:
        (output,) = session.run([_OUTPUT], {_INPUT: images[:batch]})
        deviation = verification.deviation(output, expected[:batch])
        if not deviation <= TOLERANCE:  # also when it is NaN
            raise CaseFailed(
                FailureReason.EXPORT_MISMATCH,
                f"At batch {batch}, the ONNX file differs from torch by {deviation:.2g} of its range.",
            )
        largest = max(largest, deviation)
    return largest
