"""The phases of a run, on a machine that takes no real time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from profiler.artefacts.cache import CachedArtefact
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.plan import SamplingPlan
from tests.benchmarks.profiler.extent import ONNXRUNTIME, Phase, Series
from tests.benchmarks.profiler.journal import Journal
from tests.benchmarks.profiler.running import PhaseRun, SeriesCase
from tests.benchmarks.profiler.variants import VARIABLE
from tests.builders import make_artefact, make_workload
from tests.fakes.campaign import FakeMachine, FakeProcess

USUAL = Series("toynet", ONNXRUNTIME)
SLOWER, ONCE = USUAL.as_variant("slower:0.1"), USUAL.as_variant("once")
PLAN = replace(SamplingPlan(), processes=3, max_processes=3, blocks_each=4)
PHASE = Phase("set 1", 100.0, (USUAL, SLOWER), PLAN, fresh=(ONCE, ONCE))


@dataclass
class Bench:
    """A phase on a fake machine, its journal, and what it was asked for."""

    path: Path
    machine: FakeMachine = field(default_factory=FakeMachine)
    modules: list[tuple[str, str]] = field(default_factory=list)
    neighbours: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self, phase: Phase) -> Journal:
        """Run the phase. The journal is what one finds on the disk afterwards."""
        every = {*phase.series, *phase.fresh}
        ready = {one: (self._case(one), CachedArtefact(make_artefact(), Path("model.onnx"))) for one in every}
        PhaseRun(
            phase,
            ready,
            Journal(self.path),
            self.said.append,
            self._open,
            self.machine.open_canary,
            self._neighbour,
            self.machine.time.clock,
            self.machine.time.sleep,
        ).run()
        return Journal(self.path)

    def _case(self, series: Series) -> SeriesCase:
        return SeriesCase(make_workload(), Configuration(series.runtime, threads=series.threads), series)

    def _open(self, case: Case, *arguments: Any) -> FakeProcess:
        _, _, _, module, variables = arguments
        self.modules.append((module, variables[VARIABLE]))
        return self.machine.open(case)

    @contextmanager
    def _neighbour(self, beside: str) -> Iterator[None]:
        self.neighbours.append(beside)
        yield


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "journal.jsonl")


def test_a_phase_visits_for_its_time_and_leaves_nothing_open(bench: Bench) -> None:
    journal = bench.run(PHASE)
    usual = [one for one in journal.taken if one.series == USUAL]
    assert 40 < len(usual) <= 50  # one in two seconds
    assert len({one.sample.started_at for one in usual if one.sample}) == 3
    assert bench.machine.is_left_clean()


def test_the_time_of_opening_is_kept_apart(bench: Bench) -> None:
    opened = [one for one in bench.run(PHASE).taken if one.opening_s]
    assert len(opened) == 2 * 3 + 2
    assert all(one.opening_s == pytest.approx(1.0) and one.took_s < 1.1 for one in opened)


def test_each_series_has_processes_of_its_own_and_its_variant(bench: Bench) -> None:
    bench.run(PHASE)
    own, other = "profiler.worker", "tests.benchmarks.profiler.variant_worker"
    assert sorted(bench.modules) == sorted(
        [(own, "")] * 3 + [(other, "slower:0.1")] * 3 + [(other, "once")] * 2
    )


def test_a_fresh_process_is_closed_after_its_visit_and_each_is_taken_once(bench: Bench) -> None:
    taken = [one for one in bench.run(PHASE).taken if one.series == ONCE]
    assert len(taken) == 2
    assert all(one.opening_s for one in taken)


def test_an_interrupted_phase_is_completed(bench: Bench) -> None:
    half = bench.run(replace(PHASE, seconds=50.0, fresh=(ONCE,)))
    whole = bench.run(PHASE)
    assert whole.taken[: len(half.taken)] == half.taken
    assert len([one for one in whole.taken if one.series == ONCE]) == 2
    assert whole.taken[len(half.taken)].turn == half.taken[-1].turn + 1
    assert bench.machine.is_left_clean()


def test_neighbours_take_turns_after_the_processes_were_opened(bench: Bench) -> None:
    phase = replace(PHASE, fresh=(), conditions=("spinner:0.5", "streamer:1.0"))
    journal = bench.run(phase)
    assert bench.neighbours[0] == ""
    assert {"spinner:0.5", "streamer:1.0"} == set(bench.neighbours[1:3])
    assert not any(one.opening_s for one in journal.taken if one.beside)
    counts = [sum(one.turn == turn and one.series == USUAL for one in journal.taken) for turn in range(3)]
    assert counts == [12, 12, 12]


def test_a_series_that_fails_is_a_line_of_the_journal_and_the_others_go_on(bench: Bench) -> None:
    def loading(case: Case) -> None:
        if isinstance(case, SeriesCase) and case.series == SLOWER:
            raise CaseFailed(FailureReason.CRASHED, "SIGSEGV")

    bench.machine.loading = loading
    journal = bench.run(PHASE)
    assert [one.failure for one in journal.taken if one.series == SLOWER] == ["crashed: SIGSEGV"]
    assert len([one for one in journal.taken if one.series == USUAL]) > 40
    assert bench.said[0].endswith("failed: crashed: SIGSEGV")
