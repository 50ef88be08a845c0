import errno
import os
import shutil
from pathlib import Path

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Precision, RuntimeName
from profiler.artefacts import verification
from profiler.artefacts.cache import FORMAT_OF, ArtefactCache, Format, artefact_precision
from profiler.faults import FaultKind, HostFault

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


def test_of_two_processes_that_make_the_same_artefact_the_first_one_s_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, others = shutil.rmtree, [ArtefactCache(tmp_path, 1e9)]

    def rmtree(folder: Path, ignore_errors: bool = False) -> None:
        remove(folder, ignore_errors=ignore_errors)
        if others:  # between the removal and the rename
            others.pop().make(WORKLOAD, Format.ONNX, write(b"first"))

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    made = ArtefactCache(tmp_path, 1e9).make(WORKLOAD, Format.ONNX, write(b"second"))
    assert made.path.read_bytes() == b"first"
    assert made.artefact.bytes == 5
    assert [folder.name for folder in made.path.parents[1].iterdir()] == [made.path.parent.name]


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


def test_a_file_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9)
    made = cache.make(WORKLOAD, Format.ONNX, write(b"graph"))
    made.path.write_bytes(b"gra")
    assert cache.find(WORKLOAD, Format.ONNX) is None
    assert cache.make(WORKLOAD, Format.ONNX, write(b"graph")) == made


@pytest.mark.parametrize(
    ("size", "parameters", "precision", "is_possible"),
    [
        (46_800_000, 11_690_000, Precision.FP32, True),  # resnet18
        (0, 11_690_000, Precision.FP32, False),
        (5_000, 11_690_000, Precision.FP32, False),
        (11_800_000, 11_690_000, Precision.FP32, False),  # somebody quantised it
        (900_000_000, 11_690_000, Precision.FP32, False),
        (11_800_000, 11_690_000, Precision.INT8, True),
        (40_000_000, 11_690_000, Precision.INT8, True),  # dynamically: convolutions stay in fp32
        (900_000, 11_690_000, Precision.INT8, False),
        (600_000, 1_000, Precision.FP32, True),  # a graph takes room too
    ],
)
def test_a_file_that_cannot_hold_the_parameters_is_refused_and_not_kept(
    size: int, parameters: int, precision: Precision, is_possible: bool, tmp_path: Path
) -> None:
    cache = ArtefactCache(tmp_path, 1e9)

    def make() -> None:
        def sized(path: Path) -> None:
            with path.open("wb") as file:
                file.truncate(size)

        cache.make(WORKLOAD, Format.ONNX, sized, precision, parameters)

    if is_possible:
        make()
    else:
        with pytest.raises(HostFault, match=f"{size:,} bytes") as caught:
            make()
        assert caught.value.kind is FaultKind.IMPOSSIBLE_FILE
        assert list(cache.folder.iterdir()) == []
    assert (cache.find(WORKLOAD, Format.ONNX, precision) is not None) is is_possible


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EMFILE])
def test_what_the_host_forbids_names_the_cache(number: int, tmp_path: Path) -> None:
    def fail(path: Path) -> float:
        raise OSError(number, os.strerror(number))

    with pytest.raises(HostFault) as caught:
        ArtefactCache(tmp_path, 1e9).make(WORKLOAD, Format.ONNX, fail)
    assert str(tmp_path) in caught.value.detail


def test_a_cache_that_can_only_be_read_is_of_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ArtefactCache(tmp_path, 1e9)
    made = cache.make(WORKLOAD, Format.ONNX, write(b"graph"))

    def refuse(path: Path, *_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(os, "utime", refuse)
    assert cache.find(WORKLOAD, Format.ONNX) == made


def test_pruning_leaves_alone_what_is_being_made(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 10)
    kept: list[bool] = []

    def write_while_pruned(path: Path) -> float:
        path.write_bytes(b"x" * 1000)
        cache.prune()
        kept.append(path.exists())
        return 0.0

    cache.make(WORKLOAD, Format.ONNX, write_while_pruned)
    assert kept == [True]


def test_pruning_drops_what_was_not_used_for_longest(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 2500)
    workloads = [Workload(name, 1000, 224) for name in ("first", "second", "third")]
    folders = [cache.make(workload, Format.ONNX, write(b"x" * 1000)).path.parent for workload in workloads]
    for age, folder in enumerate(folders):
        os.utime(folder, (1000 + age, 1000 + age))
    cache.prune()
    kept = [cache.find(workload, Format.ONNX) is not None for workload in workloads]
    assert kept == [False, True, True]


def test_every_runtime_has_a_format() -> None:
    assert set(FORMAT_OF) == set(RuntimeName)
