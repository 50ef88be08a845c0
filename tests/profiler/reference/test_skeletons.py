"""Building the archive of skeletons over fakes of the processes that export."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.entities.networks import Workload
from catalog.reference.tables.reading import ReferenceTables
from profiler.preparation import SkeletonJob
from profiler.reference import skeletons
from profiler.reference.skeletons import Built
from profiler.skeletons.archive import Archive, Entry
from profiler.skeletons.skeleton import Activations, Unexported
from tests.fakes.examining import FakeListener
from tests.profiler.skeletons.models import make_entry
from tests.reference_tables import write_part

# resnet18 has accuracies at 160, 224 and 288 px, vit_tiny_patch16_224 at 224 alone.
ARCHITECTURES = ("resnet18", "vit_tiny_patch16_224")


class Interrupted(Exception):
    pass


class FakeExporting:
    """Exports all but those in `unexportable`. Its graphs serve the sizes that `step` allows."""

    def __init__(self, step: int | None = 32) -> None:
        self.step = step
        self.unexportable: set[str] = set()
        self.denormal: set[str] = set()
        self.jobs: list[SkeletonJob] = []
        self.interrupted_after: int | None = None

    def export_skeletons(self, jobs: Sequence[SkeletonJob]) -> Iterator[Entry | Unexported]:
        for job in jobs:
            if self.interrupted_after is not None and len(self.jobs) >= self.interrupted_after:
                raise Interrupted
            self.jobs.append(job)
            if job.workload.architecture in self.unexportable:
                yield Unexported(job.workload, "unsupported_export: no such operator")
                continue
            entry = make_entry(job.workload.architecture, job.family, step=self.step)
            denormal = 3 if job.workload.architecture in self.denormal else 0
            activations = Activations(denormal, 0, 10.0, "add_1")
            skeleton = replace(entry.skeleton, workload=job.workload, activations=activations)
            yield Entry(skeleton, entry.graph)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.tables: ReferenceTables = write_part(folder / "tables", frozenset(ARCHITECTURES))
        self.journal, self.path = folder / "cache" / "journal.jsonl", folder / "skeletons.zip"
        self.exporting, self.listener = FakeExporting(), FakeListener()

    def build(self) -> Built:
        return skeletons.build(
            self.exporting, self.journal, self.tables, self.tables, self.path, self.listener
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_every_architecture_is_exported_at_its_native_size_and_tried_at_the_published_ones(
    bench: Bench,
) -> None:
    bench.build()
    assert [(job.workload, job.other_sizes) for job in bench.exporting.jobs] == [
        (Workload("vit_tiny_patch16_224", 1000, 224), ()),  # fewer parameters first
        (Workload("resnet18", 1000, 224), (160, 288)),
    ]
    assert {one.workload.architecture for one in Archive(bench.path).skeletons} == set(ARCHITECTURES)
    assert bench.listener.plans == [(2, 0)]


def test_sizes_that_the_native_graph_does_not_serve_are_exported_on_their_own(bench: Bench) -> None:
    bench.exporting.step = None
    bench.build()
    exported = [(job.workload.architecture, job.workload.input_size) for job in bench.exporting.jobs]
    assert exported[2:] == [("resnet18", 160), ("resnet18", 288)]
    found = Archive(bench.path)
    assert all(found.find(Workload("resnet18", 1000, size)) for size in (160, 224, 288))


def test_an_interrupted_build_goes_on_where_it_stopped(bench: Bench) -> None:
    bench.exporting.interrupted_after = 1
    with pytest.raises(Interrupted):
        bench.build()
    assert not bench.path.exists()
    with bench.journal.open("ab") as journal:
        journal.write(b'\n{"skeleton": {"workl')  # the line that a kill cut short
    bench.exporting = FakeExporting()
    bench.build()
    assert [job.workload.architecture for job in bench.exporting.jobs] == ["resnet18"]
    assert len(Archive(bench.path).skeletons) == 2
    assert bench.listener.plans[-1] == (2, 1)


def test_what_the_archive_holds_is_kept_and_not_exported_again(bench: Bench) -> None:
    bench.build()
    before = bench.path.read_bytes()
    bench.journal.unlink()
    bench.exporting = FakeExporting()
    bench.build()
    assert bench.exporting.jobs == []
    assert bench.path.read_bytes() == before


def test_what_cannot_be_exported_is_listed_and_tried_again_by_the_next_build(bench: Bench) -> None:
    bench.exporting.unexportable = {"resnet18"}
    built = bench.build()
    assert [one.reason for one in built.unexported] == ["unsupported_export: no such operator"]
    assert Archive(bench.path).unexported == built.unexported
    bench.exporting = FakeExporting()
    assert bench.build().unexported == ()
    assert [job.workload.architecture for job in bench.exporting.jobs] == ["resnet18"]


def test_what_computes_denormal_numbers_is_listed_and_not_exported_again(bench: Bench) -> None:
    bench.exporting.denormal = {"resnet18"}
    for _ in range(2):
        built = bench.build()
        assert [one.workload.architecture for one in built.skeletons] == ["vit_tiny_patch16_224"]
        (lost,) = built.unexported
        assert lost.reason == "With drawn weights, 3 of its numbers are denormal."
    assert len(bench.exporting.jobs) == len(ARCHITECTURES)


def test_what_takes_other_times_when_it_is_drawn_leaves_the_archive(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(bench.build().skeletons) == 2
    monkeypatch.setitem(skeletons._BY_VALUES, "resnet18", "Its time depends on its weights.")
    built = bench.build()
    assert [one.workload.architecture for one in built.skeletons] == ["vit_tiny_patch16_224"]
    assert [one.reason for one in built.unexported] == ["Its time depends on its weights."]
