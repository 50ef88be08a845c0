"""Verdicts on cases: improved, same, regressed or undecided, corrected for many comparisons.

A build is false where it fails although nothing has changed. Then every case that is called worse is called
so wrongly, and the false discovery rate is the probability of a false build (Benjamini and Hochberg 1995,
doi:10.1111/j.2517-6161.1995.tb02031.x). It holds for cases that share the moments of a machine, too
(Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.gate.numbers import Change, agree, change_in_turns


class Verdict(StrEnum):
    """What became of a case."""

    IMPROVED = "improved"
    SAME = "same"
    REGRESSED = "regressed"
    UNDECIDED = "undecided"


class Confirmation(StrEnum):
    """How often a case was measured for its verdict."""

    ONCE = "once"
    AGAIN = "again"
    IN_TURNS = "in_turns"


@dataclass(frozen=True)
class Rules:
    """When a case is called what.

    `false_builds` is the probability that a build fails although nothing has changed. A case is suspicious,
    and measured again, where so great a change would be found with a probability of at most `suspicion` if
    there were none. A case that is measured in turns is looked at after so many rounds as `looks` says, and
    each look has its share of the false builds. All were chosen on blocks of 2026-11-26 (decision 20).

    A change of less than `least` is no regression and no improvement, however certain. Numbers are the same
    where the interval of their change lies within `same_within`.
    """

    false_builds: float = 0.003
    suspicion: float = 0.25
    looks: tuple[int, ...] = (4, 12, 24)
    least: float = 0.02
    same_within: float = 0.05

    @property
    def false_builds_of_a_look(self) -> float:
        """The share of the false builds that each look has."""
        return self.false_builds / len(self.looks)


@dataclass(frozen=True)
class Evidence:
    """What is known of a change.

    `first` is from the baseline's campaigns and the candidate's. `again` is from the baseline's campaigns
    and later ones of the candidate: what disturbed its first campaign has no part in it. `in_turns` has the
    rounds in which baseline and candidate were measured in turns. `is_doubted` says that a number of what
    the verdict rests on has a doubt whether it was disturbed. Then nothing is called better or worse.
    """

    first: Change
    again: Change | None = None
    in_turns: tuple[Change, ...] = ()
    is_doubted: bool = False

    @property
    def confirmation(self) -> Confirmation:
        if self.in_turns:
            return Confirmation.IN_TURNS
        return Confirmation.ONCE if self.again is None else Confirmation.AGAIN

    @property
    def shown(self) -> Change:
        """The change that a verdict rests on."""
        return change_in_turns(self.in_turns) if self.in_turns else self.again or self.first

    @property
    def is_usable(self) -> bool:
        """Whether a case may be called better or worse by it."""
        return agree(self.in_turns) if self.in_turns else not self.is_doubted


def is_suspicious(change: Change, rules: Rules) -> bool:
    """Whether a case must be measured again before it is called the same or worse."""
    return change.share >= rules.least and change.chance_if_no_worse <= rules.suspicion


def verdicts(evidence: Sequence[Evidence], rules: Rules) -> list[Verdict]:
    """The verdict on each case of a build.

    Cases that were measured in turns were chosen by other data than they are judged by. So they are corrected
    for among themselves. All others are corrected for together.
    """
    changes = [one.shown if one.is_usable else None for one in evidence]
    worse = _rejected(evidence, [one.chance_if_no_worse if one else 1.0 for one in changes], rules)
    better = _rejected(evidence, [one.chance_if_no_better if one else 1.0 for one in changes], rules)
    return [
        _verdict(one, rules, is_worse=is_worse, is_better=is_better)
        for one, is_worse, is_better in zip(evidence, worse, better, strict=True)
    ]


def _verdict(evidence: Evidence, rules: Rules, *, is_worse: bool, is_better: bool) -> Verdict:
    shown = evidence.shown
    if is_worse and shown.share >= rules.least:
        return Verdict.REGRESSED
    if is_better and shown.share <= -rules.least:
        return Verdict.IMPROVED
    low, high = shown.interval
    if -rules.same_within <= low and high <= rules.same_within:
        return Verdict.SAME
    return Verdict.UNDECIDED


def _rejected(evidence: Sequence[Evidence], chances: Sequence[float], rules: Rules) -> list[bool]:
    """Which chances are too small, controlled by Benjamini and Hochberg within each of the two families."""
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - it takes half a second

    rejected = [False] * len(evidence)
    for in_turns in (False, True):
        family = [place for place, one in enumerate(evidence) if bool(one.in_turns) == in_turns]
        if family:
            allowed = rules.false_builds_of_a_look if in_turns else rules.false_builds
            corrected = false_discovery_control([chances[place] for place in family], method="bh")
            for place, chance in zip(family, corrected, strict=True):
                rejected[place] = bool(chance <= allowed)
    return rejected
