import numpy as np
from onnx import helper

from catalog.inventory import IMAGE, NUMBERS, RESULT
from profiler.skeletons.operators import GraphOperators, operators_of
from tests.profiler.skeletons.models import CLASSES, SIZE, make_model, make_network


def _row(graph: GraphOperators, position: int) -> dict[str, int]:
    return dict(zip(NUMBERS, graph.operators.numbers[position].tolist(), strict=True))


def test_a_graph_has_its_operators_in_order_with_their_neighbours() -> None:
    graph = operators_of(make_network(channels=16, depth=2, classes=CLASSES))

    assert list(graph.operators.kind) == ["Conv", "Relu", "Conv", "Relu", "ReduceMean", "Gemm"]
    assert list(graph.operators.before) == [IMAGE, "Conv", "Relu", "Conv", "Relu", "ReduceMean"]
    assert list(graph.operators.after) == ["Relu", "Conv", "Relu", "ReduceMean", "Gemm", RESULT]
    assert [one.outputs for one in graph.located] == [
        (name,) for name in ("c0", "r0", "c1", "r1", "mean", "logits")
    ]


def test_a_convolution_is_described_by_its_shapes() -> None:
    graph = operators_of(make_network(channels=16, depth=2))

    assert _row(graph, 2) == {
        "macs": 16 * 16 * 9 * SIZE * SIZE,
        "read": 16 * SIZE * SIZE,
        "weights": 16 * 16 * 9 + 16,
        "written": 16 * SIZE * SIZE,
        "rows": SIZE * SIZE,
        "inner": 16,
        "outer": 16,
        "batch": 1,
        "groups": 1,
        "kernel_height": 3,
        "kernel_width": 3,
        "stride": 1,
        "dilation": 1,
        "uses": 1,
        "variant": 2,
    }


def test_products_of_computed_values_are_a_batch_of_matrices() -> None:
    nodes = [
        helper.make_node("MatMul", ["image", "image"], ["attention"]),
        helper.make_node("Softmax", ["attention"], ["shares"]),
        helper.make_node("MatMul", ["shares", "weight"], ["linear"]),
        helper.make_node("ReduceMean", ["linear", "axes"], ["logits"], keepdims=0),
    ]
    model = make_model(nodes, {"weight": (SIZE, CLASSES)}, {"axes": np.array([1, 2])})
    graph = operators_of(model)
    attention, softmax, linear = (_row(graph, position) for position in range(3))

    assert [attention[name] for name in ("rows", "inner", "outer", "batch")] == [SIZE, SIZE, SIZE, 3]
    assert [linear[name] for name in ("rows", "inner", "outer", "batch")] == [3 * SIZE, SIZE, CLASSES, 1]
    assert softmax["variant"] == 1, "the last dimension is the default"


def test_what_only_reshapes_or_follows_from_constants_is_no_operator() -> None:
    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Gather", ["shape", "first"], ["batch"]),
        helper.make_node("Concat", ["batch", "rest"], ["target"], axis=0),
        helper.make_node("Sqrt", ["head"], ["root"]),
        helper.make_node("Reshape", ["image", "target"], ["flat"]),
        helper.make_node("MatMul", ["flat", "root"], ["logits"]),
    ]
    constants = {"first": np.array([0]), "rest": np.array([-1])}
    graph = operators_of(make_model(nodes, {"head": (3 * SIZE * SIZE, CLASSES)}, constants))

    assert list(graph.operators.kind) == ["MatMul"]
    assert list(graph.operators.before) == [IMAGE]
    assert graph.views == {"flat": "image"}
    assert _row(graph, 0)["weights"] == 3 * SIZE * SIZE * CLASSES


def test_transpositions_that_keep_the_last_dimension_are_told_from_those_that_move_it() -> None:
    nodes = [
        helper.make_node("Transpose", ["image"], ["kept"], perm=[0, 2, 1, 3]),
        helper.make_node("Transpose", ["kept"], ["moved"], perm=[0, 1, 3, 2]),
        helper.make_node("ReduceMean", ["moved", "axes"], ["logits"], keepdims=0),
    ]
    graph = operators_of(make_model(nodes, {}, {"axes": np.array([1, 2])}))

    assert [_row(graph, position)["variant"] for position in range(2)] == [0, 1]
