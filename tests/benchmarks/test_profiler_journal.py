"""What a kill leaves of the journal, and what is still to do after it."""

import random
from pathlib import Path

import pytest

from catalog.words.vocabulary import RuntimeName
from tests.benchmarks.profiler.journal import Data, Export, Header, Journal, OtherJournal, Series, Taken
from tests.benchmarks.profiler.running import Step, steps, union
from tests.builders import make_sample

QUIET = Series("toynet", RuntimeName.ONNXRUNTIME)
BESIDE = Series("toynet", RuntimeName.ONNXRUNTIME, neighbour="spinner", duty=0.5, run=3)
HEADER = Header("code 1", "On a Sunday.", quick=False)


def taken(series: Series = QUIET, index: int = 0, began_s: float = 0.0) -> Taken:
    return Taken(series, index, began_s, 1.5, make_sample(10.0 + index))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "journal.jsonl"


def test_what_was_added_is_there_after_a_restart(path: Path) -> None:
    journal = Journal(path)
    journal.begin(HEADER)
    journal.add(taken())
    journal.add(Taken(BESIDE, 1, 5.0, 2.0, failure="crashed: exit code 1"))
    journal.add_export(Export("toynet", 7.5))
    again = Journal(path)
    assert again.taken == journal.taken
    assert again.exports == [Export("toynet", 7.5)]
    assert again.begin(HEADER) == HEADER
    assert again.done() == {(QUIET, 0), (BESIDE, 1)}


def test_a_line_that_a_kill_cut_short_is_dropped_and_the_next_one_is_not(path: Path) -> None:
    journal = Journal(path)
    journal.begin(HEADER)
    journal.add(taken(index=0))
    journal.add(taken(index=1))
    path.write_bytes(path.read_bytes()[:-40])
    cut = Journal(path)
    assert cut.done() == {(QUIET, 0)}
    cut.add(taken(index=2))
    assert Journal(path).done() == {(QUIET, 0), (QUIET, 2)}


@pytest.mark.parametrize("other", [Header("code 2", "", quick=False), Header("code 1", "", quick=True)])
def test_a_journal_of_other_code_or_another_extent_is_not_continued(path: Path, other: Header) -> None:
    Journal(path).begin(HEADER)
    with pytest.raises(OtherJournal, match="--fresh"):
        Journal(path).begin(other)


def test_a_continued_journal_keeps_the_sentence_that_it_began_with(path: Path) -> None:
    Journal(path).begin(HEADER)
    assert Journal(path).begin(Header("code 1", "On a Monday.", quick=False)) == HEADER


def test_samples_come_in_the_order_in_which_they_were_taken_and_runs_whole() -> None:
    every = [taken(BESIDE, index, began_s=10.0 - index) for index in range(5)]
    data = Data([*every, taken(), Taken(QUIET, 1, 1.0, 1.0, failure="crashed")])
    assert [one.wall_ns[0] for one in data.samples(BESIDE)] == [
        14_000_000,
        13_000_000,
        12_000_000,
        11_000_000,
        10_000_000,
    ]
    (run,) = data.runs(BESIDE)
    assert len(run) == 3
    assert len(data.samples(QUIET)) == 1
    assert len(data.failures) == 1


def test_experiments_share_what_they_both_measure() -> None:
    assert union([{QUIET: 40, BESIDE: 6}, {QUIET: 5}]) == {QUIET: 40, BESIDE: 6}


def test_the_steps_are_every_process_once_and_a_run_stays_together() -> None:
    found = steps({QUIET: 2, BESIDE: 6}, frozenset(), random.Random(1))
    assert sorted(found, key=lambda step: (step.series.run, step.indices)) == [
        Step(QUIET, (0,)),
        Step(QUIET, (1,)),
        Step(BESIDE, (0, 1, 2)),
        Step(BESIDE, (3, 4, 5)),
    ]


def test_after_a_kill_the_rest_comes_in_the_same_order_and_a_cut_run_is_completed() -> None:
    counts = {QUIET: 10, BESIDE: 9}
    whole = steps(counts, frozenset(), random.Random(1))
    done = frozenset({(QUIET, 3), (BESIDE, 0), (BESIDE, 3), (BESIDE, 4), (BESIDE, 5)})
    rest = steps(counts, done, random.Random(1))
    assert Step(BESIDE, (1, 2)) in rest
    assert len(rest) == len(whole) - 2
    assert [step.series for step in rest] == [
        step.series for step in whole if step not in (Step(QUIET, (3,)), Step(BESIDE, (3, 4, 5)))
    ]
