"""Recommendations: filter the candidates, test the budget, rank what fits, explain the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.questions.block_counts import with_blocks
from app.questions.filters import filtered
from app.questions.held_candidates import CandidateCache
from app.questions.names import resolve
from app.questions.question import Question
from app.ranking.budget import BudgetFit, corrected_for_selection, fit_budget
from app.ranking.eliminations import Elimination, eliminations
from app.ranking.nearness import near_misses
from app.ranking.objective import Objective, objective_of
from app.ranking.order import first_of, octaves_of, ranking_of
from app.ranking.other_winners import OtherWinner, other_winners
from app.ranking.outcome import Outcome, outcome_of
from app.ranking.reasons import reasons_of
from app.ranking.relaxations import (
    FewestRelaxation,
    JointRelaxation,
    Relaxation,
    fewest_relaxation,
    joint_relaxation,
    relaxations,
)
from app.training.advice import Advice
from catalog import host
from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.entities.configurations import Target
from catalog.storage.database import Catalog
from catalog.words.metrics import Metric

_NEAR_MISSES = 3


@dataclass(frozen=True)
class Recommended:
    """A candidate that fits: its `row` in the columns, its rank, and the reasons for the rank.

    `score` and `utilities` are NaN where a metric of the objective is unknown. `dominated_by` has the best
    row of each architecture that is at least as good in the objective, every bounded metric and speed, and
    better in one, best first. It is None where the candidate lacks one of these numbers. `enlargement` is how
    many times the short side of the typical image must grow to fill the input. It is 1 where the side need
    not grow.
    """

    rank: int
    shares_rank_with: int
    row: int
    reasons: tuple[str, ...]
    dominated_by: tuple[int, ...] | None
    score: float
    utilities: Mapping[Metric, float]
    enlargement: float
    training_plan: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The ranked candidates of a question, and what became of the others.

    `columns` and `fit` hold the candidates that passed the filters. The confidence of `fit.budget` is the
    probability that each candidate needs by itself.
    """

    question: Question
    target: Target
    is_local: bool
    columns: CandidateColumns
    fit: BudgetFit
    objective: Objective
    outcome: Outcome
    other_winners: tuple[OtherWinner, ...]
    recommendations: tuple[Recommended, ...]
    elimination: Elimination
    near_misses: tuple[int, ...]
    relaxations: tuple[Relaxation, ...]
    joint_relaxation: JointRelaxation | None
    fewest_relaxation: FewestRelaxation | None
    catalog_revision: int

    @property
    def considered(self) -> int:
        """How many candidates passed the filters."""
        return len(self.columns)


def recommend(catalog: Catalog, question: Question, candidates: CandidateCache | None = None) -> Answer:
    """Answer `question` from one snapshot of the catalog. `candidates` may hold its columns already.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: the question names what the catalog
            does not hold.
    """
    with catalog.read() as session:
        candidates = candidates or CandidateCache()
        target, resolved = resolve(session, question)
        columns = filtered(session, candidates, resolved)
        answer = _answer(resolved, target, columns)
        rows = [recommended.row for recommended in answer.recommendations]
        answer = replace(answer, columns=with_blocks(session, columns, [*rows, *answer.near_misses]))
        if question.training is None:
            return answer
        from app.questions.training_plans import training_plans  # noqa: PLC0415 - few ask for plans

        plans = training_plans(session, columns, rows, target, question.training)
        planned = zip(answer.recommendations, plans, strict=True)
        return replace(
            answer,
            recommendations=tuple(replace(recommended, training_plan=plan) for recommended, plan in planned),
        )


def _answer(question: Question, target: Target, columns: CandidateColumns) -> Answer:
    budget = corrected_for_selection(question.budget, columns)
    fit = fit_budget(budget, columns)
    objective = objective_of(question.objective, budget.bounds, columns)
    elimination = eliminations(fit)
    recommendations, has_knee = _recommended(columns, fit, question, objective)
    outcome = outcome_of(columns, fit, elimination, objective, has_knee=has_knee)
    return Answer(
        question=question,
        target=target,
        is_local=target.id == host.local_target().id,
        columns=columns,
        fit=fit,
        objective=objective,
        outcome=outcome,
        other_winners=_other_winners(columns, fit, question, objective, recommendations, outcome),
        recommendations=recommendations,
        elimination=elimination,
        near_misses=tuple(near_misses(columns, fit, _NEAR_MISSES)),
        relaxations=tuple(relaxations(columns, budget, fit)),
        joint_relaxation=joint_relaxation(columns, budget, fit),
        fewest_relaxation=fewest_relaxation(columns, budget, fit),
        catalog_revision=columns.revision,
    )


def _other_winners(
    columns: CandidateColumns,
    fit: BudgetFit,
    question: Question,
    objective: Objective,
    recommendations: Sequence[Recommended],
    outcome: Outcome,
) -> tuple[OtherWinner, ...]:
    """Who would be first under another confidence, where that is another candidate."""
    if outcome is Outcome.OBJECTIVE_UNKNOWN:
        return ()
    octaves = octaves_of(_enlargement(columns, question.typical_image))
    winner = recommendations[0].row if recommendations else None

    def first(fitting: Ints) -> int | None:
        return first_of(columns, fitting, objective, octaves, question.collapse)

    return other_winners(columns, fit, question.budget, winner, first)


def _enlargement(columns: CandidateColumns, typical_image: tuple[int, int] | None) -> Floats:
    """How many times the typical image's short side must grow to fill each input. 1 where it need not."""
    short_side = np.inf if typical_image is None else min(typical_image)
    return np.maximum(1.0, columns.input_size / short_side)


def _recommended(
    columns: CandidateColumns, fit: BudgetFit, question: Question, objective: Objective
) -> tuple[tuple[Recommended, ...], bool]:
    """The recommendations, and whether the frontier of the objective has a knee."""
    enlargement = _enlargement(columns, question.typical_image)
    metrics = tuple(dict.fromkeys([*objective.metrics, *(bound.metric for bound in fit.by_bound)]))
    ranked, scores = ranking_of(
        columns,
        np.flatnonzero(fit.fits),
        objective,
        metrics,
        octaves_of(enlargement),
        question.collapse,
        question.limit,
    )
    reasons = reasons_of(columns, ranked, metrics, objective, enlargement, question.collapse)
    recommendations = tuple(
        Recommended(
            rank=place.rank,
            shares_rank_with=place.shared_with,
            row=int(row),
            reasons=tuple(sentences),
            dominated_by=None if rivals is None else tuple(rivals.tolist()),
            score=float(scores.total[row]),
            utilities={metric: float(values[row]) for metric, values in scores.utilities.items()},
            enlargement=float(enlargement[row]),
        )
        for place, row, sentences, rivals in zip(
            ranked.places, ranked.shown, reasons, ranked.dominators, strict=True
        )
    )
    return recommendations, ranked.has_knee
