"""The report, docs/bench-gate.md."""

import textwrap
from collections.abc import Sequence

from app.checking.measuring_again import CAMPAIGNS
from app.gate.verdicts import Rules
from tests.benchmarks.gate.builds import BLOCKS, BLOCKS_OF_A_ROUND, NETWORKS, Settling
from tests.benchmarks.gate.experiments import Result
from tests.benchmarks.gate.recorded import CASES
from tests.benchmarks.profiler.extent import LEVELS
from tests.benchmarks.profiler.findings import Finding, because, table, total

_GOALS = {0.05: 0.8, 0.1: 0.95}
_FALSE = 0.01
_WIDTH = 110


_HOW = """
Written by `make bench-gate`: {builds} builds of each experiment, seed {seed}. Nothing was measured for
it. Builds are drawn from the blocks of two runs of `make bench-profiler` on two shared virtual CPUs,
begun {first} and {second}. They are judged by the gate's own functions.

A build has {networks} cases: the {cases} of the journals, and {twice} of them once more, as other
networks. A campaign has three processes of each case and {blocks} blocks. It is drawn in this way: a set
of the journal is chosen, then a part of it that is as long as the campaign, and then {blocks} of its
rounds, with replacement. A round is a moment, in which every case was visited once. So what disturbs one
case disturbs all. Baseline and candidate come from different sets, whose processes were opened at
different times.

Suspicious is a case that is {least:.0%} slower or more, where so much has a probability of at most
{suspicion:.0%} if nothing changed. The gate calls it worse where false builds have {false:.1%}. In turns,
each look has its share of that, and three of four rounds must say so. These rules were chosen on a run of
2026-11-26 (decision 20). Both journals judge them.
"""
_WAYS = """
Not measured again: as with two exports of another machine. The candidate again: {campaigns} more
campaigns, whose numbers alone count. In turns: rounds of {blocks} blocks of the baseline and of the
candidate, {fewest} at least and {most} at most. The last two columns are of builds of the same code: the
suspicious cases of a build, and the rounds that each took.

With a history: the three sets of the first journal are campaigns before the baseline's. Both journals: the
baseline is of the first, the candidate of the second, and nothing else is known of the target.
"""
_PLANTED = """
The slow-down is real: the network is wrapped so that each call goes on burning processor time for that
share of what it took. In turns, both sides are of one set, in the same rounds and in processes of their
own.
"""
_BESIDE = "The candidate's first campaign is drawn from the blocks beside the neighbour. Later ones are not."
_LIMITS = """
A journal has three sets of processes of each case, and 60 to 85 rounds in each. More builds are not more
machines: a set that happened to be slow is drawn again and again. Where nothing was planted, both sides
in turns come from different sets, some minutes apart. The gate measures them right after one another.
Where a case was planted, its processes are the same three in every round, and the gate opens new ones.
Intervals of shares take builds as independent, so they are too narrow.
"""


def report(results: Sequence[Result], builds: int, seed: int) -> str:
    """The report as Markdown."""
    rules = Rules()
    in_turns = [one for one in results if one.settling is Settling.IN_TURNS]
    judged = [finding for one in in_turns for finding in findings(one)]
    missed = [
        f"- {one.what}: {one.found}, goal {one.goal}. {one.why}".rstrip() for one in judged if not one.reached
    ]
    how = _HOW.format(
        builds=builds,
        seed=seed,
        first=results[0].scene.candidate.begun,
        second=results[-1].scene.candidate.begun,
        networks=NETWORKS,
        cases=len(CASES),
        twice=NETWORKS - len(CASES),
        blocks=BLOCKS,
        least=rules.least,
        suspicion=rules.suspicion,
        false=rules.false_builds,
    )
    fewest, *_, most = rules.looks
    ways = _WAYS.format(campaigns=CAMPAIGNS, blocks=BLOCKS_OF_A_ROUND, fewest=fewest, most=most)
    parts = [
        "# Does the gate cry wolf?",
        *_paragraphs(how),
        "## Goals, where suspicious cases are measured in turns",
        "\n".join(_goals(judged)),
        *(["Not reached:", "\n".join(map(_hanging, missed))] if missed else []),
        "## What the gate can do about a suspicious case",
        "\n".join(_ways(results)),
        *_paragraphs(ways),
        "## Which planted cases are caught",
        "\n".join(_cases(in_turns)),
        *_paragraphs(_PLANTED),
        "## Neighbours of the candidate's first campaign",
        "\n".join(_neighbours(results)),
        _BESIDE,
        "## What this does not show",
        *_paragraphs(_LIMITS),
    ]
    return "\n\n".join(parts) + "\n"


def _paragraphs(text: str) -> list[str]:
    return [textwrap.fill(part, _WIDTH) for part in text.strip().split("\n\n")]


def _hanging(text: str) -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent="  ")


def findings(result: Result) -> list[Finding]:
    """The goals of a scene."""
    name = result.scene.name
    loud = [(float(count), f"{case} {count}") for case, count in result.culprits.items()]
    found = [
        Finding(
            f"false builds, {name}",
            f"<= {_FALSE:.0%}",
            str(result.false),
            result.false.value <= _FALSE,
            because("Called worse", loud),
        )
    ]
    for level in LEVELS:
        share, goal = result.power(level), _GOALS[level]
        least = [(-one.value, f"{case} {one.value:.0%}") for case, one in result.caught[level].items()]
        found.append(
            Finding(
                f"+{level:.0%} in one of {NETWORKS} is caught, {name}",
                f">= {goal:.0%}",
                str(share),
                share.value >= goal,
                because("Least", least),
            )
        )
    beside = total(list(result.beside.values()))
    worst = [(one.value, f"{condition} {one.value:.0%}") for condition, one in result.beside.items()]
    found.append(
        Finding(
            f"a neighbour of the candidate's first campaign fails the build, {name}",
            "none",
            str(beside),
            beside.hits == 0,
            because("Most", worst),
        )
    )
    return found


def _goals(judged: Sequence[Finding]) -> list[str]:
    rows = [[one.what, one.goal, one.found, one.verdict] for one in judged]
    return table(("", "goal", "found (95 % interval)", ""), rows)


def _ways(results: Sequence[Result]) -> list[str]:
    head = (
        "scene, suspicious cases",
        "false",
        "+5 %",
        "of 1 thread",
        "+10 %",
        "neighbours",
        "suspicious",
        "rounds",
    )
    rows = [
        [
            f"{one.scene.name}, {one.settling}",
            f"{one.false.value:.1%}",
            f"{one.power(0.05).value:.0%}",
            f"{one.power(0.05, 1).value:.0%}",
            f"{one.power(0.1).value:.0%}",
            f"{total(list(one.beside.values())).value:.1%}",
            f"{one.suspicious:.1f}" if one.settling is not Settling.NOTHING else "-",
            f"{one.rounds:.1f}" if one.settling is Settling.IN_TURNS else "-",
        ]
        for one in results
    ]
    return table(head, rows)


def _cases(results: Sequence[Result]) -> list[str]:
    head = ["case", *(f"+{level:.0%}, {one.scene.name}" for level in LEVELS for one in results)]
    cases = list(results[0].caught[LEVELS[0]])
    rows = [
        [case, *(f"{one.caught[level][case].value:.0%}" for level in LEVELS for one in results)]
        for case in cases
    ]
    return table(head, rows)


def _neighbours(results: Sequence[Result]) -> list[str]:
    conditions = sorted(results[-1].beside)
    judged = [one for one in results if set(one.beside) == set(conditions)]
    rows = [
        [f"{one.scene.name}, {one.settling}", *(f"{one.beside[name].value:.1%}" for name in conditions)]
        for one in judged
    ]
    return table(["scene, suspicious cases", *conditions], rows)
