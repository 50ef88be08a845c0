"""What an answer did not look at: how many architectures, and which of them would probably fit and win."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.questions.asking.question import Question
from app.questions.candidates.filters import passing
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.budget.budget import Bound, Budget, BudgetFit, fit_budget
from app.ranking.budget.confidence import probability_within
from app.ranking.budget.floors import NOT_BELOW_LATENCY
from app.ranking.budget.sides import Side
from app.ranking.budget.unmeasured import Basis, Bounded
from app.ranking.order.objective import Objective, Scale, Scores, objective_costs, scale_of
from app.ranking.speed import image_ms
from catalog.candidates.category import Bools, Category, Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration, Target
from catalog.storage.database import ReadSession
from catalog.storage.facts.names import count_architectures
from catalog.words.metrics import RATIO_COSTS, TRAINING_METRICS, Direction, Metric, Subject
from catalog.words.vocabulary import Device, Scenario

# As many as a reader compares, and as one campaign measures in some minutes.
_MOST_NAMED = 5
_PROBABLE = 0.5
# Pairs of lists of names that are held: those of the targets asked for last and of what bounds them.
_PAIRS = 64
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

    Where nothing bounds what a network may cost, the most accurate ones are the largest. Then `dearer` counts
    those that would win and be slower than the winner, and they are not promising. Otherwise it is None.
    `is_boundable` says whether anything had bounds on the target before the filters.
    """

    counts: ArchitectureCounts
    bounded: int
    promising_count: int
    promising: tuple[Promising, ...]
    dearer: int | None
    is_boundable: bool


def not_considered(
    session: ReadSession,
    candidates: CandidateCache,
    question: Question,
    target: Target,
    columns: CandidateColumns,
    fit: BudgetFit,
    objective: Objective,
    scores: Scores,
    winner: int | None,
) -> NotConsidered:
    """What the answer over `columns`, which passed the filters, did not look at.

    `scores` are those of what fits, and `winner` is the first row.
    """
    counts = ArchitectureCounts(
        known=count_architectures(session),
        on_target=candidates.columns(session, target.id).architecture.different,
        considered=columns.architecture.different,
        fitting=columns.architecture.take(fit.fits).different,
    )
    every = candidates.bounded(session, target)
    groups = [
        (bounded, rows)
        for bounded in every
        if len(rows := _not_looked_at(bounded.columns, question, columns.architecture))
    ]
    has_bounds = {
        name for bounded, rows in groups for name in _names(bounded.columns.architecture.take(rows))
    }
    if not _is_costless(fit.budget, objective):
        found, best = _promising(groups, fit.budget, objective, scores)
        return NotConsidered(counts, len(has_bounds), found, best, None, bool(every))
    at_any_cost, _ = _promising(groups, fit.budget, objective, scores)
    if winner is None:
        return NotConsidered(counts, len(has_bounds), 0, (), at_any_cost, bool(every))
    slowest_ms = float(image_ms(columns, np.array([winner]))[0])
    found, best = _promising(groups, fit.budget, objective, scores, slowest_ms)
    return NotConsidered(counts, len(has_bounds), found, best, at_any_cost - found, bool(every))


def _is_costless(budget: Budget, objective: Objective) -> bool:
    """Whether neither the budget nor the objective keeps a network from being slow or large."""
    accuracies = all(
        metric.subject is Subject.CHECKPOINT and metric not in RATIO_COSTS for metric in objective.metrics
    )
    costs = any(
        limit is not None and (bound.metric.subject is not Subject.CHECKPOINT or bound.metric in RATIO_COSTS)
        for bound in budget.bounds
        for limit in [bound.maximum if bound.metric.direction is Direction.LOWER else bound.minimum]
    )
    return accuracies and not costs


def _names(column: Category[str]) -> set[str]:
    present = np.flatnonzero(np.bincount(column.codes))
    return {column.values[code] for code in present.tolist()}


def _not_looked_at(columns: CandidateColumns, question: Question, looked_at: Category[str]) -> Ints:
    """The candidates that pass the filters, and whose architecture is none of those `looked_at`."""
    names = columns.architecture
    was_looked_at = np.zeros(len(looked_at.values) + 1, dtype=np.bool_)  # the last is that of other names
    was_looked_at[looked_at.codes] = True
    rows = np.flatnonzero(~was_looked_at[_places(names.values, looked_at.values)][names.codes])
    return rows[passing(columns.take(rows), question)] if len(rows) else rows


@lru_cache(_PAIRS)
def _places(names: tuple[str, ...], among: tuple[str, ...]) -> Ints:
    """The place of each name among others. -1 where it is not among them."""
    places = dict(zip(among, range(len(among)), strict=True))
    return np.array([places.get(name, -1) for name in names], dtype=np.int64)


@dataclass(frozen=True)
class _Probable:
    """The `rows` of a group that probably keep the budget, with their costs (n x metrics) and times (ms)."""

    group: Bounded
    rows: Ints
    probability: Floats
    costs: Floats
    times: Floats


def _promising(
    groups: Sequence[tuple[Bounded, Ints]],
    budget: Budget,
    objective: Objective,
    scores: Scores,
    slowest_ms: float = np.inf,
) -> tuple[int, tuple[Promising, ...]]:
    """How many architectures would probably fit and win, and the best candidate of each of the best.

    An image probably takes them `slowest_ms` at most.
    """
    if not groups:
        return 0, ()
    scale = scores.scale
    winning = -np.inf if scale is None else float(np.nanmax(scores.total)) + _LEAST_ADVANTAGE
    probable = [
        _probable(group, rows[image_ms(group.columns, rows) <= slowest_ms], budget, objective, scale, winning)
        for group, rows in groups
    ]
    probable = [each for each in probable if len(each.rows)]
    if not probable:
        return 0, ()
    costs = np.concatenate([each.costs for each in probable])
    scale = scale_of(costs, objective) if scale is None else scale
    distance = scale.total(costs, objective)
    times = np.concatenate([each.times for each in probable])
    places = [(each, place) for each in probable for place in range(len(each.rows))]
    names = [each.group.columns.architecture[int(each.rows[place])] for each, place in places]
    best: dict[str, tuple[_Probable, int]] = {}
    for position in np.lexsort((times, -distance)).tolist():
        best.setdefault(names[position], places[position])
    chosen = list(best.values())[:_MOST_NAMED]
    return len(best), tuple(_named(each, place, budget) for each, place in chosen)


def _probable(
    group: Bounded, rows: Ints, budget: Budget, objective: Objective, scale: Scale | None, winning: float
) -> _Probable:
    """Those of `rows` that probably keep the budget, and whose distance on the `scale` is above `winning`."""
    costs = objective_costs(group.columns, objective, rows)
    known = ~np.isnan(costs).any(axis=1)
    if scale is not None:
        known &= scale.total(costs, objective) > winning
    rows, costs = rows[known], costs[known]
    columns = group.columns.take(rows)
    probability, judged = np.ones(len(rows)), np.full(len(rows), not budget.bounds)
    for bound, test in fit_budget(Budget(budget.bounds), columns).by_bound.items():
        chance, is_judged = _at_best(group, bound, rows)
        probability = probability * np.where(test.judged, test.probability, chance)
        judged |= test.judged | is_judged
    # Where nothing is known of any bounded number, nothing is probable.
    probability[~judged] = 0.0
    keep = probability >= _PROBABLE
    return _Probable(group, rows[keep], probability[keep], costs[keep], image_ms(columns)[keep])


def _at_best(group: Bounded, bound: Bound, rows: Ints) -> tuple[Floats, Bools]:
    """The largest probability that candidates whose number is unknown keep the bound, and where it rests on
    another number.

    0 where measuring does not tell: then nothing is promising about them.
    """
    chance, nothing = np.ones(len(rows)), np.zeros(len(rows), dtype=np.bool_)
    if not _is_measured(bound.metric, group.columns.configuration[0]):
        return np.zeros(len(rows)), nothing
    if bound.maximum is None:
        return chance, nothing
    if bound.metric in NOT_BELOW_LATENCY:
        latency = group.columns.metrics[Metric.LATENCY_MS].take(rows)
        within = probability_within(latency, [(bound.maximum, Side.MAX)])
        return np.nan_to_num(within, nan=1.0), ~np.isnan(within)
    if bound.metric in group.floors:
        return np.where(group.floors[bound.metric][rows] > bound.maximum, 0.0, chance), nothing
    return chance, nothing


def _is_measured(metric: Metric, configuration: Configuration) -> bool:
    """Whether a measurement in the configuration has the metric."""
    if metric.subject is Subject.CHECKPOINT:
        return False
    if metric.subject is Subject.WORKLOAD:
        return True
    if metric is Metric.DEVICE_MEMORY_MB and configuration.device is Device.CPU:
        return False
    return (metric in TRAINING_METRICS) == (configuration.scenario is Scenario.TRAINING)


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
