"""What the real runtimes say of the nodes of a small network."""

from pathlib import Path

import numpy as np
import pytest

from app.calibrating import choosing
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.words.vocabulary import Device, Precision, RuntimeName, Scenario
from profiler.protocol.network import Images
from profiler.runtimes.base import LoadRequest, import_node_profiler, why_no_nodes
from profiler.runtimes.nodes import timing
from profiler.runtimes.nodes.attributed import with_operators
from profiler.skeletons import calibration, drawing
from tests.profiler.skeletons.models import CLASSES, SIZE, make_network
from tests.reference_tables import WHOLE, in_place_of_shipped

RUNTIMES = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """The file of two convolutions and a classifier."""
    model = make_network()
    for number, node in enumerate(model.graph.node):
        node.name = f"node{number}"  # as the exporter names them
    calibration.calibrate(model)
    drawing.write(model, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def profile(artefact: Path, runtime: RuntimeName, batch: int = 1) -> NodeProfile:
    configuration = Configuration(runtime, precision=Precision.FP32, batch_size=batch, threads=1)
    request = LoadRequest(artefact, Workload("net", CLASSES, SIZE), configuration)
    images: Images = np.zeros((batch, 3, SIZE, SIZE), dtype=np.float32)
    return import_node_profiler(configuration).load_for_nodes(request, images)()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_node_has_its_operator_shapes_and_a_time_of_each_call(
    artefact: Path, runtime: RuntimeName
) -> None:
    found = profile(artefact, runtime)
    assert found.absent_reason is None
    assert len(found.calls_us) >= 3
    assert all(len(node.times_us) == len(found.calls_us) for node in found.nodes)
    convolutions = [node for node in found.nodes if node.operator in {"Conv", "Convolution"}]
    assert len(convolutions) == 2
    pads = "pads" if runtime is RuntimeName.ONNXRUNTIME else "pads_begin"
    assert {node.attributes[pads][:2] for node in convolutions} == {(1, 1)}
    assert all(node.outputs[0][-2:] == (SIZE, SIZE) for node in convolutions)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_times_of_the_nodes_lie_within_the_call(artefact: Path, runtime: RuntimeName) -> None:
    found = profile(artefact, runtime, batch=8)
    for call, taken in enumerate(found.calls_us):
        # Both runtimes round to whole microseconds, and OpenVINO rounds means of up to ten calls.
        assert 0 < sum(node.times_us[call] for node in found.nodes) <= taken + 10 * len(found.nodes)


def test_onnx_runtime_says_which_values_a_node_reads_and_writes(artefact: Path) -> None:
    found = profile(artefact, RuntimeName.ONNXRUNTIME)
    assert any("logits" in node.writes for node in found.nodes)
    assert any("image" in node.reads for node in found.nodes)


def test_openvino_says_which_nodes_of_the_file_a_node_was_made_of(artefact: Path) -> None:
    found = profile(artefact, RuntimeName.OPENVINO)
    assert all(node.variant for node in found.nodes)
    assert any(len(node.made_of) > 1 for node in found.nodes)  # a convolution with its activation


@pytest.fixture(scope="module")
def of_pytorch(tmp_path_factory: pytest.TempPathFactory) -> NodeProfile:
    """The functions of a network of convolutions with their normalisations, in PyTorch."""
    from safetensors.torch import save_model

    from profiler.networks import building

    workload = Workload("test_resnet", 1000, 160)
    configuration = Configuration(RuntimeName.PYTORCH, precision=Precision.FP32, batch_size=2, threads=1)
    artefact = tmp_path_factory.mktemp("pytorch") / "model.safetensors"
    save_model(building.build(workload, fused_attention=True), str(artefact))
    request = LoadRequest(artefact, workload, configuration)
    images: Images = np.zeros((2, 3, 160, 160), dtype=np.float32)
    profile = import_node_profiler(configuration).load_for_nodes(request, images)()
    with in_place_of_shipped(WHOLE):
        return with_operators(profile, request)


def test_each_function_of_pytorch_has_its_shapes_and_a_time_of_each_call(of_pytorch: NodeProfile) -> None:
    assert {"conv2d", "batch_norm", "relu_", "linear"} <= {node.operator for node in of_pytorch.nodes}
    first = of_pytorch.nodes[0]
    assert (first.operator, first.inputs[0], first.outputs[0][0]) == ("conv2d", (2, 3, 160, 160), 2)
    assert all(len(node.times_us) == len(of_pytorch.calls_us) for node in of_pytorch.nodes)


def test_the_functions_of_pytorch_take_what_a_call_takes_that_is_not_profiled(
    of_pytorch: NodeProfile,
) -> None:
    together = sum(timing.undisturbed(node.times_us) for node in of_pytorch.nodes)
    assert together == pytest.approx(timing.undisturbed(of_pytorch.calls_us), rel=0.05)


def test_all_operators_of_the_shipped_graph_have_a_part_of_the_time(of_pytorch: NodeProfile) -> None:
    operators = of_pytorch.operators
    assert operators is not None
    assert operators.matched == pytest.approx(1.0)
    assert min(operators.group) >= 0
    convolutions = [
        group for kind, group in zip(operators.kind, operators.group, strict=True) if kind == "Conv"
    ]
    called = [node for node in of_pytorch.nodes if node.operator == "conv2d"]
    assert len(set(convolutions)) == len(convolutions) == len(called)
    # A normalisation was folded into the convolution before it.
    names = {node.operator: node.made_of for node in of_pytorch.nodes[:2]}
    assert names["conv2d"] == names["batch_norm"] != ()


@pytest.mark.parametrize(
    ("configuration", "complaint"),
    [
        (Configuration(RuntimeName.PYTORCH, device=Device.CUDA, threads=1), "pytorch on cuda"),
        (Configuration(RuntimeName.PYTORCH, compiled=True, threads=1), "compiled"),
        (Configuration(RuntimeName.ONNXRUNTIME, device=Device.CUDA, threads=1), "onnxruntime on cuda"),
        (
            Configuration(RuntimeName.OPENVINO, threads=1, scenario=Scenario.CONCURRENT, clients=2),
            "single_stream",
        ),
        (Configuration(RuntimeName.OPENVINO, threads=1), None),
    ],
)
def test_why_nodes_are_not_profiled_is_said(configuration: Configuration, complaint: str | None) -> None:
    reason = why_no_nodes(configuration)
    assert (reason is None) if complaint is None else complaint in (reason or "")


def test_calibration_knows_where_nodes_are_profiled() -> None:
    every = [
        Configuration(runtime, device=device, compiled=compiled)
        for runtime in RuntimeName
        for device in Device
        for compiled in (False, True)
    ]
    assert [why_no_nodes(one) is None for one in every] == [choosing.times_nodes(one) for one in every]


class Calls:
    """Calls that take `seconds` each, on a clock of their own."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.made = seconds, 0.0, 0

    def __call__(self) -> None:
        self.made += 1
        self.now += self.seconds


@pytest.mark.parametrize(("seconds", "counted"), [(0.001, 8), (0.25, 4), (9.0, 3)])
def test_a_slow_network_is_called_less_often(seconds: float, counted: int) -> None:
    calls = Calls(seconds)
    times = timing.repeat(calls, clock=lambda: calls.now)
    assert times == pytest.approx([seconds * 1e6] * counted)
    assert calls.made == counted + timing.FIRST_CALLS


def test_the_time_of_a_call_follows_from_the_means_of_all_calls_so_far() -> None:
    taken = [9.0, 3.0, 5.0, 1.0]
    means = [sum(taken[: count + 1]) / (count + 1) for count in range(len(taken))]
    assert timing.from_running_means(means) == pytest.approx(taken)
