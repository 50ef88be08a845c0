"""What an answer did not look at: how many architectures, and which of them would probably fit and win."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from app.questions.filters import passing
from app.questions.held_candidates import CandidateCache
from app.questions.question import Question
from app.ranking.budget import Bound, Budget, BudgetFit, fit_budget
from app.ranking.confidence import probability_within
from app.ranking.floors import NOT_BELOW_LATENCY
from app.ranking.objective import Objective, Scale, objective_costs, scale_of
from app.ranking.sides import Side
from app.ranking.speed import image_ms
from app.ranking.unmeasured import Basis, Bounded
from catalog.candidates import Bools, CandidateColumns, Category, Floats, Ints
from catalog.entities.configurations import Target
from catalog.storage.database import ReadSession
from catalog.storage.names import count_architectures
from catalog.words.metrics import Metric

# As many as a reader compares, and as one campaign measures in some minutes.
_MOST_NAMED = 5
_PROBABLE = 0.5
# Rounding is no advantage.
_LEAST_ADVANTAGE = 1e-9


@dataclass(frozen=True)
class ArchitectureCounts:
    """How many architectures the catalog knows, have a row on the target, passed the filters, and fit."""

    known: int
    on_target: int
    considered: int
    fitting: int


@dataclass(frozen=True)
class Promising:
    """A candidate, `row` of `columns`, that was not measured and would probably fit and win.

    `probability` is that it keeps the bounds that can be judged. The `unjudged` metrics are unknown.
    Their bounds count as kept, unless what the number is at least is outside.
    """

    columns: CandidateColumns
    row: int
    basis: Basis
    probability: float
    unjudged: tuple[Metric, ...]


@dataclass(frozen=True)
class NotConsidered:
    """What is known of the architectures that were not considered.

    `bounded` counts those that pass the filters and have bounds on the target. `promising_count` counts those
    of them that would probably fit and win. `promising` has the best of these, each with its best candidate.
    """

    counts: ArchitectureCounts
    bounded: int
    promising_count: int
    promising: tuple[Promising, ...]


def not_considered(
    session: ReadSession,
    candidates: CandidateCache,
    question: Question,
    target: Target,
    columns: CandidateColumns,
    fit: BudgetFit,
    objective: Objective,
) -> NotConsidered:
    """What the answer over `columns`, which passed the filters, did not look at."""
    looked_at = _names(columns.architecture)
    counts = ArchitectureCounts(
        known=count_architectures(session),
        on_target=len(_names(candidates.columns(session, target.id).architecture)),
        considered=len(looked_at),
        fitting=len(_names(columns.architecture.take(np.flatnonzero(fit.fits)))),
    )
    groups = [
        (bounded, np.flatnonzero(_not_looked_at(bounded.columns, question, looked_at)))
        for bounded in candidates.bounded(session, target)
    ]
    has_bounds = {
        name for bounded, rows in groups for name in _names(bounded.columns.architecture.take(rows))
    }
    found, best = _promising(groups, fit, objective, columns)
    return NotConsidered(counts, len(has_bounds), found, best)


def _names(column: Category[str]) -> set[str]:
    present = np.flatnonzero(np.bincount(column.codes))
    return {column.values[code] for code in present.tolist()}


def _not_looked_at(columns: CandidateColumns, question: Question, looked_at: Collection[str]) -> Bools:
    keep = passing(columns, question)
    if keep.any():
        keep &= columns.architecture.mask(lambda name: name not in looked_at)
    return keep


@dataclass(frozen=True)
class _Probable:
    """The `rows` of a group that probably keep the budget, with their costs (n x metrics) and times (ms)."""

    group: Bounded
    rows: Ints
    probability: Floats
    costs: Floats
    times: Floats


def _promising(
    groups: Sequence[tuple[Bounded, Ints]], fit: BudgetFit, objective: Objective, columns: CandidateColumns
) -> tuple[int, tuple[Promising, ...]]:
    """How many architectures would probably fit and win, and the best candidate of each of the best."""
    fitting = objective_costs(columns, objective)[fit.fits]
    fitting = fitting[~np.isnan(fitting).any(axis=1)]
    scale, winning = None, -np.inf
    if len(fitting):
        scale = scale_of(fitting, objective)
        winning = float(scale.distance(fitting, objective).max()) + _LEAST_ADVANTAGE
    probable = [_probable(group, rows, fit.budget, objective, scale, winning) for group, rows in groups]
    probable = [each for each in probable if len(each.rows)]
    if not probable:
        return 0, ()
    costs = np.concatenate([each.costs for each in probable])
    scale = scale_of(costs, objective) if scale is None else scale
    distance = scale.distance(costs, objective)
    times = np.concatenate([each.times for each in probable])
    places = [(each, place) for each in probable for place in range(len(each.rows))]
    names = [each.group.columns.architecture[int(each.rows[place])] for each, place in places]
    best: dict[str, tuple[_Probable, int]] = {}
    for position in np.lexsort((times, -distance)).tolist():
        best.setdefault(names[position], places[position])
    chosen = list(best.values())[:_MOST_NAMED]
    return len(best), tuple(_named(each, place, fit.budget) for each, place in chosen)


def _probable(
    group: Bounded, rows: Ints, budget: Budget, objective: Objective, scale: Scale | None, winning: float
) -> _Probable:
    """Those of `rows` that probably keep the budget, and whose distance on the `scale` is above `winning`."""
    costs = objective_costs(group.columns, objective)[rows]
    known = ~np.isnan(costs).any(axis=1)
    if scale is not None:
        known &= scale.distance(costs, objective) > winning
    rows, costs = rows[known], costs[known]
    columns = group.columns.take(rows)
    probability = np.ones(len(rows))
    for bound, test in fit_budget(Budget(budget.bounds), columns).by_bound.items():
        at_best = _at_best(group, bound, rows)
        probability = probability * np.where(test.judged, test.probability, at_best)
    keep = probability >= _PROBABLE
    return _Probable(group, rows[keep], probability[keep], costs[keep], image_ms(columns)[keep])


def _at_best(group: Bounded, bound: Bound, rows: Ints) -> Floats:
    """The largest probability that candidates whose number is unknown keep the bound."""
    chance = np.ones(len(rows))
    if bound.maximum is None:
        return chance
    if bound.metric in NOT_BELOW_LATENCY:
        latency = group.columns.metrics[Metric.LATENCY_MS].take(rows)
        return np.nan_to_num(probability_within(latency, [(bound.maximum, Side.MAX)]), nan=1.0)
    if bound.metric in group.floors:
        return np.where(group.floors[bound.metric][rows] > bound.maximum, 0.0, chance)
    return chance


def _named(probable: _Probable, place: int, budget: Budget) -> Promising:
    columns, row = probable.group.columns, int(probable.rows[place])
    metrics = [bound.metric for bound in budget.bounds]
    return Promising(
        columns,
        row,
        probable.group.basis,
        float(probable.probability[place]),
        tuple(metric for metric in metrics if np.isnan(columns.metrics[metric].value[row])),
    )
