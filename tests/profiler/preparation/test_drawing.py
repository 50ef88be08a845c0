"""Preparing without torch: files are drawn from skeletons."""

from dataclasses import asdict
from pathlib import Path

import pytest

from catalog.entities.networks import CountedWorkload, Workload
from catalog.reference.tables import reading
from catalog.reference.tables.reading import SKELETONS
from profiler.artefacts.cache import Format
from profiler.errors import TorchMissing
from profiler.preparation import Job, Preparation
from profiler.processes.serving import Json
from profiler.skeletons import archive
from tests.profiler.preparation.preparing import FakeProcess
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry


class Drawing:
    """A preparation beside a skeleton of `net`. `missing` are the packages that torch's extra lacks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]) -> None:
        archive.write(folder / SKELETONS, [make_entry()], [])
        monkeypatch.setattr(reading, "FOLDER", folder)
        self.requests: list[tuple[str, Json]] = []
        self.preparation = Preparation(folder, 1, self._start, lambda: missing)

    def _start(self, module: str) -> FakeProcess:
        def reply(request: Json) -> Json:
            self.requests.append((module, request))
            counted = asdict(CountedWorkload(Workload("net", CLASSES, SIZE), None, "no formula"))
            return {"counted": counted}

        return FakeProcess(reply)


DRAWN = Job(Workload("net", CLASSES, SIZE), Format.ONNX, count=True)


def test_what_a_skeleton_serves_is_drawn_and_counted_where_torch_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_torch = Drawing(tmp_path, monkeypatch, missing=())
    (prepared,) = with_torch.preparation.prepare([DRAWN])
    assert [module for module, _ in with_torch.requests] == ["profiler.drawer", "profiler.preparer"]
    assert prepared.counted is not None
    without = Drawing(tmp_path, monkeypatch, missing=("torch",))
    (prepared,) = without.preparation.prepare([DRAWN])
    assert [module for module, _ in without.requests] == ["profiler.drawer"]
    assert prepared.counted is None
    assert prepared.failure is None


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (Job(DRAWN.workload, Format.SAFETENSORS, count=False), "The runtime pytorch runs net"),
        (Job(Workload("net", 0, SIZE), Format.ONNX, count=False), "ships net for 32 px"),
        (Job(Workload("net", 10, SIZE, in_chans=4), Format.ONNX, count=False), "of 3 channels, not of 4"),
        (Job(Workload("other", 10, SIZE), Format.ONNX, count=False), "no graph of other"),
    ],
)
def test_what_needs_torch_is_refused_before_anything_is_prepared(
    job: Job, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Drawing(tmp_path, monkeypatch, missing=("torch", "timm"))
    without.preparation.check([DRAWN])
    with pytest.raises(TorchMissing, match=words) as caught:
        without.preparation.check([DRAWN, job])
    assert "torch, timm" in caught.value.message
    assert "archrank[profiler]" in (caught.value.remedy or "")
    Drawing(tmp_path, monkeypatch, missing=()).preparation.check([DRAWN, job])


def test_an_unknown_name_is_told_its_neighbours_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Drawing(tmp_path, monkeypatch, missing=("timm",))
    with pytest.raises(TorchMissing, match="archrank ships no nett") as caught:
        without.preparation.describe(["nett"])
    assert "net" in (caught.value.remedy or "")
    assert without.requests == []
