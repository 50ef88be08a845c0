"""Candidates side by side, and the frontier of two metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.questions.filters import filtered, is_named
from app.questions.held_candidates import CandidateCache
from app.questions.judgement import Judgement, judge
from app.questions.names import ResolvedQuestion, find_candidates, resolve
from app.questions.question import Question
from app.ranking.budget.budget import Budget, BudgetFit, fit_budget
from app.ranking.order.order import collapse
from app.ranking.order.pareto import costs_of, non_dominated
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.database import Catalog, ReadSession, revision
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Compared:
    """The name that was `asked` for, and the `row` of its most accurate checkpoint where that runs fastest.

    `row` is None where no number of the name passes the filters. Then `missing` says what became of it.
    """

    asked: str
    row: int | None
    missing: Judgement | None = None


@dataclass(frozen=True)
class Comparison:
    """Candidates of one target. `best` is the asked name with the best number, by metric."""

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    compared: tuple[Compared, ...]
    best: dict[Metric, str]
    catalog_revision: int


@dataclass(frozen=True)
class Frontier:
    """The candidates that no candidate dominates in `metrics`, from best to worst in the first of them.

    `rows` are what is left of them once they are collapsed, and `on_frontier` is how many they are before.
    `judgement` says what became of the candidates that passed the filters.
    """

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    metrics: tuple[Metric, ...]
    rows: tuple[int, ...]
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
    return Comparison(target, columns, _unbounded(columns), compared, best, catalog_revision)


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
        on_frontier=len(on_frontier),
        considered=len(columns),
        unknown=len(columns) - len(rows),
        judgement=judgement,
        catalog_revision=catalog_revision,
    )


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
    """The row of `name` with the best accuracy. Of several such rows, the fastest."""
    rows = np.flatnonzero(is_named(columns, name) & columns.usable)
    if not len(rows):
        return None
    return int(rows[np.lexsort((columns.speed_order[rows], costs_of(columns, Metric.TOP1)[rows]))[0]])


def _unbounded(columns: CandidateColumns) -> BudgetFit:
    return fit_budget(Budget(), columns)
