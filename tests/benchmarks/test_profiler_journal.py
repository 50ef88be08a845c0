"""What a kill leaves of the journal, and what the analysis makes of it."""

import lzma
from dataclasses import replace
from math import exp, log
from pathlib import Path

import pytest

from catalog.words.vocabulary import RuntimeName
from tests.benchmarks.profiler.data import Data, Run, differ, holds, windows
from tests.benchmarks.profiler.extent import FULL, SET, Series, of_architectures
from tests.benchmarks.profiler.journal import Header, Journal, Taken, UnusableJournal
from tests.benchmarks.profiler_simulated import SMALL, Met, data, taken, usual
from tests.builders import QUIET_NS, make_sample

QUIET = Series("toynet", RuntimeName.ONNXRUNTIME)
HEADER = Header("code 1", "On a Sunday", "On a Sunday, here.", quick=False)


def visit(number: int = 0, phase: str = "set 1", **fields: float) -> Taken:
    return Taken(QUIET, phase, 0, float(number), 0.2, sample=make_sample(10.0 + number, **fields))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "journal.jsonl"


def test_what_was_added_is_there_after_a_restart(path: Path) -> None:
    journal = Journal(path)
    journal.begin(HEADER)
    journal.add(visit())
    journal.add(Taken(QUIET, "planted", 1, 5.0, 2.0, failure="crashed: exit code 1"))
    again = Journal(path)
    assert again.taken == journal.taken
    assert again.begin(HEADER) == HEADER
    assert again.of_phase("planted") == journal.taken[1:]


def test_a_line_that_a_kill_cut_short_is_dropped_and_the_next_one_is_not(path: Path) -> None:
    journal = Journal(path)
    journal.begin(HEADER)
    journal.add(visit(0))
    journal.add(visit(1))
    path.write_bytes(path.read_bytes()[:-40])
    cut = Journal(path)
    assert cut.taken == [visit(0)]
    cut.add(visit(2))
    assert Journal(path).taken == [visit(0), visit(2)]


def test_a_compressed_journal_is_read(path: Path) -> None:
    journal = Journal(path)
    journal.begin(HEADER)
    journal.add(visit())
    compressed = path.with_suffix(".jsonl.xz")
    compressed.write_bytes(lzma.compress(path.read_bytes()))
    assert Journal(compressed).taken == [visit()]
    assert Journal(compressed).header == HEADER


@pytest.mark.parametrize("other", [replace(HEADER, measured_by="code 2"), replace(HEADER, quick=True)])
def test_a_journal_of_other_code_or_another_extent_is_not_continued(path: Path, other: Header) -> None:
    Journal(path).begin(HEADER)
    with pytest.raises(UnusableJournal, match="--fresh"):
        Journal(path).begin(other)


def test_a_continued_journal_keeps_the_sentence_that_it_began_with(path: Path) -> None:
    Journal(path).begin(HEADER)
    assert Journal(path).begin(replace(HEADER, begun="On a Monday")) == HEADER


def test_the_quiet_level_of_earlier_phases_is_known_in_later_ones() -> None:
    found = Data([visit(0, "set 1"), visit(1, "set 2", slowdown=1.2)])
    levels = [one.sample.quiet_ns for one in found.taken if one.sample]
    assert levels == [pytest.approx(QUIET_NS), pytest.approx(QUIET_NS)]


def test_another_run_teaches_its_quiet_level() -> None:
    earlier = Data([visit(0)])
    alone, taught = (Data([visit(1, slowdown=1.2)], known) for known in (None, earlier))
    assert alone.sets(QUIET)["set 1"].moments[0].above == pytest.approx(0)
    assert taught.sets(QUIET)["set 1"].moments[0].above == pytest.approx(log(1.2))


def test_failed_visits_are_set_aside() -> None:
    found = Data([visit(), Taken(QUIET, "set 1", 1, 1.0, 1.0, failure="crashed")])
    assert len(found.taken) == len(found.failures) == 1


def test_runs_overlap_by_half_and_stay_within_their_set() -> None:
    found = data(SMALL, names=["same"])
    runs = found.runs(SMALL.same[0], 20)
    assert [run.phase for run in runs] == [f"{SET} {number}" for number in (1, 2, 3) for _ in range(5)]
    assert runs[0].taken[10:] == runs[1].taken[:10]
    assert all(len(run.samples) == 3 for run in runs)
    assert len(found.others(SMALL.same[0], f"{SET} 2").taken) == 120


def test_windows_without_overlap_share_no_block() -> None:
    run = Run(QUIET, tuple(visit(number) for number in range(10)))
    first, second, third = windows(run, 3, 3)
    assert (first.taken, second.taken, third.taken) == (run.taken[:3], run.taken[3:6], run.taken[6:9])


def runs_of(*latencies_ms: float) -> list[Run]:
    def truth(series: Series, phase: str, beside: str) -> Met:
        met = usual(series, phase, beside)
        return replace(met, latency_ms=latencies_ms[int(phase[-1]) - 1])

    return list(data(SMALL, truth, ["same"]).sets(SMALL.same[0]).values())


def test_runs_five_percent_apart_differ_and_equal_ones_do_not() -> None:
    one, same, slower = (run.latency for run in runs_of(10.0, 10.0, 10.5))
    assert not differ(one, same)
    assert differ(one, slower)
    assert differ(slower, one)


def test_an_interval_holds_what_lies_within_it_and_wider_what_is_uncertain() -> None:
    one, near, far = (run.latency for run in runs_of(10.0, 10.05, 10.3))
    assert holds(one, near)
    assert not holds(one, far)
    just_outside = replace(one, value=one.value + 1.1 * one.up)
    assert not holds(one, just_outside)
    assert holds(one, just_outside, widened=True)


def test_a_number_is_the_profilers_own() -> None:
    (run, *_) = runs_of(10.0, 10.0, 10.0)
    assert exp(run.latency.value) / 1e6 == pytest.approx(10.0, rel=0.01)
    assert run.flags == frozenset()
    assert run.visit_s == pytest.approx(0.2)


def test_a_slow_down_is_planted_in_one_of_the_sets_only() -> None:
    slower = [{one for one in phase.series if one.variant} for phase in FULL.phases(["power"])]
    assert not set.intersection(*slower)
    assert len(set.union(*slower)) == sum(map(len, slower)) == 2 * len(FULL.slower)


def test_a_part_of_the_experiments_takes_its_part_of_the_time() -> None:
    assert [phase.name for phase in FULL.phases(["planted"])] == ["planted"]
    every = FULL.phases(["same", "power", "neighbours", "referee", "cost", "planted"])
    assert sum(phase.seconds for phase in every) == pytest.approx(60 * FULL.minutes)


def test_other_networks_take_the_place_of_all() -> None:
    phases = of_architectures(FULL, ["test_resnet"]).phases(["same", "neighbours", "referee", "planted"])
    assert {one.architecture for phase in phases for one in phase.series} == {"test_resnet"}


def test_a_simulated_run_has_every_series() -> None:
    found = {one.series for one in taken()}
    assert {f"lasting:{ms / 1000:g}" for ms in SMALL.durations_ms} < {one.variant for one in found}


def test_an_ended_phase_is_remembered(path: Path) -> None:
    Journal(path).end("set 1")
    assert Journal(path).ended == ["set 1"]


def test_an_empty_journal_has_no_report(path: Path) -> None:
    with pytest.raises(UnusableJournal, match="nothing"):
        Journal(path).known_header()
