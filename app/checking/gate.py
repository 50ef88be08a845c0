"""The gate: two sides are compared, what is suspicious is measured again, and a verdict is given."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.checking import measuring_again
from app.checking.budgets import judged_budgets
from app.checking.measuring_again import Run
from app.checking.policy import Policy
from app.checking.questions import case_name, rank_changes
from app.checking.sources import Side
from app.errors import CannotCompare, CannotMeasureAgain, NoBaseline
from app.gate.history import (
    PRIOR,
    CaseKey,
    Pair,
    change_from,
    first_change,
    key_of,
    pair_of,
    spreads_of,
    was_disturbed,
    why_not_compared,
)
from app.gate.outcome import GateOutcome, JudgedCase
from app.gate.verdicts import Evidence, Rules, Verdict, is_suspicious, verdicts
from app.presentation.wording.numbers import counted
from catalog import host
from catalog.entities.measurements import Failure, Measurement
from catalog.extras import missing_packages
from catalog.statistics.between_campaigns import Spread

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Again:
    """How suspicious cases are measured again: not at all, or in the catalog at `url`, and in turns with the
    baseline's `python`."""

    allowed: bool = True
    url: str = ""
    python: str | None = None
    run: Run = measuring_again.run


@dataclass
class _Comparison:
    """A comparison under way."""

    pairs: dict[CaseKey, Pair]
    measured: Sequence[Measurement]
    spreads: Mapping[str, Spread]
    evidence: dict[CaseKey, Evidence] = field(default_factory=dict)
    extra: list[Measurement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def spread(self, pair: Pair) -> Spread:
        return self.spreads.get(pair.now.configuration.id, PRIOR)


def judge(
    baseline: Side, candidate: Side, policy: Policy, rules: Rules, again: Again, tell: Tell
) -> GateOutcome:
    """The verdict on what the candidate has measured and the baseline had not.

    Raises:
        CannotCompare: the candidate has no measurement. NoBaseline: the baseline has none of its targets.
        Interrupted: measuring again was interrupted.
    """
    known = {one.id for one in baseline.measurements}
    fresh = [one for one in candidate.measurements if one.id not in known]
    refuse_other_machines(baseline, candidate, fresh)
    before, now = _by_case(baseline.measurements), _by_case(fresh)
    pairs = {key: pair_of(before[key], now[key]) for key in now if key in before}
    measured = [*baseline.measurements, *fresh]
    comparison = _Comparison(pairs, measured, spreads_of(measured))
    for key, pair in pairs.items():
        if why_not_compared(pair) is None:
            first = first_change(pair, comparison.spread(pair))
            comparison.evidence[key] = Evidence(first, is_doubted=pair.is_doubted)
    _measure_again(comparison, policy, rules, again, tell)
    after = [*fresh, *comparison.extra]
    cases = _judged(comparison, rules)
    target = (fresh or baseline.measurements)[-1].target.id
    called = {case_name(case.pair.now): case.verdict for case in cases if case.pair.now.target.id == target}
    return GateOutcome(
        baseline=baseline.name,
        candidate=candidate.name,
        cases=cases,
        budgets=judged_budgets(policy.budgets, [*baseline.measurements, *after], target),
        recommendations=rank_changes(
            policy.questions,
            target,
            [one for one in baseline.measurements if one.target.id == target],
            [one for one in after if one.target.id == target],
            called,
        ),
        unchanged=len(before.keys() - now.keys()),
        new=len(now.keys() - before.keys()),
        notes=tuple(comparison.notes),
    )


def refuse_other_machines(baseline: Side, candidate: Side, fresh: Sequence[Measurement]) -> None:
    """Refuse sides that have no target in common.

    Raises:
        CannotCompare: the candidate has no measurement.
        NoBaseline: the baseline has none of its targets. Names the targets of both.
    """
    if not candidate.measurements:
        raise CannotCompare(
            candidate.emptiness, "Measure with `archrank profile`, or name another candidate."
        )
    if not baseline.measurements:
        raise NoBaseline(
            baseline.emptiness,
            "There is nothing to compare with yet. What the candidate has measured can be the next baseline.",
        )
    measured = {one.target.id for one in fresh} or set(candidate.targets)
    if measured.isdisjoint(baseline.targets):
        raise NoBaseline(
            f"Another machine: the candidate was measured on {', '.join(sorted(measured))}, the baseline on "
            f"{', '.join(baseline.targets)}.",
            "Numbers of different machines are not compared. Name a baseline of the candidate's machine.",
        )


def _by_case(measurements: Sequence[Measurement]) -> dict[CaseKey, list[Measurement]]:
    found: defaultdict[CaseKey, list[Measurement]] = defaultdict(list)
    for one in measurements:
        found[key_of(one)].append(one)
    return dict(found)


def _measure_again(
    comparison: _Comparison,
    policy: Policy,
    rules: Rules,
    again: Again,
    tell: Tell,
) -> None:
    """Measure again what is suspicious, as far as this machine can. What it cannot is noted."""
    suspicious = [
        comparison.pairs[key]
        for key, one in comparison.evidence.items()
        if is_suspicious(one.first, rules) or _breaks_a_budget(policy, comparison.pairs[key])
    ]
    if not suspicious:
        return
    several = len(suspicious) > 1
    count = counted(len(suspicious), "suspicious case")
    if (why := _why_not_here(suspicious, again)) is not None:
        comparison.notes.append(f"{count} could not be measured again: {why}")
        return
    try:
        if again.python is not None:
            _in_turns(comparison, suspicious, again.python, rules, again, tell)
            # A budget is about the candidate's number, which the turns leave as it is.
            broken = [pair for pair in suspicious if _breaks_a_budget(policy, pair)]
            found = measuring_again.again(broken, again.url, tell, again.run) if broken else {}
            comparison.extra += [one for measurements in found.values() for one in measurements]
        else:
            _once_more(comparison, suspicious, again, tell)
            comparison.notes.append(
                f"{count} of the candidate {'were' if several else 'was'} measured again. The verdict rests "
                "on the new numbers alone. The baseline was not measured again, because --baseline-python "
                "names no Python."
            )
    except CannotMeasureAgain as error:
        comparison.notes.append(f"{count} could not be measured again: {error.message} {error.remedy}")


def _breaks_a_budget(policy: Policy, pair: Pair) -> bool:
    broken = judged_budgets(policy.budgets, [pair.now], pair.now.target.id)
    return any(budget.checked and not budget.is_kept for budget in broken)


def _why_not_here(suspicious: Sequence[Pair], again: Again) -> str | None:
    if not again.allowed:
        return "--no-measure-again was given."
    others = {pair.now.target.id for pair in suspicious} - {host.local_target().id}
    if any(pair.now.configuration.device == "cpu" for pair in suspicious) and others:
        return f"{', '.join(sorted(others))} is another machine."
    if packages := missing_packages("measure"):
        return f"measuring needs {', '.join(packages)}. Run `pip install 'archrank[measure]'`."
    return None


def _in_turns(
    comparison: _Comparison,
    suspicious: Sequence[Pair],
    python: str,
    rules: Rules,
    again: Again,
    tell: Tell,
) -> None:
    changes = measuring_again.in_turns(suspicious, python, rules, tell, again.run)
    for key, found in changes.items():
        comparison.evidence[key] = replace(comparison.evidence[key], in_turns=found)


def _once_more(comparison: _Comparison, suspicious: Sequence[Pair], again: Again, tell: Tell) -> None:
    found = measuring_again.again(suspicious, again.url, tell, again.run)
    comparison.extra += [one for measurements in found.values() for one in measurements]
    # New campaigns may differ by more than their intervals. The first has no part in it: it may be disturbed.
    replaced = {pair.now.id for pair in suspicious}
    kept = [one for one in comparison.measured if one.id not in replaced]
    comparison.spreads = spreads_of([*kept, *comparison.extra])
    for key, measurements in found.items():
        pair = replace(comparison.pairs[key], candidate=(*comparison.pairs[key].candidate, *measurements))
        comparison.pairs[key] = pair
        if why_not_compared(pair) is None:
            change = change_from(pair, measurements, comparison.spread(pair))
            comparison.evidence[key] = Evidence(
                comparison.evidence[key].first, again=change, is_doubted=was_disturbed(measurements)
            )
        else:
            del comparison.evidence[key]  # it fails now


def _judged(comparison: _Comparison, rules: Rules) -> tuple[JudgedCase, ...]:
    keys = list(comparison.evidence)
    called = dict(zip(keys, verdicts([comparison.evidence[key] for key in keys], rules), strict=True))
    return tuple(
        JudgedCase(
            pair,
            called[key],
            comparison.evidence[key].shown,
            comparison.evidence[key].confirmation,
            _why_undecided(comparison.evidence[key], called[key]),
        )
        if key in called
        else _without_numbers(pair)
        for key, pair in comparison.pairs.items()
    )


def _why_undecided(evidence: Evidence, verdict: Verdict) -> str | None:
    if verdict is not Verdict.UNDECIDED:
        return None
    if evidence.is_doubted:
        return "A number has a doubt whether it was disturbed."
    return "The interval of the change is too wide."


def _without_numbers(pair: Pair) -> JudgedCase:
    now = pair.now.outcome
    if isinstance(now, Failure) and not isinstance(pair.before.outcome, Failure):
        why = f"The case fails now: {now.reason}."
        return JudgedCase(pair, Verdict.REGRESSED, why=why)
    if isinstance(pair.before.outcome, Failure) and not isinstance(now, Failure):
        return JudgedCase(pair, Verdict.IMPROVED, why="The case failed before, and has numbers now.")
    return JudgedCase(pair, Verdict.UNDECIDED, why=why_not_compared(pair))
