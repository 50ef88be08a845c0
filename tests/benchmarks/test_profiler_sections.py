"""The report follows from the journal alone, and says of each goal what the data say."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from tests.benchmarks.profiler import cost, disturbed, planted, referee, same, standing
from tests.benchmarks.profiler.data import Data
from tests.benchmarks.profiler.extent import NEIGHBOURS, Series
from tests.benchmarks.profiler.findings import Finding, Section, Share, total
from tests.benchmarks.profiler.journal import Header, Taken
from tests.benchmarks.profiler.report import EXPERIMENTS, report
from tests.benchmarks.profiler.samplers import median_of_log
from tests.benchmarks.profiler_simulated import SMALL, Met, data, taken, usual

HEADER = Header("code 1", "2026-01-02 12:00 UTC", "On a Sunday.", quick=True)


@cache
def good() -> Data:
    return data()


def verdicts(sections: Sequence[Section]) -> list[bool | None]:
    return [one.reached for section in sections for one in section.findings]


def of(name: str, found: Data) -> list[Finding]:
    return [one for section in EXPERIMENTS[name](SMALL, found, None) for one in section.findings]


# The interval knows that processes and campaigns may differ, which those of the simulation do not.
@pytest.mark.parametrize("name", ["power", "neighbours", "referee", "planted"])
def test_a_good_profiler_reaches_every_goal(name: str) -> None:
    findings = of(name, good())
    assert findings
    assert all(one.reached for one in findings), findings


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_was_not_measured_is_no_verdict(name: str) -> None:
    sections = EXPERIMENTS[name](SMALL, Data([]), None)
    assert not any(one is not None for one in verdicts(sections))
    assert not any(section.table for section in sections)


def test_runs_of_the_same_raise_no_alarm_and_those_that_moved_do() -> None:
    def moved(series: Series, phase: str, beside: str) -> Met:
        return Met(10.5 if phase == "set 2" else 10.0)

    alarms, _ = of("same", good())
    assert alarms.reached
    alarms, covered = of("same", data(truth=moved, names=["same"]))
    assert (alarms.reached, covered.reached) == (False, False)
    assert "mobilenetv3_large_100" in alarms.why


def test_intervals_cover_as_they_say_where_processes_differ_as_is_assumed() -> None:
    shares = []
    for seed in range(2):
        visits = taken(names=["same"], process_sd=0.012, moment_sd=0.02, seed=seed)
        _, covered = of("same", Data(visits))
        hits, _, every = covered.found.partition(",")[0].partition(" of ")
        shares.append(Share(int(hits), int(every)))
    assert 0.88 < total(shares).value <= 1


def test_another_run_is_compared_by_the_same_goals() -> None:
    (_, apart) = same.sections(SMALL, good(), data(truth=lambda *_: Met(10.6), names=["same"]))
    assert verdicts([apart]) == [False, False]


def test_a_slow_down_that_was_not_planted_is_not_caught() -> None:
    blind = data(truth=lambda *_: Met(10.0), names=["power"])
    assert verdicts(same.power_sections(SMALL, blind, None)) == [False] * 4


def test_wrong_runs_without_a_flag_are_silent_and_named() -> None:
    def unseen(series: Series, phase: str, beside: str) -> Met:
        return Met(usual(series, phase, beside).latency_ms)

    silent, told = of("neighbours", data(truth=unseen, names=["neighbours"]))
    assert (silent.reached, told.reached) == (False, False)
    assert "spinner 100%" in silent.why


def test_a_spinner_that_the_canary_sees_is_flagged() -> None:
    def seen(series: Series, phase: str, beside: str) -> Met:
        return replace(usual(series, phase, beside), foreign_cpus=0.0)

    (section,) = disturbed.sections(SMALL, data(truth=seen, names=["neighbours"]), None)
    assert verdicts([section]) == [True, True]
    assert "canary_moved (12)" in section.notes[1]


def test_a_referee_that_disagrees_is_named_with_its_network() -> None:
    def biased(series: Series, phase: str, beside: str) -> Met:
        return Met(9.0 if series.variant == "loadgen" else 10.0)

    loadgen, loop = of("referee", data(truth=biased, names=["referee"]))
    assert (loadgen.reached, loop.reached) == (False, True)
    assert SMALL.referees[0].architecture in loadgen.why


def test_a_buffer_that_the_peak_does_not_show_is_missed() -> None:
    hidden = data(truth=lambda *_: Met(10.0, peak_mb=300.0), names=["planted"])
    assert of("planted", hidden)[0].reached is False


def test_a_clock_that_runs_one_percent_fast_is_found() -> None:
    def fast(series: Series, phase: str, beside: str) -> Met:
        return Met(1.01 * usual(series, phase, beside).latency_ms)

    slope = of("planted", data(truth=fast, names=["planted"]))[1]
    assert slope.reached is False
    assert slope.found.startswith("1.01")


def test_a_fitted_line_is_the_planted_one() -> None:
    known = [0.1, 1.0, 10.0, 100.0]
    line = planted.fitted(known, [1.01 * one + 0.002 for one in known])
    assert line.slope == pytest.approx(1.01)
    assert line.offset == pytest.approx(0.002)
    assert line.error == pytest.approx(0, abs=1e-9)


def test_a_protocol_whose_processes_differ_is_dearer_and_wider() -> None:
    def wild(seed: int) -> Data:
        steady = taken(names=["cost"], seed=seed)
        fresh = taken(names=["cost"], process_sd=0.1, seed=seed)
        pairs = zip(steady, fresh, strict=True)
        return Data([one if not other.series.variant else other for one, other in pairs])

    dear, wide = of("cost", wild(1))
    assert (dear.reached, wide.reached) == (True, True)
    dear, wide = of("cost", good())
    assert (dear.reached, wide.reached) == (False, False)
    assert "3.00" in dear.found  # three processes of ours are opened for one of timm's


def test_what_belongs_to_the_process_is_told_from_the_moment() -> None:
    found = Data(taken(names=["same"], process_sd=0.05, moment_sd=0.01))
    for series in SMALL.same:
        process, block = standing.components(list(found.sets(series).values()), lambda _: True)
        assert block == pytest.approx(0.01, rel=0.2)
        assert 0.02 < process < 0.1


def test_a_kernel_that_moves_with_the_network_correlates() -> None:
    visits = taken(truth=lambda *_: Met(10.0), names=["same"])
    (_, canary, _) = standing.sections(SMALL, Data([_slowed(one) for one in visits]), None)
    assert all(float(cell) > 0.8 for cell in canary.table[2].split("|")[2:6])


def _slowed(one: Taken) -> Taken:
    """The calls as slow as the canary beside them."""
    if one.sample is None:
        return one
    slowdown = one.sample.blocks[0].canary_ns / 1e6
    return replace(
        one, sample=replace(one.sample, wall_ns=tuple(round(slowdown * time) for time in one.sample.wall_ns))
    )


def test_the_report_lists_what_was_missed_and_what_failed() -> None:
    found = Data(
        [
            *taken(truth=lambda *_: Met(10.0)),
            Taken(SMALL.same[0], NEIGHBOURS, 0, 0.0, 1.0, failure="crashed: SIGSEGV\nmore"),
        ]
    )
    other = Data(taken(names=["same"])), replace(HEADER, begun="2026-01-01 12:00 UTC")
    text = report(list(EXPERIMENTS), SMALL, found, HEADER, other)
    assert "On a Sunday." in text
    assert "smoke run" in text
    assert "began 2026-01-02 12:00 UTC. It is compared with the one that began 2026-01-01 12:00 UTC" in text
    assert "Not reached:" in text
    assert "crashed: SIGSEGV" in text
    assert "%%" not in text
    assert all(len(line) <= 110 for line in text.splitlines() if not line.startswith("|"))


def test_a_share_has_clopper_and_pearsons_interval() -> None:
    low, high = Share(0, 20).interval
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert Share(0, 0).interval == (0, 1)
    assert total([Share(1, 4), Share(2, 4)]) == Share(3, 8)


def test_steady_answers_repeat_with_one_process_and_wild_ones_with_more() -> None:
    steady, wild = [0.0, 0.001, 0.002], [0.0, 0.1, 0.2, 0.3]
    counts = range(1, 41)
    assert cost.least(counts, lambda count: cost._timms_answer(steady, count)) == 1
    assert cost.least(range(1, 6), lambda count: cost._timms_answer(wild, count)) is None


def test_the_load_generators_median_is_read_from_its_log() -> None:
    log = "Mean latency (ns)               : 5036422\n50.00 percentile latency (ns)   : 5037335\n"
    assert median_of_log(log) == 5037335
    with pytest.raises(ValueError, match="has no"):
        median_of_log("nothing")


def test_the_sections_name_their_referees() -> None:
    (section,) = referee.sections(SMALL, good(), None)
    assert len(section.table) == 2 + len(SMALL.referees)


def test_an_answer_that_never_repeats_itself_is_no_cheap_one() -> None:
    wild = taken(names=["cost"], moment_sd=0.5)
    steady = taken(names=["cost"])
    both = [one if not one.series.variant else other for one, other in zip(wild, steady, strict=True)]
    assert of("cost", Data(both))[0].found == "inf (inf to inf)"
