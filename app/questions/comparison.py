"""Candidates side by side, and the frontier of two metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.questions.filters import filtered
from app.questions.held_candidates import CandidateCache
from app.questions.names import find_candidates, resolve
from app.questions.question import Question
from app.ranking.budget import Budget, BudgetFit, fit_budget
from app.ranking.order import collapse
from app.ranking.pareto import costs_of, non_dominated
from catalog.candidates import CandidateColumns
from catalog.entities.configurations import Target
from catalog.entities.identity import is_checkpoint_name
from catalog.storage.database import Catalog
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Side:
    """What was `asked` for, and the row that stands for it: its fastest configuration; None where the
    target has no number of it."""

    asked: str
    row: int | None


@dataclass(frozen=True)
class Comparison:
    """Candidates of one target. `best` names, by metric, which side is best of those that have it."""

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    sides: tuple[Side, ...]
    best: dict[Metric, str]
    catalog_revision: int


@dataclass(frozen=True)
class Frontier:
    """The candidates that none dominates in `metrics`, from best to worst in the first of them."""

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    metrics: tuple[Metric, ...]
    rows: tuple[int, ...]
    considered: int
    unknown: int
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
        compared = find_candidates(session, names, "candidate")
        columns = filtered(session, candidates, resolved)
    sides = tuple(Side(name, _fastest(columns, name)) for name in compared)
    best = {}
    for metric, column in columns.metrics.items():
        known = [side for side in sides if side.row is not None and not np.isnan(column.value[side.row])]
        if known:
            best[metric] = min(known, key=lambda side: metric.cost_sign * column.value[side.row]).asked
    return Comparison(target, columns, _unbounded(columns), sides, best, columns.revision)


def frontier(
    catalog: Catalog, metrics: Sequence[Metric], question: Question, candidates: CandidateCache
) -> Frontier:
    """The Pareto frontier of the candidates that pass the question's filters; one row for each architecture.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: lists the names that exist.
    """
    with catalog.read() as session:
        target, resolved = resolve(session, question)
        columns = filtered(session, candidates, resolved)
    costs = np.stack([costs_of(columns, metric) for metric in metrics], axis=1)
    rows = np.flatnonzero(columns.usable & ~np.isnan(costs).any(axis=1))
    first = rows[non_dominated(costs[rows])]
    ordered = first[np.argsort(costs[first, 0], kind="stable")]
    kept = collapse(columns, ordered, question.collapse)
    return Frontier(
        target=target,
        columns=columns,
        fit=_unbounded(columns),
        metrics=tuple(metrics),
        rows=tuple(int(row) for row in kept),
        considered=len(columns),
        unknown=len(columns) - len(rows),
        catalog_revision=columns.revision,
    )


def _fastest(columns: CandidateColumns, name: str) -> int | None:
    """The row of `name` with the best accuracy, and of those the fastest."""
    names = columns.checkpoint if is_checkpoint_name(name) else columns.architecture
    rows = np.flatnonzero(names.mask(lambda one: one == name) & columns.usable)
    if not len(rows):
        return None
    return int(rows[np.lexsort((columns.speed_order[rows], costs_of(columns, Metric.TOP1)[rows]))[0]])


def _unbounded(columns: CandidateColumns) -> BudgetFit:
    return fit_budget(Budget(), columns)
