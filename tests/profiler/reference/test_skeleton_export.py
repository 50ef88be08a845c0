"""Real networks exported as skeletons: a drawn file is, but for its numbers, the file that torch exports."""

from collections import Counter
from pathlib import Path

import onnx
import pytest
from onnx import ModelProto

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from profiler.artefacts import export
from profiler.artefacts.cache import Format
from profiler.failures import CaseFailed
from profiler.networks import building
from profiler.reference import skeleton_export
from profiler.reference.skeleton_export import export_skeleton
from profiler.skeletons import drawing, graphs

CLASSES, SIZE = 1000, 160


def shape_of(model: ModelProto) -> tuple[Counter[str], Counter[tuple[int, ...]]]:
    """The operators and the shapes of constants, each with how often it is there."""
    return Counter(node.op_type for node in model.graph.node), Counter(
        tuple(tensor.dims) for tensor in model.graph.initializer
    )


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_byobnet"])
def test_a_drawn_file_is_the_exported_one_but_for_its_numbers(name: str, tmp_path: Path) -> None:
    workload = Workload(name, CLASSES, SIZE)
    entry = export_skeleton(workload, "family", [])
    drawing.write(graphs.parse(entry.graph), tmp_path / "drawn.onnx")
    network = building.build(workload, calibrated=True)
    export.write(network, SIZE, Format.ONNX, tmp_path / "exported.onnx")
    drawn, exported = (onnx.load(str(tmp_path / file)) for file in ("drawn.onnx", "exported.onnx"))
    assert shape_of(drawn) == shape_of(exported)
    assert not exported.graph.value_info
    sizes = [(tmp_path / file).stat().st_size for file in ("drawn.onnx", "exported.onnx")]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-3)


def test_a_convolutional_network_serves_every_size_and_number_of_classes() -> None:
    skeleton = export_skeleton(Workload("test_resnet", CLASSES, SIZE), "resnet", [224]).skeleton
    assert skeleton.size_step == 1
    assert (224, 224) in skeleton.tried_sizes
    assert any(height != width for height, width in skeleton.tried_sizes)
    assert skeleton.deviation is not None
    assert skeleton.deviation < 1e-4
    assert skeleton.params == building.parameters(building.build(Workload("test_resnet", CLASSES, SIZE)))
    assert skeleton.activations is not None
    assert (skeleton.activations.denormal, skeleton.activations.not_finite) == (0, 0)


def test_a_network_whose_shapes_are_written_in_serves_its_own_size_alone() -> None:
    skeleton = export_skeleton(Workload("test_vit", CLASSES, SIZE), "vision_transformer", [224]).skeleton
    assert skeleton.size_step is None
    assert skeleton.tried_sizes == ()
    assert not skeleton.serves(Workload("test_vit", CLASSES, 224))


def test_a_network_without_values_is_exported_without_being_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SKETCHED_PARAMETERS", 1000)
    skeleton = export_skeleton(Workload("test_resnet", CLASSES, SIZE), "resnet", [224]).skeleton
    assert skeleton.deviation is None
    assert skeleton.size_step is None


def test_an_export_that_computes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "TOLERANCE", 0.0)
    with pytest.raises(CaseFailed) as caught:
        export_skeleton(Workload("test_resnet", CLASSES, SIZE), "resnet", [])
    assert caught.value.reason is FailureReason.EXPORT_MISMATCH


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory")])
def test_memory_that_runs_out_at_another_size_is_no_answer_about_the_network(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = skeleton_export._Comparison.deviation

    def deviation(self: skeleton_export._Comparison, height: int, width: int) -> float:
        if height != SIZE:
            raise error
        return real(self, height, width)

    monkeypatch.setattr(skeleton_export._Comparison, "deviation", deviation)
    with pytest.raises(type(error)):
        export_skeleton(Workload("test_resnet", CLASSES, SIZE), "resnet", [])
