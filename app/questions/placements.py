"""The inverse question: which targets and configurations run this checkpoint within this budget."""

from dataclasses import dataclass, field, replace

import numpy as np

from app.questions.block_counts import with_blocks
from app.questions.filters import filtered
from app.questions.held_candidates import CandidateCache
from app.questions.names import find_candidates, find_targets, resolve
from app.questions.question import ConfigurationFilter, Question
from app.ranking.budget import Budget, BudgetFit, corrected_for_selection, fit_budget
from app.ranking.eliminations import Elimination, eliminations
from app.ranking.nearness import near_misses
from app.ranking.objective import Asked, objective_of, score
from app.ranking.order import rank
from catalog.candidates import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.database import Catalog, revision
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class PlacementQuestion:
    """Where `checkpoint` fits the budget: on `targets`, or on every target where none is named.

    `checkpoint` may name an architecture, which means all of its checkpoints.
    """

    checkpoint: str
    budget: Budget
    targets: tuple[str, ...] = ()
    configuration: ConfigurationFilter = field(default_factory=ConfigurationFilter)
    input_size: tuple[int, int] | None = None
    objective: Asked = Metric.TOP1
    limit: int = 10


@dataclass(frozen=True)
class TargetAnswer:
    """A target's candidates of the checkpoint.

    `rows` are those that fit, best first, at most as many as the question asks for. `elimination` says what
    became of the others. `near_miss` is the nearest candidate where none fits.
    """

    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    rows: tuple[int, ...]
    elimination: Elimination
    near_miss: int | None


@dataclass(frozen=True)
class Placements:
    """An answer for each target that has a number of the `checkpoint`, which is named as the catalog does."""

    checkpoint: str
    answers: tuple[TargetAnswer, ...]
    catalog_revision: int


def place(catalog: Catalog, question: PlacementQuestion, candidates: CandidateCache) -> Placements:
    """Where the checkpoint fits the budget, on each target that has a number of it.

    Raises:
        UnknownCheckpoint: lists close matches.
        UnknownTarget: lists the ids that exist.
    """
    answers = []
    with catalog.read() as session:
        (checkpoint,) = find_candidates(session, [question.checkpoint], "checkpoint")
        for target in find_targets(session, question.targets, "targets"):
            filters = Question(
                target=target.id, input_size=question.input_size, configuration=question.configuration
            )
            _, resolved = resolve(session, filters)
            columns = filtered(session, candidates, resolved, checkpoint)
            if len(columns):
                answer = _answer(target, columns, question)
                shown = answer.rows if answer.near_miss is None else (answer.near_miss,)
                answers.append(replace(answer, columns=with_blocks(session, columns, shown)))
        return Placements(checkpoint, tuple(answers), revision(session))


def _answer(target: Target, columns: CandidateColumns, question: PlacementQuestion) -> TargetAnswer:
    fit = fit_budget(corrected_for_selection(question.budget, columns), columns)
    fitting = np.flatnonzero(fit.fits)
    objective = objective_of(question.objective, question.budget.bounds, columns)
    scores = score(columns, fitting, objective)
    no_octaves = np.zeros(len(columns))  # no typical image is given
    ranked = rank(columns, fitting, objective, scores, no_octaves)[: question.limit]
    misses = near_misses(columns, fit, 1)
    return TargetAnswer(
        target=target,
        columns=columns,
        fit=fit,
        rows=tuple(int(row) for row in ranked),
        elimination=eliminations(fit),
        near_miss=misses[0] if misses and not len(fitting) else None,
    )
