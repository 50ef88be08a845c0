from pathlib import Path

import pytest

from catalog.entities.networks import Workload
from catalog.words.vocabulary import Form
from profiler.skeletons import archive, graphs
from profiler.skeletons.archive import Archive
from profiler.skeletons.skeleton import Unexported, size_step
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "skeletons.zip"


def test_what_was_written_is_read(path: Path) -> None:
    entries = [make_entry("alpha"), make_entry("beta", "others", step=None), make_entry("gamma", size=64)]
    lost = Unexported(Workload("delta", 1000, 224), "crashed: SIGSEGV")
    archive.write(path, entries, [lost])
    found = Archive(path)
    assert {one.workload.architecture: one for one in found.skeletons} == {
        entry.skeleton.workload.architecture: entry.skeleton for entry in entries
    }
    for entry in entries:
        assert found.bytes(entry.skeleton) == entry.graph
    assert found.unexported == (lost,)
    assert not list(path.parent.glob(".*"))


def test_the_same_skeletons_make_the_same_file(path: Path, tmp_path: Path) -> None:
    entries = [make_entry("alpha"), make_entry("beta")]
    archive.write(path, entries, [])
    archive.write(tmp_path / "other.zip", reversed(entries), [])
    assert path.read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_families_are_split_into_chunks_of_limited_size(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [make_entry(name) for name in "abcdefg"]
    monkeypatch.setattr(archive, "_CHUNK_BYTES", 3 * len(entries[0].graph))
    archive.write(path, entries, [])
    found = Archive(path)
    assert len({found._places[one.workload][0] for one in found.skeletons}) == 3
    assert [found.bytes(entry.skeleton) for entry in entries] == [entry.graph for entry in entries]


def test_without_a_file_there_are_no_skeletons(path: Path) -> None:
    found = Archive(path)
    assert found.skeletons == ()
    assert found.unexported == ()
    assert found.find(Workload("alpha", CLASSES, SIZE)) is None
    with pytest.raises(KeyError):
        found.graph(Workload("alpha", CLASSES, SIZE))


@pytest.mark.parametrize(
    ("step", "size", "served"),
    [
        (1, SIZE + 1, True),
        (32, SIZE + 64, True),
        (32, SIZE + 16, False),
        (None, SIZE, True),
        (None, 64, False),
    ],
)
def test_a_graph_serves_sizes_by_its_step(step: int | None, size: int, served: bool, path: Path) -> None:
    archive.write(path, [make_entry(step=step)], [])
    found = Archive(path)
    workload = Workload("net", CLASSES, size)
    assert (found.find(workload) is not None) is served
    if served:
        assert graphs.input_shape(found.graph(workload)) == (size, size)


def test_a_graph_serves_other_classes_but_no_other_form_or_channels_and_no_headless_network(
    path: Path,
) -> None:
    archive.write(path, [make_entry()], [])
    found = Archive(path)
    model = found.graph(Workload("net", 21, SIZE))
    assert {t.name: t.dims[0] for t in model.graph.initializer}["head.weight"] == 21
    assert found.find(Workload("net", 0, SIZE)) is None
    assert found.find(Workload("net", CLASSES, SIZE, Form.TRAINING)) is None
    assert found.find(Workload("net", CLASSES, SIZE, in_chans=4)) is None


def test_the_nearest_skeleton_serves(path: Path) -> None:
    archive.write(path, [make_entry(step=32), make_entry(step=None, size=96)], [])
    found = Archive(path)
    chosen = found.find(Workload("net", CLASSES, 96))
    assert chosen is not None
    assert chosen.workload.input_size == 96
    assert found.sizes("net") == (SIZE, 96)
    assert found.sizes("other") == ()


@pytest.mark.parametrize(
    ("served", "refused", "step"),
    [
        ([(288, 256), (257, 229)], [], 1),
        ([(288, 256)], [(257, 229)], 32),
        ([], [(288, 256)], None),
        ([(288, 288)], [], 64),
        ([(256, 256)], [(288, 256)], None),
        ([(224, 224)], [], None),
    ],
    ids=["all", "multiples of 32", "none", "one other", "contradiction", "its own alone"],
)
def test_the_step_explains_what_was_served_and_what_was_refused(
    served: list[tuple[int, int]], refused: list[tuple[int, int]], step: int | None
) -> None:
    assert size_step(224, served, refused) == step
