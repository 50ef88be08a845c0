"""The benchmark of the gate draws what was recorded, and reports what came of it."""

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from app.gate.verdicts import Rules, Verdict
from catalog.words.doubts import Doubt
from profiler.protocol.latency import latency_of
from tests.benchmarks.gate.builds import NETWORKS, Planted, Settling, build
from tests.benchmarks.gate.experiments import Result, scenes
from tests.benchmarks.gate.recorded import CASES, Recording, extracted, recordings, rounds_of, write
from tests.benchmarks.gate.report import report
from tests.benchmarks.profiler.findings import Share
from tests.benchmarks.profiler.journal import Header, Journal
from tests.benchmarks.profiler_simulated import SMALL, taken


@cache
def recorded() -> list[Recording]:
    return recordings()


def test_the_file_holds_both_journals() -> None:
    first, second = recorded()
    assert (first.begun, second.begun) == ("2026-11-28 13:01 UTC", "2026-11-28 14:02 UTC")
    for recording in (first, second):
        assert len(recording.names) == 3
        assert all(set(CASES) <= set(of_set) for of_set in recording.sets.values())
        assert len(recording.planted_cases(0.05)) == len(recording.planted_cases(0.1)) == 8
        beside = [one for of_neighbour in recording.beside.values() for one in of_neighbour.values()]
        assert any(Doubt.CONTENDED in one.doubts for one in beside)


def test_what_is_extracted_of_a_set_makes_the_latency_that_the_profiler_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extent = replace(SMALL, same=CASES, conditions=("spinner:1.0",))
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.begin(Header("code 1", "On a Sunday", "On a Sunday, here.", quick=False))
    for visit in taken(extent, names=("same", "power", "neighbours")):
        journal.add(visit)
    monkeypatch.setattr("tests.benchmarks.gate.recorded.BLOCKS", tmp_path / "blocks.json.xz")
    document, data = extracted(path)
    write([document])
    (recording,) = recordings()
    assert len(recording.beside["spinner:1.0"]) == len(CASES)
    for case in CASES:
        found = recording.sets["set 2"][case].moments
        assert [moment.process for moment in found] == [0, 1, 2] * (len(found) // 3)
        expected = data.sets(case)["set 2"].latency
        assert latency_of(found).value == pytest.approx(expected.value, abs=1e-4)
        assert latency_of(found).half_width == pytest.approx(expected.half_width, rel=0.01)


def test_rounds_follow_one_another_as_a_campaign_does() -> None:
    draw = random.Random(1)
    for _ in range(50):
        rounds = rounds_of(83, 40, draw)
        assert len(rounds) == 40
        assert 0 <= min(rounds) <= max(rounds) < 83
        assert max(rounds) - min(rounds) < 40
    assert len(rounds_of(12, 40, draw)) == 40


@pytest.mark.parametrize("settling", Settling)
def test_a_build_is_judged_and_repeats_itself(settling: Settling) -> None:
    scene = scenes(recorded())[2]
    case = next(one for one in scene.candidate.planted_cases(0.1) if one.threads == 1)

    def built() -> list[Verdict]:
        planted = Planted(case, 0.1)
        return list(build(scene, settling, Rules(), random.Random(4), planted=planted).verdicts)

    assert len(built()) == NETWORKS
    assert built() == built()


def test_a_planted_tenth_is_caught_in_turns_and_a_neighbour_is_not() -> None:
    scene, draw = scenes(recorded())[1], random.Random(2)
    case = next(one for one in scene.candidate.planted_cases(0.1) if one.threads == 1)
    assert build(scene, Settling.IN_TURNS, Rules(), draw, planted=Planted(case, 0.1)).catches(case)
    assert not build(scene, Settling.NOTHING, Rules(), draw, beside="streamer:0.25").fails


def test_the_report_says_which_goals_were_missed() -> None:
    every = scenes(recorded())

    def result(number: int, settling: Settling, false: int) -> Result:
        caught = {level: {str(CASES[0]): Share(9, 10), str(CASES[1]): Share(5, 10)} for level in (0.05, 0.1)}
        beside = {name: Share(0, 50) for name in every[number].candidate.beside}
        return Result(
            every[number], settling, Share(false, 200), {"resnet18": false}, caught, beside, 1.0, 4.0
        )

    results = [result(number, settling, 3 * (number == 3)) for number in range(4) for settling in Settling]
    text = report(results, 200, 1)
    assert "| false builds, second journal | <= 1% | 0 of 200, 0.0% (0.0% to 1.8%) | reached |" in text
    assert "| false builds, both journals | <= 1% | 3 of 200, 1.5% (0.3% to 4.3%) | **not reached** |" in text
    assert "- +10% in one of 14 is caught, second journal: 14 of 20, 70.0%" in text
    assert max(map(len, (line for line in text.splitlines() if not line.startswith("|")))) <= 110
