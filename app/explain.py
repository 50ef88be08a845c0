"""Why a candidate won, why others lost, and what to relax. Pure; arrays in, words and numbers out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.budget import Bools, Bound, Budget, BudgetFit, admitting_limit
from app.ranking import Collapse
from catalog.columns import CandidateColumns, Floats, Ints
from catalog.metrics import Direction, Metric
from catalog.vocabulary import Provenance

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
_SAME_SPEED = 0.005
_SUPERLATIVES = {
    Metric.TOP1: "most accurate",
    Metric.LATENCY_MS: "fastest",
    Metric.THROUGHPUT_IPS: "highest throughput",
    Metric.PEAK_MEMORY_MB: "least memory",
    Metric.SIZE_MB: "smallest on disk",
    Metric.PARAMS_M: "fewest parameters",
    Metric.GMACS: "fewest MACs",
}


@dataclass(frozen=True)
class Relaxation:
    """The smallest change of one side of a bound that admits a candidate, `row`."""

    metric: Metric
    side: str
    bound: float
    row: int


@dataclass(frozen=True)
class JointRelaxation:
    """All bounds relaxed by the same share `factor` of themselves, which admits `row`."""

    factor: float
    bounds: tuple[Bound, ...]
    row: int


@dataclass(frozen=True)
class Elimination:
    """How many candidates each bound eliminated, eliminated alone, or could not judge."""

    eliminated: Mapping[Metric, int]
    eliminated_only_by: Mapping[Metric, int]
    unknown: Mapping[Metric, int]


def eliminations(fit: BudgetFit) -> Elimination:
    """Counts before collapse; `eliminated` overlaps between bounds."""
    eliminated, alone, unknown = {}, {}, {}
    for bound, one in fit.by_bound.items():
        outside = one.known & ~one.within
        eliminated[bound.metric] = int(outside.sum())
        alone[bound.metric] = int((outside & fit.within_all_but(bound)).sum())
        unknown[bound.metric] = int((~one.known).sum())
    return Elimination(eliminated, alone, unknown)


def near_misses(columns: CandidateColumns, fit: BudgetFit, limit: int) -> list[int]:
    """The nearest candidate outside the budget of each architecture that has none inside."""
    distance = fit.distance()
    admitted = set(columns.architecture[fit.fits])
    found: dict[str, int] = {}
    for row in np.argsort(distance, kind="stable"):
        name = columns.architecture[row]
        if np.isnan(distance[row]) or len(found) == limit:
            break
        if name not in admitted and not fit.fits[row]:
            found.setdefault(name, int(row))
    return list(found.values())


def relaxations(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> list[Relaxation]:
    """For each side of each bound, the smallest relaxation that admits one candidate more."""
    found = []
    probability = _probability_per_bound(budget)
    for bound in budget.bounds:
        others = _admitted_by_others(budget, fit, bound, probability)
        rows = np.flatnonzero(others & ~fit.fits & fit.by_bound[bound].known)
        for limit, sign in bound.sides:
            needed = admitting_limit(columns.metrics[bound.metric], sign, limit, probability)[rows]
            outside = needed < limit if sign > 0 else needed > limit
            # A row that also breaks the other side is not admitted by moving this one.
            outside &= _within_other_side(bound, sign, columns.metrics[bound.metric].value[rows])
            if outside.any():
                cheapest = np.argmin(np.where(outside, -sign * needed, np.inf))
                found.append(
                    Relaxation(
                        bound.metric,
                        "min" if sign > 0 else "max",
                        float(needed[cheapest]),
                        int(rows[cheapest]),
                    )
                )
    return found


def joint_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> JointRelaxation | None:
    """The smallest share by which all bounds, relaxed together, admit a candidate; None where one fits
    already or every candidate lacks a bounded metric."""
    if fit.fits.any() or not budget.bounds:
        return None
    probability = _probability_per_bound(budget)
    share = np.zeros(len(fit.fits))
    for bound in budget.bounds:
        column = columns.metrics[bound.metric]
        for limit, sign in bound.sides:
            needed = admitting_limit(column, sign, limit, probability)
            if limit:
                share = np.maximum(share, sign * (limit - needed) / limit)
            else:
                share = np.where(needed == limit, share, np.nan)
    if np.isnan(share).all():
        return None
    row = int(np.nanargmin(share))
    factor = float(share[row])
    relaxed = tuple(
        _relaxed(bound, factor, float(columns.metrics[bound.metric].value[row])) for bound in budget.bounds
    )
    return JointRelaxation(factor, relaxed, row)


def reasons(
    columns: CandidateColumns, ranked: Ints, position: int, objective: Metric, by: Collapse
) -> list[str]:
    """Plain words for the candidate at `position` of the ranked, collapsed rows that fit."""
    row, winner = int(ranked[position]), int(ranked[0])
    words = [_standing(columns, ranked, position, objective, by)]
    latency = columns.metrics[Metric.LATENCY_MS].value
    if position and np.isfinite(latency[[row, winner]]).all():
        change = latency[row] / latency[winner] - 1
        if abs(change) >= _SAME_SPEED:
            pace = "slower" if change > 0 else "faster"
            words.append(f"{abs(change):.0%} {pace} than the winner, {columns.architecture[winner]}")
    if np.isfinite(latency[ranked]).any():
        fastest = int(ranked[np.nanargmin(latency[ranked])])
        gain = columns.metrics[Metric.TOP1].value[row] - columns.metrics[Metric.TOP1].value[fastest]
        if fastest != row and np.isfinite(gain):
            more = "more" if gain >= 0 else "less"
            words.append(
                f"{abs(gain):.1f} points {more} accurate than the fastest, {columns.architecture[fastest]}"
            )
    doubts = columns.doubts(Metric.LATENCY_MS, row)
    words.extend(f"its measurement is doubtful: {doubt.meaning}" for doubt in doubts)
    if columns.provenance(Metric.LATENCY_MS, row) is Provenance.ESTIMATED:
        words.append("its latency is an estimate")
    return words


def _standing(columns: CandidateColumns, ranked: Ints, position: int, objective: Metric, by: Collapse) -> str:
    value = columns.metrics[objective].value[int(ranked[position])]
    if np.isnan(value):
        return f"its {objective} is unknown, so it ranks behind those whose {objective} is known"
    superlative = _SUPERLATIVES.get(objective)
    if superlative is None:
        superlative = f"{'lowest' if objective.direction is Direction.LOWER else 'highest'} {objective}"
    if len(ranked) == 1:
        return f"the only {by} within budget"
    place = "" if position == 0 else f"{_ordinal(position + 1)} "
    return f"{place}{superlative} of {len(ranked)} {by}s within budget"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else _ORDINALS.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{suffix}"


def _probability_per_bound(budget: Budget) -> float | None:
    """What each bound must hold with, so that all hold jointly with the budget's confidence."""
    if budget.confidence is None:
        return None
    return float(budget.confidence ** (1 / max(1, len(budget.bounds))))


def _admitted_by_others(budget: Budget, fit: BudgetFit, bound: Bound, probability: float | None) -> Bools:
    if probability is None:
        return fit.within_all_but(bound)
    admitted = np.ones(len(fit.fits), dtype=np.bool_)
    for other in budget.bounds:
        if other != bound:
            admitted &= np.nan_to_num(fit.by_bound[other].probability, nan=0.0) >= probability
    return admitted


def _within_other_side(bound: Bound, sign: int, values: Floats) -> Bools:
    within = np.ones(len(values), dtype=np.bool_)
    for limit, other in bound.sides:
        if other != sign:
            within &= other * (values - limit) >= 0
    return within


def _relaxed(bound: Bound, factor: float, value: float) -> Bound:
    """`bound` with both sides moved out by `factor`; rounding never shuts out `value`, which it admits."""
    minimum = None if bound.minimum is None else min(bound.minimum * (1 - factor), max(value, 0.0))
    maximum = None if bound.maximum is None else max(bound.maximum * (1 + factor), value)
    return Bound(bound.metric, minimum, maximum)
