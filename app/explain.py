"""Why a candidate won, why others lost, and what to relax. Pure; arrays in, words and numbers out."""

from collections.abc import Mapping
from dataclasses import dataclass
from sys import float_info

import numpy as np

from app.budget import Bools, Bound, Budget, BudgetFit, admitting_limit, fit_budget, probability_below
from app.objective import Objective, Scheme
from app.ranking import Collapse
from catalog.columns import CandidateColumns, Floats, Ints, MetricColumn
from catalog.metrics import Direction, Metric
from catalog.vocabulary import Provenance

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
_SAME_SPEED = 0.005
_SAME_ACCURACY = 0.05
_FIRST_SHARE = 1e-6
_SHARE_PRECISION = 1e-9
_WIDEST = 1e9
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
        alone[bound.metric] = int((~fit.fits & one.known & fit.admitted_without(bound)).sum())
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
    for bound in budget.bounds:
        rows = np.flatnonzero(fit.admitted_without(bound) & ~fit.fits & fit.by_bound[bound].known)
        column = columns.metrics[bound.metric].take(rows)
        others = fit.probability_without(bound)[rows]
        for limit, sign in bound.sides:
            needed = _needed_limit(bound, column, sign, limit, budget.confidence, others)
            if np.isnan(needed).all():
                continue
            cheapest = int(np.nanargmin(-sign * needed))
            side = "min" if sign > 0 else "max"
            found.append(
                Relaxation(bound.metric, side, max(0.0, float(needed[cheapest])), int(rows[cheapest]))
            )
    return found


def joint_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> JointRelaxation | None:
    """The smallest share by which all bounds, relaxed together, admit a candidate.

    None where one fits already, and where no share below a billion admits one.
    """
    if fit.fits.any() or not budget.bounds:
        return None
    if budget.confidence is None:
        shares = np.where(fit.usable, _relaxing_shares(columns, budget), np.nan)
        if not (shares <= _WIDEST).any():
            return None
        row = int(np.nanargmin(shares))
        factor = float(shares[row])
        values = [float(columns.metrics[bound.metric].value[row]) for bound in budget.bounds]
        bounds = tuple(
            _reaching(_widened(bound, factor), value)
            for bound, value in zip(budget.bounds, values, strict=True)
        )
        return JointRelaxation(factor, bounds, row)
    return _bisected_relaxation(columns, budget, fit.usable)


def reasons(
    columns: CandidateColumns, ranked: Ints, position: int, objective: Objective, by: Collapse
) -> list[str]:
    """Plain words for the candidate at `position` of the ranked, collapsed rows that fit."""
    row, winner = int(ranked[position]), int(ranked[0])
    words = [_standing(columns, ranked, position, objective, by)]
    latency = columns.metrics[Metric.LATENCY_MS].value
    if position and np.isfinite(latency[[row, winner]]).all():
        change = latency[row] / latency[winner] - 1
        if abs(change) >= _SAME_SPEED:
            called = _called(columns, winner, row)
            words.append(
                f"{change:.0%} slower than the winner, {called}"
                if change > 0
                else f"{1 / (1 + change):.1f} times as fast as the winner, {called}"
            )
    if np.isfinite(latency[ranked]).any():
        fastest = int(ranked[np.nanargmin(latency[ranked])])
        gain = columns.metrics[Metric.TOP1].value[row] - columns.metrics[Metric.TOP1].value[fastest]
        if fastest != row and abs(gain) >= _SAME_ACCURACY:
            more = "more" if gain >= 0 else "less"
            words.append(
                f"{abs(gain):.1f} points {more} accurate than the fastest, {_called(columns, fastest, row)}"
            )
    if columns.facts_of(row).provenance is Provenance.PUBLISHED:
        words.append("its speed was published, not measured here")
    elif doubts := columns.doubts(Metric.LATENCY_MS, row):
        meanings = "; ".join(doubt.meaning for doubt in doubts)
        words.append(f"its measurement is doubtful: {meanings}")
    if columns.provenance(Metric.LATENCY_MS, row) is Provenance.ESTIMATED:
        words.append("its latency is an estimate")
    return words


def _standing(
    columns: CandidateColumns, ranked: Ints, position: int, objective: Objective, by: Collapse
) -> str:
    row = int(ranked[position])
    lacking = next((m for m in objective.metrics if np.isnan(columns.metrics[m].value[row])), None)
    if len(ranked) == 1:
        unknown = f"; its {lacking} is unknown" if lacking else ""
        return f"the only {by} within budget{unknown}"
    if lacking is not None and position == 0:
        return f"its {lacking} is unknown, as is that of every {by} within budget"
    if lacking is not None:
        return f"its {lacking} is unknown, so it ranks behind those whose {lacking} is known"
    superlative = _superlative(objective)
    place = "" if position == 0 else f"{_ordinal(position + 1)} "
    return f"{place}{superlative} of {len(ranked)} {by}s within budget"


def _superlative(objective: Objective) -> str:
    if objective.single is None:
        metrics = " and ".join([", ".join(objective.metrics[:-1]), objective.metrics[-1]])
        near = "nearest the knee of" if objective.asked is Scheme.KNEE else "best balance of"
        return f"{near} {metrics}"
    known = _SUPERLATIVES.get(objective.single)
    lower = objective.single.direction is Direction.LOWER
    return known or f"{'lowest' if lower else 'highest'} {objective.single}"


def _called(columns: CandidateColumns, row: int, beside: int) -> str:
    """The architecture of `row`; with its checkpoint or run where `beside` has the same."""
    name = str(columns.architecture[row])
    if name != columns.architecture[beside]:
        return name
    if columns.checkpoint[row] != columns.checkpoint[beside]:
        return str(columns.checkpoint[row])
    run = columns.configuration_of(row)
    return (
        f"{name} at {columns.input_size[row]} px through {run.runtime} {run.precision}, threads {run.threads}"
    )


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else _ORDINALS.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{suffix}"


def _needed_limit(
    bound: Bound,
    column: MetricColumn,
    sign: int,
    limit: float,
    confidence: float | None,
    others: Floats,
) -> Floats:
    """Where one side of `bound` must move to admit each candidate, while its other side stays; NaN where
    that admits none. `others` is the joint probability of the other bounds."""
    opposite = [other for other, direction in bound.sides if direction != sign]
    if confidence is None:
        needed = admitting_limit(column, sign, limit, None)
        for other in opposite:
            needed = np.where(-sign * (column.value - other) >= 0, needed, np.nan)
    else:
        chance = confidence / others
        for other in opposite:
            below = probability_below(column, other)
            chance = chance + (1 - below if sign > 0 else below)
        needed = admitting_limit(column, sign, limit, chance)
    return np.where(needed == limit, np.nan, needed)


def _relaxing_shares(columns: CandidateColumns, budget: Budget) -> Floats:
    """The share of itself by which every bound must widen to admit each candidate at its value."""
    share = np.zeros(len(columns))
    for bound in budget.bounds:
        value = columns.metrics[bound.metric].value
        for limit, sign in bound.sides:
            missing = np.where(sign * (limit - value) > 0, sign * (limit - value), 0 * value)
            with np.errstate(over="ignore"):
                needed = missing / limit if limit else np.where(missing > 0, np.nan, missing)
            share = np.maximum(share, needed)
    return share


def _bisected_relaxation(columns: CandidateColumns, budget: Budget, usable: Bools) -> JointRelaxation | None:
    """With a confidence, the share has no closed form; what it admits only grows with it."""

    def admitted(factor: float) -> tuple[Budget, Ints]:
        wider = Budget(tuple(_widened(bound, factor) for bound in budget.bounds), budget.confidence)
        return wider, np.flatnonzero(fit_budget(wider, columns.metrics, len(columns), usable).fits)

    low, high = 0.0, _FIRST_SHARE
    while not len(admitted(high)[1]):
        low, high = high, high * 2
        if high > _WIDEST:
            return None
    while high - low > _SHARE_PRECISION * high:
        middle = (low + high) / 2
        low, high = (low, middle) if len(admitted(middle)[1]) else (middle, high)
    wider, rows = admitted(high)
    return JointRelaxation(high, wider.bounds, int(rows[0]))


def _widened(bound: Bound, factor: float) -> Bound:
    """`bound` with both sides moved out by the share `factor` of themselves."""
    minimum = None if bound.minimum is None else max(0.0, bound.minimum * (1 - factor))
    maximum = None if bound.maximum is None else min(float_info.max, bound.maximum * (1 + factor))
    return Bound(bound.metric, minimum, maximum)


def _reaching(bound: Bound, value: float) -> Bound:
    """`bound`, which holds `value` but for rounding, made to hold it."""
    minimum = None if bound.minimum is None else min(bound.minimum, value)
    maximum = None if bound.maximum is None else max(bound.maximum, value)
    return Bound(bound.metric, minimum, maximum)
