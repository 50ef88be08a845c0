"""Exporting the graph of a network as a skeleton, and trying which other input sizes the graph serves."""

import gc
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

import onnx_ir
import onnxruntime
import torch
from onnx import ModelProto, TensorProto
from torch import nn

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from profiler.artefacts import export, verification
from profiler.failures import CaseFailed
from profiler.faults import raise_unless_of_network
from profiler.networks import building
from profiler.skeletons import calibration, graphs
from profiler.skeletons.archive import Entry
from profiler.skeletons.skeleton import Skeleton, size_step

_TOOLS = ("torch", "timm", "onnxscript")
# Raised when other values are kept: what was drawn before is then drawn anew, and measured anew.
_VERSION = 2
# Further sizes to try, in pixels below the native height and width: a rectangle of the steps that networks of
# five halvings take, and one of odd sizes.
_TRIED_STEPS = ((64, 32), (31, 5))


def export_skeleton(workload: Workload, family: str, other_sizes: Sequence[int]) -> Entry:
    """The skeleton of `workload`, tried at `other_sizes` (pixels) and at sizes of its own choice.

    Raises:
        CaseFailed: the network cannot be built or exported, or the export computes something else.
    """
    try:
        skeleton, model = _export(building.sketch(workload), workload, family, other_sizes)
    except _NotFinite:
        network = building.build(workload, calibrated=True)
        try:
            skeleton, model = _export(network, workload, family, other_sizes)
        except _NotFinite:
            raise CaseFailed(
                FailureReason.EXPORT_MISMATCH, "ONNX Runtime's output differs from torch's."
            ) from None
    gc.collect()  # what tracing left over holds the weights, of this network and of the one before
    activations = calibration.calibrate(model)
    if activations.not_finite:
        raise CaseFailed(
            FailureReason.NON_FINITE_OUTPUT,
            f"With drawn weights, {activations.not_finite} numbers are not finite.",
        )
    return Entry(replace(skeleton, activations=activations), model.SerializeToString())


class _NotFinite(Exception):
    """The output cannot be compared with that of a runtime."""


def _export(
    network: nn.Module, workload: Workload, family: str, other_sizes: Sequence[int]
) -> tuple[Skeleton, ModelProto]:
    size, params = workload.input_size, building.parameters(network)
    program = export.trace(network, torch.zeros(export.TRACED_BATCH, 3, size, size))
    model = _without_weights(program.model)
    toolchain = ", ".join((*(f"{tool} {version(tool)}" for tool in _TOOLS), f"export {_VERSION}"))
    skeleton = Skeleton(workload, family, toolchain, params, head=_head(network, model))
    if params > building.SKETCHED_PARAMETERS:
        return skeleton, model
    compared = _Comparison(network, program.model_proto)
    deviation = compared.deviation(size, size)
    if not deviation <= export.TOLERANCE:  # also when it is NaN
        raise _NotFinite
    if building.has_size_argument(workload.architecture):  # another size is then another network
        return replace(skeleton, deviation=deviation), model
    wanted = [(other, other) for other in other_sizes]
    wanted += [(size - height, size - width) for height, width in _TRIED_STEPS]
    served = {shape: compared.agrees(*shape) for shape in wanted}
    tried = tuple(shape for shape, agrees in served.items() if agrees)
    refused = [shape for shape, agrees in served.items() if not agrees]
    step = size_step(size, tried, refused)
    return replace(skeleton, deviation=deviation, size_step=step, tried_sizes=tried if step else ()), model


def _without_weights(model: onnx_ir.Model) -> ModelProto:
    """The graph without the values of its weights, which are never copied."""
    constants = dict(model.graph.initializers)
    model.graph.initializers.clear()
    try:
        hollow = onnx_ir.serde.serialize_model(model)
    finally:
        model.graph.initializers.update(constants)
    for name, constant in constants.items():
        value = constant.const_value
        if value is None:
            raise CaseFailed(FailureReason.UNSUPPORTED_EXPORT, f"The constant {name} has no value.")
        if graphs.is_kept(value.numpy()):
            tensor = onnx_ir.serde.serialize_tensor(value)
            tensor.name = name
        else:
            tensor = TensorProto(name=name, dims=value.shape.numpy(), data_type=value.dtype)
        hollow.graph.initializer.append(tensor)
    graphs.strip(hollow)
    return hollow


def _head(network: nn.Module, model: ModelProto) -> tuple[str, ...]:
    """The weights of the classifier, where the exporter left them as they are."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    weights = building.classifier(network)
    return tuple(weights) if all(shapes.get(name) == shape for name, shape in weights.items()) else ()


class _Comparison:
    """torch beside ONNX Runtime, which takes images of any size."""

    def __init__(self, network: nn.Module, model: ModelProto) -> None:
        graphs.strip(model)
        height, width = model.graph.input[0].type.tensor_type.shape.dim[2:]
        height.dim_param, width.dim_param = "height", "width"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._network = network
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def deviation(self, height: int, width: int) -> float:
        """How far ONNX Runtime's output is from torch's for one image. NaN where it is not finite, or zero
        throughout. The network was traced with two images: a batch that is written in shows here."""
        images = torch.randn(1, 3, height, width)
        with torch.inference_mode():
            expected = self._network(images)
        (output,) = self._session.run(None, {self._session.get_inputs()[0].name: images.numpy()})
        if output.shape != tuple(expected.shape):
            return float("inf")
        return verification.deviation(output, expected.numpy())

    def agrees(self, height: int, width: int) -> bool:
        """Whether both compute the same from one image of this size. False where either refuses the size.

        Raises:
            Exception: memory ran out, which says nothing of the network.
        """
        try:
            return self.deviation(height, width) <= export.TOLERANCE
        except Exception as error:  # noqa: BLE001 - networks and graphs refuse a size in many ways
            raise_unless_of_network(error)
            return False
