"""The inverse question: which targets and configurations run this checkpoint within this budget."""

from dataclasses import dataclass, field

import numpy as np

from app.questions.filters import filtered
from app.questions.held_candidates import CandidateCache
from app.questions.names import find_candidates, find_targets, resolve
from app.questions.question import ConfigurationFilter, Question
from app.ranking.budget import Budget, BudgetFit, corrected_for_selection, fit_budget
from app.ranking.eliminations import Elimination, eliminations, near_misses
from app.ranking.objective import Asked, objective_of, score
from app.ranking.order import rank
from catalog.candidates import CandidateColumns
from catalog.entities.configurations import Target
from catalog.entities.identity import is_checkpoint_name
from catalog.storage.database import Catalog, revision
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class PlacementQuestion:
    """Where `checkpoint` (or an architecture, which stands for each of its checkpoints) fits the budget; on
    all targets where none is named."""

    checkpoint: str
    budget: Budget
    targets: tuple[str, ...] = ()
    configuration: ConfigurationFilter = field(default_factory=ConfigurationFilter)
    input_size: tuple[int, int] | None = None
    objective: Asked = Metric.TOP1
    limit: int = 10


@dataclass(frozen=True)
class TargetAnswer:
    """A target's candidates of the checkpoint: those that fit in `rows`, best first, and what became of the
    others; `near_miss` is the nearest where none fits."""

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    rows: tuple[int, ...]
    elimination: Elimination
    near_miss: int | None


def place(
    catalog: Catalog, question: PlacementQuestion, candidates: CandidateCache
) -> tuple[list[TargetAnswer], int]:
    """An answer for each target that has a number of the checkpoint, and the catalog's revision.

    Raises:
        UnknownCheckpoint: lists close matches.
        UnknownTarget: lists the ids that exist.
    """
    answers = []
    with catalog.read() as session:
        find_candidates(session, [question.checkpoint], "checkpoint")
        for target in find_targets(session, question.targets, "targets"):
            filters = Question(
                target=target.id, input_size=question.input_size, configuration=question.configuration
            )
            _, resolved = resolve(session, filters)
            columns = filtered(session, candidates, resolved)
            names = columns.checkpoint if is_checkpoint_name(question.checkpoint) else columns.architecture
            rows = np.flatnonzero(names.mask(lambda name: name == question.checkpoint))
            if len(rows):
                answers.append(_answer(target, columns.take(rows), question))
        return answers, revision(session)


def _answer(target: Target, columns: CandidateColumns, question: PlacementQuestion) -> TargetAnswer:
    fit = fit_budget(corrected_for_selection(question.budget, columns), columns)
    fitting = np.flatnonzero(fit.fits)
    objective = objective_of(question.objective, question.budget.bounds, columns)
    scores = score(columns, fitting, objective, question.limit)
    as_they_are = np.zeros(len(columns))
    ranked = rank(columns, fitting, objective, scores, as_they_are)[: question.limit]
    misses = near_misses(columns, fit, 1)
    return TargetAnswer(
        target=target,
        columns=columns,
        fit=fit,
        rows=tuple(int(row) for row in ranked),
        elimination=eliminations(fit),
        near_miss=misses[0] if misses and not len(fitting) else None,
    )
