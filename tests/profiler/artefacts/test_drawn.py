"""Artefacts from skeletons: found, made and named in the cache without torch."""

from pathlib import Path

import numpy as np
import pytest

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.artefacts import drawn, verification
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.failures import CaseFailed
from profiler.skeletons import archive
from profiler.skeletons.archive import Archive
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry

WORKLOAD, UNKNOWN = Workload("net", CLASSES, SIZE), Workload("other", CLASSES, SIZE)


@pytest.fixture
def skeletons(tmp_path: Path) -> Archive:
    archive.write(tmp_path / "skeletons.zip", [make_entry()], [])
    return Archive(tmp_path / "skeletons.zip")


def test_a_drawn_artefact_is_kept_with_its_expected_output(skeletons: Archive, tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9, skeletons)
    made = cache.make(WORKLOAD, Format.ONNX, lambda path: drawn.write(skeletons, WORKLOAD, path))
    assert cache.find(WORKLOAD, Format.ONNX) == made
    assert made.artefact.deviation == 1e-6  # the skeleton's
    expectation = verification.load(made.path.parent)
    assert expectation.image.shape == (1, 3, SIZE, SIZE)
    assert expectation.output.shape == (1, CLASSES)
    assert np.isfinite(expectation.output).all()


def test_the_toolchain_says_that_weights_were_drawn(skeletons: Archive, tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9, skeletons)
    toolchain = cache.toolchain(WORKLOAD, Format.ONNX)
    assert "skeleton of exporter 1.0" in toolchain
    assert "weights drawn" in toolchain
    assert "value_info stripped" in toolchain
    assert "onnxruntime" in cache.toolchain(WORKLOAD, Format.ONNX, Precision.INT8)
    for other in (cache.toolchain(UNKNOWN, Format.ONNX), cache.toolchain(WORKLOAD, Format.SAFETENSORS)):
        assert "drawn" not in other
        assert "torch" in other


def test_what_is_drawn_is_an_onnx_file_that_a_skeleton_serves(skeletons: Archive, tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path, 1e9, skeletons)
    assert cache.is_drawn(WORKLOAD, Format.ONNX)
    assert not cache.is_drawn(WORKLOAD, Format.SAFETENSORS)
    assert not cache.is_drawn(UNKNOWN, Format.ONNX)


def test_a_workload_that_no_skeleton_serves_fails(skeletons: Archive, tmp_path: Path) -> None:
    with pytest.raises(CaseFailed) as caught:
        drawn.write(skeletons, UNKNOWN, tmp_path / "model.onnx")
    assert caught.value.reason is FailureReason.UNSUPPORTED_INPUT_SIZE


def test_the_macs_of_the_graph_choose_how_it_is_quantised(skeletons: Archive) -> None:
    assert drawn.macs(skeletons, WORKLOAD).keys() == {"conv", "linear"}
