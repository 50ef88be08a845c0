"""Recommendations: filter the candidates, test the budget, rank what fits, explain the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.questions.answers.not_considered import NotConsidered, not_considered
from app.questions.asking.names import resolve
from app.questions.asking.question import Question
from app.questions.candidates.filter_effects import BatchEffect, Blame, FilterEffect, Filters
from app.questions.candidates.filters import filtered
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.budget.budget import BudgetFit, fit_budget
from app.ranking.budget.eliminations import Elimination, doubtful_eliminations, eliminations
from app.ranking.budget.nearness import near_misses
from app.ranking.budget.relaxations import (
    FewestRelaxation,
    JointRelaxation,
    Relaxation,
    fewest_relaxation,
    joint_relaxation,
    relaxations,
)
from app.ranking.order.objective import Objective, Scores, objective_of
from app.ranking.order.order import first_of, ranking_of
from app.ranking.order.other_winners import OtherWinner, other_winners
from app.ranking.order.outcome import Outcome, outcome_of
from app.ranking.reasons.comparing import comparable_times
from app.ranking.reasons.images import fit_images
from app.ranking.reasons.reasons import reasons_of
from app.ranking.reasons.ties import recommended_of
from app.training.advice import Advice
from catalog import host
from catalog.candidates.category import Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.database import Catalog, ReadSession, revision
from catalog.storage.facts.accuracies import top1_by_size
from catalog.words.metrics import Metric

_NEAR_MISSES = 3


@dataclass(frozen=True)
class Recommended:
    """A candidate that fits: its `row` in the columns, its rank, and the reasons for the rank.

    `score` and `utilities` are NaN where a metric of the objective is unknown. `dominated_by` has the best
    row of each architecture that is at least as good in the objective, every bounded metric and speed, and
    better in one by more than the error, best first. It is None where the candidate lacks one of these
    numbers. `enlargement` is how many times the short side of the typical image must grow to fill the input,
    and `shrinkage` how many times it must shrink. Both are 1 where it need not. With a typical image,
    `top1_by_size` has the published top-1 (%) of the checkpoint at each input size (pixels).
    """

    rank: int
    shares_rank_with: int
    row: int
    reasons: tuple[str, ...]
    dominated_by: tuple[int, ...] | None
    score: float
    utilities: Mapping[Metric, float]
    enlargement: float
    shrinkage: float
    top1_by_size: Mapping[int, float] = field(default_factory=dict)
    training_plan: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The ranked candidates of a question, and what became of the others.

    `recommended` is the one to take of those that share the first rank, where it is not among the
    recommendations. `columns` and `fit` hold the candidates that passed the filters. The confidence of
    `fit.budget` is the probability that each candidate needs by itself. `doubtful` counts the candidates that
    a bound eliminates by a doubtful number. `filters` says what each filter leaves out, and `blamed` which of
    them left nothing.
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
    recommended: Recommended | None
    elimination: Elimination
    doubtful: Mapping[Metric, int]
    near_misses: tuple[int, ...]
    relaxations: tuple[Relaxation, ...]
    joint_relaxation: JointRelaxation | None
    fewest_relaxation: FewestRelaxation | None
    filters: tuple[FilterEffect, ...]
    blamed: tuple[Blame, ...]
    batch_effect: BatchEffect | None
    not_considered: NotConsidered
    catalog_revision: int

    @property
    def considered(self) -> int:
        """How many candidates passed the filters."""
        return len(self.columns)

    @property
    def shown(self) -> tuple[Recommended, ...]:
        """The recommendations, and behind them the one to take where it is not among them."""
        return (*self.recommendations, *([self.recommended] if self.recommended else []))

    def with_shown(self, shown: Sequence[Recommended]) -> "Answer":
        """The answer with these in the place of those shown, in their order."""
        count = len(self.recommendations)
        recommended = shown[count] if len(shown) > count else None
        return replace(self, recommendations=tuple(shown[:count]), recommended=recommended)


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
        answer = _answer(session, candidates, resolved, target, columns)
        if question.typical_image is not None:
            answer = _with_accuracies(session, answer)
        if question.training is None:
            return answer
        from app.questions.answers.training_plans import training_plans  # noqa: PLC0415 - few ask for plans

        rows = [recommended.row for recommended in answer.shown]
        plans = training_plans(session, columns, rows, target, question.training)
        planned = zip(answer.shown, plans, strict=True)
        return answer.with_shown([replace(recommended, training_plan=plan) for recommended, plan in planned])


def _answer(
    session: ReadSession,
    candidates: CandidateCache,
    question: Question,
    target: Target,
    columns: CandidateColumns,
) -> Answer:
    fit = fit_budget(question.budget, columns)
    objective = objective_of(question.objective, question.budget.bounds, columns)
    elimination = eliminations(fit)
    shown, scores = _recommended(columns, fit, question, objective)
    recommendations = shown[: question.limit]
    outcome = outcome_of(columns, fit, elimination, objective, has_knee=scores.has_knee)
    filters = Filters(question, lambda evidence: candidates.columns(session, target.id, evidence))
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
        recommended=shown[question.limit] if len(shown) > question.limit else None,
        elimination=elimination,
        doubtful=doubtful_eliminations(columns, fit),
        near_misses=tuple(near_misses(columns, fit, _NEAR_MISSES)),
        relaxations=tuple(relaxations(columns, fit)),
        joint_relaxation=joint_relaxation(columns, fit),
        fewest_relaxation=fewest_relaxation(columns, fit),
        filters=filters.effects(),
        blamed=() if len(columns) else filters.blamed(),
        batch_effect=filters.batch_effect(),
        not_considered=not_considered(
            session,
            candidates,
            question,
            target,
            columns,
            fit,
            objective,
            scores,
            recommendations[0].row if recommendations else None,
        ),
        catalog_revision=revision(session),
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
    octaves = fit_images(columns, question.typical_image).octaves
    winner = recommendations[0].row if recommendations else None

    def first(fitting: Ints) -> int | None:
        return first_of(columns, fitting, objective, octaves, question.collapse)

    return other_winners(columns, fit, question.budget, winner, first)


def _with_accuracies(session: ReadSession, answer: Answer) -> Answer:
    """The answer with the published accuracies of the recommended checkpoints at each input size."""
    names = [answer.columns.checkpoint[recommended.row] for recommended in answer.shown]
    published = top1_by_size(session, [name for name in names if name is not None])
    return answer.with_shown(
        [
            replace(recommended, top1_by_size=published.get(name or "", {}))
            for recommended, name in zip(answer.shown, names, strict=True)
        ]
    )


def _recommended(
    columns: CandidateColumns, fit: BudgetFit, question: Question, objective: Objective
) -> tuple[tuple[Recommended, ...], Scores]:
    """The recommendations, behind them the one to take where it is not among them, and the scores of all that
    fits."""
    images = fit_images(columns, question.typical_image)
    metrics = tuple(dict.fromkeys([*objective.metrics, *(bound.metric for bound in fit.by_bound)]))

    def recommended(rows: Ints, tied: Sequence[int]) -> int:
        times = comparable_times(columns, rows, objective)
        return recommended_of(columns, tied, objective, times, images.octaves, fit.probability)

    ranked, scores = ranking_of(
        columns,
        np.flatnonzero(fit.fits),
        objective,
        metrics,
        images.octaves,
        question.collapse,
        question.limit,
        recommended,
    )
    reasons = reasons_of(
        columns,
        ranked,
        metrics,
        objective,
        images,
        fit.probability,
        question.collapse,
        is_bounded=bool(fit.by_bound),
    )
    enlargement, shrinkage = images.enlargement, images.shrinkage
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
            shrinkage=float(shrinkage[row]),
        )
        for place, row, sentences, rivals in zip(
            ranked.places, ranked.shown, reasons, ranked.dominators, strict=True
        )
    )
    return recommendations, scores
