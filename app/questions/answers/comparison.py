"""Candidates side by side, and the frontier of two metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.questions.answers.judgement import Judgement, judge
from app.questions.asking.names import ResolvedQuestion, find_candidates, resolve
from app.questions.asking.question import Question
from app.questions.candidates.filters import filtered, is_named
from app.questions.candidates.held_candidates import CandidateCache
from app.questions.candidates.most_accurate import most_accurate
from app.ranking.budget.budget import Budget, BudgetFit, fit_budget
from app.ranking.budget.stand_ins import stand_ins
from app.ranking.order.leading import leading, within_error_of_previous
from app.ranking.order.order import collapse
from app.ranking.order.pareto import costs_of, non_dominated
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.database import Catalog, ReadSession, revision
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Compared:
    """The name that was `asked` for, and the `row` of its most accurate checkpoint where that runs fastest.
    `most_accurate` says which checkpoint that is.

    `row` is None where no number of the name passes the filters. Then `missing` says what became of it.
    """

    asked: str
    row: int | None
    missing: Judgement | None = None


@dataclass(frozen=True)
class Comparison:
    """Candidates of one target. `best` is the asked name with the best number, by metric.

    `leading` has the names with the best number and with those that are as good. A metric in which no name
    is better is absent.
    """

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    compared: tuple[Compared, ...]
    best: dict[Metric, str]
    leading: dict[Metric, tuple[str, ...]]
    catalog_revision: int


@dataclass(frozen=True)
class Frontier:
    """The candidates that no candidate dominates in `metrics`, from best to worst in the first of them.

    `rows` are what is left of them once they are collapsed, and `on_frontier` is how many they are before.
    `within_error` has, for each row, the metrics in which it is within the error of the row before it.
    `judgement` says what became of the candidates that passed the filters.
    """

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    metrics: tuple[Metric, ...]
    rows: tuple[int, ...]
    within_error: tuple[tuple[Metric, ...], ...]
    on_frontier: int
    considered: int
    unknown: int
    judgement: Judgement
    catalog_revision: int


def compare(
    catalog: Catalog, names: Sequence[str], question: Question, candidates: CandidateCache
) -> Comparison:
    """Checkpoints or architectures side by side, of those candidates that pass the question's filters.

    Raises:
        UnknownCheckpoint: lists close matches.
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: lists the names that exist.
    """
    with catalog.read() as session:
        target, resolved = resolve(session, question)
        asked = find_candidates(session, names, "candidate")
        columns = filtered(session, candidates, resolved, *asked)
        compared = tuple(_compared(session, candidates, resolved, target, columns, name) for name in asked)
        catalog_revision = revision(session)
    best = {}
    for metric in columns.metrics:
        costs = costs_of(columns, metric)
        cost_by_name = {
            candidate.asked: float(costs[candidate.row])
            for candidate in compared
            if candidate.row is not None and not np.isnan(costs[candidate.row])
        }
        if cost_by_name:
            best[metric] = min(cost_by_name, key=cost_by_name.__getitem__)
    return Comparison(
        target, columns, _unbounded(columns), compared, best, _leading(columns, compared), catalog_revision
    )


def _leading(columns: CandidateColumns, compared: Sequence[Compared]) -> dict[Metric, tuple[str, ...]]:
    named = [(candidate.asked, candidate.row) for candidate in compared if candidate.row is not None]
    rows = np.array([row for _, row in named], dtype=np.int64)
    positions = {metric: sorted(leading(columns, metric, rows)) for metric in columns.metrics}
    return {
        metric: tuple(named[place][0] for place in places) for metric, places in positions.items() if places
    }


def frontier(
    catalog: Catalog, metrics: Sequence[Metric], question: Question, candidates: CandidateCache
) -> Frontier:
    """The Pareto frontier of the candidates that pass the question's filters, collapsed as the question asks.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: lists the names that exist.
    """
    with catalog.read() as session:
        target, resolved = resolve(session, question)
        columns = filtered(session, candidates, resolved)
        costs = np.stack([costs_of(columns, metric) for metric in metrics], axis=1)
        rows = np.flatnonzero(columns.usable & ~np.isnan(costs).any(axis=1))
        on_frontier = rows[non_dominated(costs[rows])]
        ordered = on_frontier[np.argsort(costs[on_frontier, 0], kind="stable")]
        kept = collapse(columns, ordered, question.collapse)
        judgement = judge(session, candidates, resolved, target, columns, Budget())
        catalog_revision = revision(session)
    return Frontier(
        target=target,
        columns=columns,
        fit=_unbounded(columns),
        metrics=tuple(metrics),
        rows=tuple(int(row) for row in kept),
        within_error=tuple(within_error_of_previous(columns, metrics, kept)),
        on_frontier=len(on_frontier),
        considered=len(columns),
        unknown=len(columns) - len(rows),
        judgement=judgement,
        catalog_revision=catalog_revision,
    )


def usual_frontier(catalog: Catalog, y: Metric, question: Question, candidates: CandidateCache) -> Frontier:
    """The frontier of `y` and the time of a call, or, where no candidate has that, the speed that they have.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: lists the names that exist.
    """
    found = frontier(catalog, (Metric.LATENCY_MS, y), question, candidates)
    columns = found.judgement.columns
    usable = columns.take(np.flatnonzero(columns.usable))
    if not np.isnan(usable.metrics[Metric.LATENCY_MS].value).all():
        return found
    others = [metric for metric in stand_ins(Metric.LATENCY_MS, usable) if metric is not y]
    return frontier(catalog, (others[0], y), question, candidates) if others else found


def _compared(
    session: ReadSession,
    candidates: CandidateCache,
    question: ResolvedQuestion,
    target: Target,
    columns: CandidateColumns,
    name: str,
) -> Compared:
    row = _most_accurate(columns, name)
    if row is not None:
        return Compared(name, row)
    own = filtered(session, candidates, question, name)
    return Compared(name, None, judge(session, candidates, question, target, own, Budget(), name))


def _most_accurate(columns: CandidateColumns, name: str) -> int | None:
    """The row that represents `name`: of its most accurate checkpoint, in its fastest configuration."""
    rows = np.flatnonzero(is_named(columns, name) & columns.usable)
    return most_accurate(columns, rows, columns.speed_order) if len(rows) else None


def _unbounded(columns: CandidateColumns) -> BudgetFit:
    return fit_budget(Budget(), columns)
