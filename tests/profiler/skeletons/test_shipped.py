"""Every skeleton that ships, against the reference tables that ship beside it."""

import random
from collections import Counter
from collections.abc import Collection, Iterator
from math import nan, prod
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from catalog.entities.networks import CountedWorkload, Counts, Workload
from catalog.reference.tables import operator_inventory
from catalog.reference.tables.reading import INVENTORY, SKELETONS, ReferenceTables
from catalog.words.vocabulary import Form
from profiler.skeletons import counting, drawing, graphs
from profiler.skeletons.archive import Archive
from profiler.skeletons.operators import operators_of
from profiler.skeletons.skeleton import Skeleton

# Not `shipped()`: tests put a smaller folder in its place.
FOLDER = Path(counting.__file__).parents[2] / "catalog" / "reference" / "data"
TABLES, ARCHIVE = ReferenceTables(FOLDER), Archive(FOLDER / SKELETONS)
# Torch has several names for the products of two matrices.
PRODUCTS = ("linear", "matmul", "bmm")
# The exporter computes their biases beforehand, from constants alone.
RELATIVE_POSITIONS = ("rmlp", "maxvit_", "relpos", "swinv2")
# Others compute positions, or the query of their last attention.
FROM_CONSTANTS = (*RELATIVE_POSITIONS, "edgenext", "xcit", "siglip", "_map", "vit_pe_core", "test_vit3")
LARGEST_ACTIVATION = 1e7  # far from the 3e38 of fp32 and bf16
SERVED = 0.97
DRAWN, LARGEST_DRAWN = 50, 15_000_000


@pytest.fixture(scope="module")
def counted() -> dict[Workload, CountedWorkload]:
    return {one.workload: one for one in TABLES.workloads() if one.workload.form is Form.DEPLOYED}


def some(skeletons: tuple[Skeleton, ...]) -> Iterator[Skeleton]:
    small = [one for one in skeletons if one.params < LARGEST_DRAWN]
    yield from random.Random(2026).sample(small, min(DRAWN, len(small)))


def test_nearly_every_architecture_has_a_skeleton_at_its_native_size() -> None:
    architectures = TABLES.architectures()
    served = [
        one.name
        for one in architectures
        if ARCHIVE.find(Workload(one.name, one.num_classes, one.native_size)) is not None
    ]
    assert len(served) >= SERVED * len(architectures)
    lost = {one.workload.architecture: one.reason for one in ARCHIVE.unexported}
    assert all(one.name in lost for one in architectures if one.name not in served)


def test_the_archive_is_small() -> None:
    assert ARCHIVE.path.stat().st_size <= 8_000_000


def of_catalog(counts: Counts | None) -> tuple[int, int]:
    """The MACs of convolutions and of products, as the catalog has them."""
    assert counts is not None
    expected = {name: round(gmacs * 1e9) for name, gmacs in counts.operators.items()}
    return expected.get("conv", 0), sum(expected.get(name, 0) for name in PRODUCTS)


def test_parameters_are_those_of_the_catalog(counted: dict[Workload, CountedWorkload]) -> None:
    for skeleton in ARCHIVE.skeletons:
        counts = counted[skeleton.workload].counts
        assert counts is not None
        assert skeleton.params == round(counts.params_m * 1e6), skeleton.workload.id


def test_macs_of_graphs_are_those_of_the_catalog(counted: dict[Workload, CountedWorkload]) -> None:
    """Of some graphs: to infer the shapes of all takes a minute. The inventory has all."""
    for skeleton in some(ARCHIVE.skeletons):
        found = counting.macs(graphs.parse(ARCHIVE.bytes(skeleton)))
        convolved, multiplied = of_catalog(counted[skeleton.workload].counts)
        linear = sum(found.get(name, 0) for name in PRODUCTS)
        assert found.get("conv", 0) == convolved, skeleton.workload.id
        if any(part in skeleton.workload.architecture for part in RELATIVE_POSITIONS):
            assert 0.98 * multiplied < linear <= multiplied, skeleton.workload.id
        else:
            assert linear == multiplied, skeleton.workload.id


def test_macs_of_the_inventory_are_those_of_the_catalog(counted: dict[Workload, CountedWorkload]) -> None:
    """But for what is computed from constants alone, which no runtime computes again."""
    inventory = operator_inventory.read(FOLDER / INVENTORY)
    macs = inventory.operators.number("macs")

    def each(kinds: Collection[str]) -> list[int]:
        of_operator = np.where(inventory.operators.kind.mask(lambda kind: kind in kinds), macs, 0)
        sums = np.bincount(inventory.network, of_operator[inventory.operator] * inventory.count)
        return [round(number) for number in sums]

    convolutions, products = each({"Conv", "ConvTranspose"}), each({"MatMul", "Gemm", "Einsum", "LSTM"})
    for workload, conv, linear in zip(inventory.workloads, convolutions, products, strict=True):
        convolved, multiplied = of_catalog(counted[workload].counts)
        if any(part in workload.architecture for part in FROM_CONSTANTS):
            assert 0.8 * convolved <= conv <= convolved, workload.id
            assert 0.8 * multiplied < linear <= multiplied, workload.id
        else:
            assert (conv, linear) == (convolved, multiplied), workload.id


def test_activations_of_drawn_weights_are_finite_and_not_denormal() -> None:
    for skeleton in ARCHIVE.skeletons:
        found = skeleton.activations
        assert found is not None
        assert found.not_finite == 0, skeleton.workload.id
        assert found.denormal == 0, skeleton.workload.id
        assert found.largest < LARGEST_ACTIVATION, skeleton.workload.id


def test_no_weight_is_a_number_that_runtimes_leave_out() -> None:
    """timm starts the scales of some activations at 1 and their biases at 0. Training leaves neither."""
    left_out = {"Mul": 1.0, "Div": 1.0, "Add": 0.0, "Sub": 0.0}
    for skeleton in ARCHIVE.skeletons:
        graph = graphs.parse(ARCHIVE.bytes(skeleton)).graph
        # The exporter's own constants have no dot in their names.
        single = {
            tensor.name: float(onnx.numpy_helper.to_array(tensor).item())
            for tensor in graph.initializer
            if "." in tensor.name and prod(tensor.dims) == 1 and not graphs.is_weight(tensor)
        }
        assert not [
            name
            for node in graph.node
            for name in node.input
            if single.get(name) == left_out.get(node.op_type, nan)
        ], skeleton.workload.id


def test_graphs_hold_nothing_that_no_runtime_computes_with() -> None:
    for skeleton in some(ARCHIVE.skeletons):
        model = graphs.parse(ARCHIVE.bytes(skeleton))
        assert not model.graph.value_info
        assert not any(node.doc_string or node.metadata_props for node in model.graph.node)


@pytest.mark.parametrize("skeleton", list(some(ARCHIVE.skeletons)), ids=lambda one: one.workload.id)
def test_a_drawn_skeleton_is_a_valid_file_that_runs(skeleton: Skeleton, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    drawing.write(ARCHIVE.graph(skeleton.workload), path)
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    size, classes = skeleton.workload.input_size, skeleton.workload.num_classes
    image = np.random.default_rng(1).standard_normal((2, 3, size, size), dtype=np.float32)
    (logits,) = session.run(None, {session.get_inputs()[0].name: image})
    assert logits.shape[0] == 2
    assert not classes or logits.shape[1] == classes
    assert np.isfinite(logits).all()


def test_the_inventory_holds_the_operators_of_every_skeleton() -> None:
    inventory = operator_inventory.read(FOLDER / INVENTORY)
    places = {workload: place for place, workload in enumerate(inventory.workloads)}
    without = operator_inventory.unlisted(FOLDER / INVENTORY)
    assert {one.workload for one in ARCHIVE.skeletons} - places.keys() == set()
    assert set(without) == {one.workload.id for one in ARCHIVE.unexported}
    for name in ("resnet18", "vit_tiny_patch16_224"):
        workload = next(one.workload for one in ARCHIVE.skeletons if one.workload.architecture == name)
        rows, count = inventory.of(places[workload])
        listed = inventory.operators.take(np.repeat(rows, count))
        assert Counter(listed.keys()) == Counter(operators_of(ARCHIVE.graph(workload)).operators.keys())
