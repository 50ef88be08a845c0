"""The process that draws, asked as a campaign asks it."""

import json
from dataclasses import asdict
from pathlib import Path

import onnx
import pytest

from catalog.entities.networks import Workload
from catalog.reference.tables import reading
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler import drawer
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.failures import CaseFailed
from profiler.skeletons import archive
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArtefactCache:
    archive.write(tmp_path / reading.SKELETONS, [make_entry(channels=64)], [])
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    return ArtefactCache(tmp_path, 1e9)


def request(tmp_path: Path, workload: Workload, precision: Precision) -> dict[str, object]:
    whole = {"workload": asdict(workload), "precision": precision, "cache": str(tmp_path)}
    return json.loads(json.dumps(whole))  # type: ignore[no-any-return]


@pytest.mark.parametrize("workload", [Workload("net", CLASSES, SIZE), Workload("net", 7, SIZE + 64)])
def test_an_artefact_is_drawn_once(workload: Workload, cache: ArtefactCache, tmp_path: Path) -> None:
    drawer.answer(request(tmp_path, workload, Precision.FP32))
    made = cache.find(workload, Format.ONNX)
    assert made is not None
    written = made.path.stat().st_mtime_ns
    drawer.answer(request(tmp_path, workload, Precision.FP32))
    assert made.path.stat().st_mtime_ns == written


def test_int8_is_quantised_from_the_drawn_file(cache: ArtefactCache, tmp_path: Path) -> None:
    workload = Workload("net", CLASSES, SIZE)
    drawer.answer(request(tmp_path, workload, Precision.INT8))
    drawn, quantised = (
        cache.find(workload, Format.ONNX, precision) for precision in (Precision.FP32, Precision.INT8)
    )
    assert drawn is not None
    assert quantised is not None
    assert quantised.artefact.bytes < drawn.artefact.bytes / 2
    assert "QuantizeLinear" in {node.op_type for node in onnx.load(str(quantised.path)).graph.node}


def test_a_workload_without_a_skeleton_is_a_failure(cache: ArtefactCache, tmp_path: Path) -> None:
    with pytest.raises(CaseFailed) as caught:
        drawer.answer(request(tmp_path, Workload("other", CLASSES, SIZE), Precision.FP32))
    assert caught.value.reason is FailureReason.UNSUPPORTED_INPUT_SIZE
