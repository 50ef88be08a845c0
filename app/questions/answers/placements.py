"""The inverse question: which targets and configurations run this checkpoint within this budget."""

from dataclasses import dataclass, field

import numpy as np

from app.questions.answers.judgement import Judgement, has_number, judge
from app.questions.asking.names import find_candidates, find_targets, resolve
from app.questions.asking.question import ConfigurationFilter, Question
from app.questions.candidates.filters import filtered
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.budget.budget import Budget
from app.ranking.budget.nearness import nearest
from app.ranking.order.objective import Asked, objective_of, score
from app.ranking.order.order import rank
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

    `rows` are those that fit, best first, at most as many as the question asks for. `judgement` says what
    became of the others. `near_miss` is the nearest candidate where none fits. `distance` is the smallest
    share of themselves by which all bounds must widen to admit it, None where none fits with any share.
    """

    judgement: Judgement
    rows: tuple[int, ...]
    near_miss: int | None
    distance: float | None


@dataclass(frozen=True)
class Placements:
    """An answer for each target that was asked for or has a number of the `checkpoint`, which is named as the
    catalog does."""

    checkpoint: str
    answers: tuple[TargetAnswer, ...]
    catalog_revision: int


def place(catalog: Catalog, question: PlacementQuestion, candidates: CandidateCache) -> Placements:
    """Where the checkpoint fits the budget, on each target that has a number of it or is asked for.

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
            if not question.targets and not has_number(session, candidates, target, checkpoint):
                continue
            _, resolved = resolve(session, filters)
            columns = filtered(session, candidates, resolved, checkpoint)
            judgement = judge(session, candidates, resolved, target, columns, question.budget, checkpoint)
            answers.append(_answer(judgement, question))
        return Placements(checkpoint, tuple(answers), revision(session))


def _answer(judgement: Judgement, question: PlacementQuestion) -> TargetAnswer:
    columns, fit = judgement.columns, judgement.fit
    fitting = np.flatnonzero(fit.fits)
    objective = objective_of(question.objective, question.budget.bounds, columns)
    scores = score(columns, fitting, objective)
    no_octaves = np.zeros(len(columns))  # no typical image is given
    ranked = rank(columns, fitting, objective, scores, no_octaves)[: question.limit]
    if len(fitting):
        return TargetAnswer(judgement, tuple(ranked.tolist()), None, None)
    misses, distances = nearest(columns, fit, np.flatnonzero(fit.usable), 1)
    if not len(misses):
        return TargetAnswer(judgement, (), None, None)
    return TargetAnswer(judgement, (), int(misses[0]), float(distances[0]))
