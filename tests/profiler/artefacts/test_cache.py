from pathlib import Path

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Precision, RuntimeName
from profiler.artefacts import verification
from profiler.artefacts.cache import FORMAT_OF, ArtefactCache, Format, artefact_precision

WORKLOAD = Workload("resnet18", 1000, 224)


def write(content: bytes) -> "Writer":
    return Writer(content)


class Writer:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.calls = 0

    def __call__(self, path: Path) -> float:
        self.calls += 1
        path.write_bytes(self.content)
        return 1e-6


def test_an_artefact_is_found_again_with_its_size_and_hash(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9)
    assert cache.find(WORKLOAD, Format.ONNX) is None
    made = cache.make(WORKLOAD, Format.ONNX, write(b"graph"))
    cached = ArtefactCache(tmp_path, 1e9).find(WORKLOAD, Format.ONNX)
    assert cached == made
    assert cached.artefact.bytes == 5
    assert cached.artefact.deviation == 1e-6
    assert cached.path.read_bytes() == b"graph"


def test_external_weights_count_towards_the_size_and_the_expected_output_does_not(tmp_path: Path) -> None:
    def write_two(path: Path) -> float:
        path.write_bytes(b"graph")
        Path(f"{path}.data").write_bytes(b"weights")
        (path.parent / verification.FILE_NAME).write_bytes(b"x" * 100)
        return 0.0

    assert ArtefactCache(tmp_path, 1e9).make(WORKLOAD, Format.ONNX, write_two).artefact.bytes == 12


def test_formats_and_workloads_do_not_mix(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9)
    cache.make(WORKLOAD, Format.ONNX, write(b"graph"))
    assert cache.find(WORKLOAD, Format.SAFETENSORS) is None
    assert cache.find(Workload("resnet18", 1000, 256), Format.ONNX) is None


def test_precisions_do_not_mix_and_the_quantiser_is_among_the_tools(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9)
    exported = cache.make(WORKLOAD, Format.ONNX, write(b"graph"))
    assert cache.find(WORKLOAD, Format.ONNX, Precision.INT8) is None
    quantised = cache.make(WORKLOAD, Format.ONNX, write(b"int8"), Precision.INT8)
    assert cache.find(WORKLOAD, Format.ONNX) == exported
    assert cache.find(WORKLOAD, Format.ONNX, Precision.INT8) == quantised
    assert (exported.artefact.precision, exported.artefact.bytes) == (Precision.FP32, 5)
    assert (quantised.artefact.precision, quantised.artefact.bytes) == (Precision.INT8, 4)
    assert "onnxruntime" in quantised.artefact.toolchain
    assert "onnxruntime" not in exported.artefact.toolchain


@pytest.mark.parametrize(
    ("runtime", "precision", "expected"),
    [
        (RuntimeName.ONNXRUNTIME, Precision.INT8, Precision.INT8),
        (RuntimeName.OPENVINO, Precision.INT8, Precision.INT8),
        (RuntimeName.PYTORCH, Precision.INT8, Precision.FP32),  # which refuses it
        (RuntimeName.PYTORCH, Precision.BF16, Precision.FP32),
        (RuntimeName.OPENVINO, Precision.FP16, Precision.FP32),
        (RuntimeName.ONNXRUNTIME, Precision.FP32, Precision.FP32),
    ],
)
def test_only_int8_is_made_beforehand(
    runtime: RuntimeName, precision: Precision, expected: Precision
) -> None:
    assert artefact_precision(Configuration(runtime, precision=precision)) is expected


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(path: Path) -> float:
        path.write_bytes(b"half")
        raise RuntimeError("no such operator")

    cache = ArtefactCache(tmp_path, 1e9)
    with pytest.raises(RuntimeError, match="no such operator"):
        cache.make(WORKLOAD, Format.ONNX, fail)
    assert cache.find(WORKLOAD, Format.ONNX) is None
    assert list((tmp_path / "artefacts").iterdir()) == []


def test_a_damaged_artefact_is_made_anew(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9)
    made = cache.make(WORKLOAD, Format.ONNX, write(b"graph"))
    (made.path.parent / "artefact.json").write_text("{")
    assert cache.find(WORKLOAD, Format.ONNX) is None
    assert cache.make(WORKLOAD, Format.ONNX, write(b"graph")) == made


def test_pruning_drops_what_was_not_used_for_longest(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 2500)
    workloads = [Workload(name, 1000, 224) for name in ("first", "second", "third")]
    folders = [cache.make(workload, Format.ONNX, write(b"x" * 1000)).path.parent for workload in workloads]
    import os

    for age, folder in enumerate(folders):
        os.utime(folder, (1000 + age, 1000 + age))
    cache.prune()
    kept = [cache.find(workload, Format.ONNX) is not None for workload in workloads]
    assert kept == [False, True, True]


def test_every_runtime_has_a_format() -> None:
    assert set(FORMAT_OF) == set(RuntimeName)
