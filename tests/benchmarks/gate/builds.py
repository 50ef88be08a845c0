"""Builds of a CI, drawn from recorded blocks and judged by the gate's own functions."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.checking.measuring_again import CAMPAIGNS, is_decided
from app.gate.history import DISTURBED, DOUBTED_ALONE, PRIOR
from app.gate.numbers import Change, Number, change, combined, spread_in
from app.gate.verdicts import Evidence, Rules, Verdict, is_suspicious, verdicts
from catalog.statistics.between_campaigns import Spread
from catalog.words.doubts import Doubt
from catalog.words.metrics import Direction
from tests.benchmarks.gate.recorded import CASES, Recorded, Recording, number, rounds_of
from tests.benchmarks.profiler.extent import Series

NETWORKS = 14
BLOCKS = 40
"""Of a campaign, as a run of docs/bench-profiler.md."""
BLOCKS_OF_A_ROUND = 20
"""Of measuring in turns (app/checking/measuring_again.py)."""


class Settling(StrEnum):
    """What the gate does about a suspicious case."""

    NOTHING = "not measured again"
    AGAIN = "the candidate again"
    IN_TURNS = "in turns"


@dataclass(frozen=True)
class Scene:
    """Where a build's campaigns come from. `history` are campaigns before the baseline's."""

    name: str
    baseline: Recording
    candidate: Recording
    history: Recording | None = None


@dataclass(frozen=True)
class Planted:
    """A case that is slower in the candidate, by a share."""

    case: Series
    level: float

    @property
    def variant(self) -> Series:
        return self.case.as_variant(f"slower:{self.level}")


@dataclass(frozen=True)
class Build:
    """A build's cases and verdicts, how many of the cases were suspicious, and how many rounds they took."""

    cases: Sequence[Series]
    verdicts: Sequence[Verdict]
    suspicious: int
    rounds: int

    @property
    def fails(self) -> bool:
        return Verdict.REGRESSED in self.verdicts

    def catches(self, case: Series) -> bool:
        return self.verdicts[self.cases.index(case)] is Verdict.REGRESSED


@dataclass(frozen=True)
class _Campaign:
    """The numbers of the cases of a campaign, and the doubts about each."""

    numbers: Sequence[Number]
    doubts: Sequence[frozenset[Doubt]]


def build(
    scene: Scene,
    settling: Settling,
    rules: Rules,
    draw: random.Random,
    *,
    planted: Planted | None = None,
    beside: str = "",
) -> Build:
    """One build. `beside` is a neighbour who comes for the candidate's first campaign alone."""
    others = [case for case in CASES if planted is None or case != planted.case]
    cases = [*CASES, *draw.sample(others, NETWORKS - len(CASES))]
    variants = [planted.variant if planted and case == planted.case else case for case in cases]
    after = (scene.candidate.planted(planted.case, planted.level) if planted else None) or draw.choice(
        scene.candidate.names
    )
    before = draw.choice(
        [name for name in scene.baseline.names if scene.baseline is not scene.candidate or name != after]
    )
    baseline = _campaign(scene.baseline.sets[before], cases, draw)
    candidate = (
        _campaign(scene.candidate.beside[beside], cases, draw)
        if beside
        else _campaign(scene.candidate.sets[after], variants, draw)
    )
    past = scene.history
    history = [_campaign(past.sets[name], cases, draw) for name in past.names] if past else []
    known = [[*(one.numbers[place] for one in history), baseline.numbers[place]] for place in range(NETWORKS)]
    spreads = _spreads(cases, known)
    of_case = [spreads[case.runtime, case.threads] for case in cases]
    references = [combined(numbers, spread) for numbers, spread in zip(known, of_case, strict=True)]
    changes = [
        change(reference, combined([number], spread), Direction.LOWER)
        for reference, number, spread in zip(references, candidate.numbers, of_case, strict=True)
    ]
    settled = settling is not Settling.NOTHING
    suspicious = sum(is_suspicious(one, rules) for one in changes) if settled else 0
    evidence: list[Evidence] = []
    rounds = 0
    for place, case in enumerate(cases):
        first, spread, reference = changes[place], of_case[place], references[place]
        held = baseline.doubts[place] | candidate.doubts[place]
        found = Evidence(first, is_doubted=not DOUBTED_ALONE.isdisjoint(held))
        if settled and is_suspicious(first, rules):
            if settling is Settling.IN_TURNS:
                taken = _in_turns(scene.candidate, case, variants[place], rules, suspicious, draw)
                rounds += len(taken)
                found = Evidence(first, in_turns=tuple(taken))
            else:
                again, doubts = _again(scene.candidate, after, variants[place], draw)
                found = Evidence(
                    first,
                    again=change(reference, combined(again, spread), Direction.LOWER),
                    is_doubted=not DISTURBED.isdisjoint(doubts),
                )
        evidence.append(found)
    return Build(cases, verdicts(evidence, rules), suspicious, rounds)


def _campaign(of_set: Mapping[Series, Recorded], cases: Sequence[Series], draw: random.Random) -> _Campaign:
    """A campaign of the cases, in the same rounds. A case that is in it twice is another network the second
    time, and has rounds of its own."""
    length = min(len(of_set[case].moments) for case in cases)
    shared = rounds_of(length, BLOCKS, draw)
    numbers = []
    for place, case in enumerate(cases):
        rounds = rounds_of(length, BLOCKS, draw) if case in cases[:place] else shared
        numbers.append(_number(of_set[case], rounds, draw))
    return _Campaign(numbers, [of_set[case].doubts for case in cases])


def _number(recorded: Recorded, rounds: Sequence[int], draw: random.Random) -> Number:
    """The number of these rounds. Where they are worth fewer than two blocks, others are drawn: a campaign
    would go on."""
    while True:
        found = number([recorded.moments[index] for index in rounds])
        if found is not None:
            return found
        rounds = rounds_of(len(recorded.moments), len(rounds), draw)


def _spreads(cases: Sequence[Series], known: Sequence[Sequence[Number]]) -> Mapping[tuple[str, int], Spread]:
    """What campaigns differ by, learnt for each configuration as the gate does."""
    keys = [(case.runtime, case.threads) for case in cases]
    return {
        key: spread_in([numbers for own, numbers in zip(keys, known, strict=True) if own == key], PRIOR)
        for key in set(keys)
    }


def _again(
    recording: Recording, first: str, variant: Series, draw: random.Random
) -> tuple[list[Number], frozenset[Doubt]]:
    """More campaigns of the candidate, in other sets where there are any."""
    sets = [name for name in recording.names if variant in recording.sets[name]]
    others = [name for name in sets if name != first] or sets
    chosen = [recording.sets[draw.choice(others)][variant] for _ in range(CAMPAIGNS)]
    numbers = [_number(one, rounds_of(len(one.moments), BLOCKS, draw), draw) for one in chosen]
    return numbers, frozenset().union(*(one.doubts for one in chosen))


def _in_turns(
    recording: Recording, case: Series, variant: Series, rules: Rules, cases: int, draw: random.Random
) -> list[Change]:
    """Rounds of baseline and candidate, right after one another, until the case is decided among so many.

    Of a planted case both are in one set, in the same rounds and in processes of their own. Of another case
    each is in a set of its own, some minutes apart. That is harder than it would be, but no journal has two
    sets of processes of a case in the same minutes.
    """
    planted = next((name for name in recording.names if variant in recording.sets[name]), "")
    found: list[Change] = []
    for most in rules.looks:
        while len(found) < most:
            before, after = (planted, planted) if variant != case else draw.sample(recording.names, 2)
            sides = recording.sets[before][case], recording.sets[after][variant]
            rounds = rounds_of(min(len(side.moments) for side in sides), BLOCKS_OF_A_ROUND, draw)
            one, other = (_number(side, rounds, draw) for side in sides)
            found.append(change(one, other, Direction.LOWER))
        if is_decided(found, rules, cases):
            break
    return found
