"""Making the tables that need timm, with a fake in the place of the processes that import it."""

from dataclasses import replace
from pathlib import Path

import pytest

from catalog.entities.networks import Accuracy, Stage
from catalog.reference.facts.timm_facts import TimmCheckpoint
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow
from catalog.reference.tables import writing
from catalog.reference.tables.reading import ReferenceTables
from catalog.words.vocabulary import Dataset
from profiler.faults import FaultKind, HostFault
from profiler.preparation import Examined
from profiler.reference.tables import build
from tests.fakes.examining import FakeExamining, FakeListener, make_examined

ARCHITECTURES = ("delta", "alpha", "charlie", "bravo")
NATIVE = (1000, 224)


def write_results(
    folder: Path, *accuracies: tuple[str, int], speeds: tuple[tuple[str, int], ...] = ()
) -> None:
    """Tables that name these checkpoints and models at these input sizes."""
    imagenet = SourceFile("results-imagenet.csv", "0" * 40)
    timed = SourceFile("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv", "1" * 40)
    writing.write_results(
        {
            imagenet: [
                Accuracy(name, Dataset.IMAGENET_VAL, size, 0.9, "bicubic", 80.0, 95.0, str(imagenet))
                for name, size in accuracies
            ]
        },
        {timed: [SpeedRow(name, size, 256, 1000.0, 256.0, 1.0) for name, size in speeds]},
        folder,
    )


class Bench:
    """A build over fakes: what was published stands in `published`, the tables go into `tables`."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "cache" / "journal.jsonl"
        self.tables = folder / "tables"
        self.published = folder / "published"
        self.examining = FakeExamining(ARCHITECTURES)
        self.listener = FakeListener()

    def build(self) -> list[Examined]:
        return build(
            self.examining, self.journal, ReferenceTables(self.published), self.tables, self.listener
        )

    def asked(self) -> dict[str, list[tuple[int, int]]]:
        """What the last build asked for."""
        return self.examining.asked[-1]

    def lines(self) -> list[bytes]:
        return self.journal.read_bytes().splitlines()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    write_results(made.published)
    return made


def test_every_architecture_is_examined_and_written_sorted_by_name(bench: Bench) -> None:
    found = bench.build()
    assert [one.architecture.name for one in found] == list(ARCHITECTURES)
    assert bench.listener.plans == [(4, 0)]
    assert bench.listener.names == list(reversed(ARCHITECTURES))  # as they ended
    written = ReferenceTables(bench.tables)
    assert written.architectures() == [make_examined(name).architecture for name in sorted(ARCHITECTURES)]
    assert written.checkpoints() == sorted(
        (one for name in ARCHITECTURES for one in make_examined(name).checkpoints), key=lambda one: one.name
    )
    workloads = [one for name in ARCHITECTURES for one in make_examined(name).workloads]
    assert written.workloads() == sorted(workloads, key=lambda one: one.workload.id)
    assert written.aliases() == {}


def test_the_same_findings_give_the_same_bytes_in_whatever_order_they_came(bench: Bench) -> None:
    bench.build()
    first = {path.name: path.read_bytes() for path in bench.tables.iterdir()}
    assert set(first) == {"architectures.csv", "checkpoints.csv", "workloads.csv", "aliases.csv"}
    bench.journal.unlink()
    bench.examining = FakeExamining(tuple(reversed(ARCHITECTURES)))
    bench.build()
    assert {path.name: path.read_bytes() for path in bench.tables.iterdir()} == first


def test_counts_are_made_at_every_size_that_was_published(bench: Bench) -> None:
    bench.examining.aliases = {"old_bravo": "bravo.v2", "older_alpha": "alpha"}
    write_results(
        bench.published,
        ("alpha.v1", 288), ("alpha.v2", 288), ("alpha.v1", 160), ("gone.v1", 224),
        speeds=(("bravo", 320), ("old_bravo", 256), ("older_alpha", 384), ("charlie", 224)),
    )  # fmt: skip
    bench.build()
    assert bench.asked() == {
        "alpha": [(1000, 160), (1000, 288), (1000, 384)],
        "bravo": [(1000, 256), (1000, 320)],
        "charlie": [(1000, 224)],
        "delta": [],
    }
    assert (bench.tables / "aliases.csv").read_text().splitlines() == [
        "old,new", "old_bravo,bravo.v2", "older_alpha,alpha",
    ]  # fmt: skip


@pytest.mark.parametrize("survived", [0, 1, 3])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_build_goes_on_where_it_stopped(
    bench: Bench, interruption: type[BaseException], survived: int
) -> None:
    bench.examining.interruption, bench.examining.survives = interruption(), survived
    with pytest.raises(interruption):
        bench.build()
    assert len(bench.lines()) == survived
    assert not bench.tables.exists()
    done = set(bench.listener.names)
    bench.examining.interruption = None
    bench.build()
    assert bench.listener.plans == [(4, 0), (4, survived)]
    assert set(bench.asked()) == set(ARCHITECTURES) - done
    assert len(bench.lines()) == 4
    assert (bench.tables / "architectures.csv").read_text().count("\n") == 5


def test_a_finished_build_is_written_again_without_asking(bench: Bench) -> None:
    first = bench.build()
    for path in bench.tables.iterdir():
        path.unlink()
    assert bench.build() == first
    assert bench.asked() == {}
    assert len(bench.lines()) == 4
    assert (bench.tables / "workloads.csv").stat().st_size > 0


@pytest.mark.parametrize("cut", [1, 40])
def test_the_line_that_a_kill_cut_short_is_examined_again(bench: Bench, cut: int) -> None:
    first = bench.build()
    bench.journal.write_bytes(bench.journal.read_bytes()[: -1 - cut])
    again = bench.build()
    assert again == first
    assert list(bench.asked()) == [ARCHITECTURES[0]]  # the last one that was written
    assert bench.listener.plans == [(4, 0), (4, 3)]


def test_what_is_examined_after_a_cut_line_is_kept(bench: Bench) -> None:
    bench.build()
    bench.journal.write_bytes(bench.journal.read_bytes()[:-40])
    bench.build()
    bench.build()
    assert bench.asked() == {}


@pytest.mark.parametrize("line", [b"", b"{}", b"null", b"\xff\xfe", b'{"architecture": 5}', b"[" * 1000])
def test_a_line_that_is_none_is_passed_over(bench: Bench, line: bytes) -> None:
    bench.build()
    bench.journal.write_bytes(line + b"\n" + bench.journal.read_bytes())
    bench.build()
    assert bench.asked() == {}


def test_a_journal_that_another_version_wrote_is_not_taken_for_this_one_s(bench: Bench) -> None:
    bench.build()
    bench.journal.write_bytes(bench.journal.read_bytes().replace(b'"native_size"', b'"native_sizes"'))
    bench.build()
    assert set(bench.asked()) == set(ARCHITECTURES)


def test_what_lacks_a_size_that_was_published_since_is_examined_again(bench: Bench) -> None:
    bench.build()
    write_results(bench.published, ("alpha.v1", 288), ("bravo.v1", NATIVE[1]))
    bench.build()
    assert bench.asked() == {"alpha": [(1000, 288)]}
    assert bench.listener.plans == [(4, 0), (4, 3)]
    assert "alpha,deployed,1000,288" in (bench.tables / "workloads.csv").read_text()
    bench.build()
    assert bench.asked() == {}


def test_what_failed_is_examined_again_and_its_failure_is_written(bench: Bench) -> None:
    bench.examining.failing = {"charlie": "crashed: SIGSEGV"}
    bench.build()
    (row,) = [
        line for line in (bench.tables / "architectures.csv").read_text().splitlines() if "charlie" in line
    ]
    assert row.startswith("charlie,fakes,v1,1000,224,")  # what timm's registry says is kept
    assert row.endswith(",crashed: SIGSEGV")
    bench.examining.failing = {}
    found = {one.architecture.name: one for one in bench.build()}
    assert list(bench.asked()) == ["charlie"]
    assert found["charlie"] == make_examined("charlie")
    assert "SIGSEGV" not in (bench.tables / "architectures.csv").read_text()
    bench.build()
    assert bench.asked() == {}


def test_no_tables_are_written_where_memory_lacked_and_the_next_build_asks_for_the_rest_alone(
    bench: Bench,
) -> None:
    bench.examining.interruption = HostFault(FaultKind.NO_MEMORY, "alpha: killed")
    bench.examining.survives = 3
    with pytest.raises(HostFault):
        bench.build()
    assert not bench.tables.exists()
    bench.examining.interruption = None
    bench.build()
    assert len(bench.asked()) == 1


def test_a_workload_that_could_not_be_counted_is_an_answer_and_not_asked_for_again(bench: Bench) -> None:
    examined = make_examined("alpha")
    uncountable = replace(examined.workloads[0], counts=None, count_failure="no formula for lstm")
    bench.examining.answers["alpha"] = replace(examined, workloads=(uncountable,))
    bench.build()
    assert "no formula for lstm" in (bench.tables / "workloads.csv").read_text()
    bench.build()
    assert bench.asked() == {}


def test_what_timm_no_longer_has_is_left_out(bench: Bench) -> None:
    bench.build()
    bench.examining.architectures = ARCHITECTURES[:2]
    assert [one.architecture.name for one in bench.build()] == list(ARCHITECTURES[:2])
    assert "charlie" not in (bench.tables / "architectures.csv").read_text()
    assert "charlie" not in (bench.tables / "workloads.csv").read_text()


def test_all_that_was_examined_survives_the_journal_and_the_tables(bench: Bench) -> None:
    examined = make_examined("alpha")
    rich = replace(
        examined,
        architecture=replace(
            examined.architecture,
            default_tag=None,
            fixed_input=None,
            reparameterised=True,
            stages=(Stage(4, 64), Stage(8, 128)),
        ),
        checkpoints=(
            TimmCheckpoint("alpha.v1", 1000, 224, "cc-by-nc-4.0", "timm/alpha.v1"),
            TimmCheckpoint("alpha.v2", 0, 384),
        ),
    )
    bench.examining.answers["alpha"] = rich
    first = bench.build()
    assert rich in first
    assert bench.build() == first
    written = ReferenceTables(bench.tables)
    assert rich.architecture in written.architectures()
    assert set(rich.checkpoints) <= set(written.checkpoints())
    assert {one.workload for one in rich.workloads} <= {one.workload for one in written.workloads()}
