"""Recommendations as the contract shows them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import isnan

from app.contract.answers.questions import WeightsSchema
from app.contract.answers.recommendations import (
    AdviceView,
    EliminatedBy,
    FewestRelaxationView,
    JointRelaxationView,
    OtherWinnerView,
    RecommendationResponse,
    RecommendationView,
    RelaxationView,
    SourceView,
    VerificationView,
    WorthMeasuringView,
)
from app.contract.common.fields import BoundSchema
from app.presentation.answers.candidates import (
    candidate_fields,
    candidate_name,
    candidate_view,
    number_or_none,
)
from app.presentation.answers.filters import filter_views
from app.presentation.answers.not_considered import architecture_counts, not_considered_view
from app.presentation.answers.outcomes import explanation, lacking
from app.presentation.commands.configurations import reproduce_command
from app.presentation.commands.loading import timm_code
from app.presentation.commands.remedies import remedy
from app.questions.answers.recommend import Answer, Recommended
from app.questions.answers.verification import unverified
from app.ranking.budget.budget import Bound
from app.ranking.order.objective import Objective, Scheme
from app.ranking.order.other_winners import OtherWinner
from app.training.advice import Advice
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.entities.configurations import Configuration
from catalog.entities.naming import in_words
from catalog.reference.texts.recipes import Source
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

_DOMINATORS_SHOWN = 3
_WORTH_SHOWN = 10
# Sources that are held: hundreds of advice lines name the same.
_SOURCES = 256


def recommendation_response(answer: Answer) -> RecommendationResponse:
    """The answer of `POST /v1/recommendations`."""
    joint, fewest, elimination = answer.joint_relaxation, answer.fewest_relaxation, answer.elimination
    unknown = {metric: count for metric, count in elimination.unknown.items() if count}
    return RecommendationResponse(
        recommendations=[_recommendation(answer, recommended) for recommended in answer.recommendations],
        recommended=_recommendation(answer, answer.recommended) if answer.recommended else None,
        outcome=answer.outcome,
        explanation=explanation(answer),
        target=answer.target.id,
        objective=_asked(answer.objective),
        weights=dict(answer.objective.weights),
        considered=answer.considered,
        fitting=elimination.fitting,
        undecided=elimination.undecided,
        failed=elimination.failed,
        eliminated=dict(elimination.eliminated),
        eliminated_doubtful={metric: count for metric, count in answer.doubtful.items() if count},
        eliminated_only_by=dict(elimination.eliminated_only_by),
        eliminated_together=[
            EliminatedBy(metrics=list(metrics), count=count)
            for metrics, count in elimination.together.items()
        ],
        unknown=unknown,
        unknown_remedies={
            metric: remedy(metric, lacking(answer, metric), local=answer.is_local).text for metric in unknown
        },
        filters=filter_views(answer),
        architectures=architecture_counts(answer.not_considered.counts),
        not_considered=not_considered_view(answer),
        confidence=answer.question.budget.confidence,
        required_probability=_required(answer),
        other_winners=[_other_winner(answer, other) for other in answer.other_winners],
        near_misses=[candidate_view(answer.columns, answer.fit, row) for row in answer.near_misses],
        relaxations=[
            RelaxationView(
                metric=relaxation.metric,
                side=relaxation.side,
                bound=relaxation.bound,
                admits=candidate_name(answer.columns, relaxation.row),
                doubts=_doubts(answer.columns, [relaxation.metric], relaxation.row),
            )
            for relaxation in answer.relaxations
        ],
        joint_relaxation=None
        if joint is None
        else JointRelaxationView(
            factor=joint.factor,
            budget=_budget(joint.bounds),
            admits=candidate_name(answer.columns, joint.row),
            doubts=_doubts(answer.columns, [bound.metric for bound in joint.bounds], joint.row),
        ),
        fewest_relaxation=None
        if fewest is None
        else FewestRelaxationView(
            metrics=list(fewest.metrics),
            budget=_budget(fewest.bounds),
            admits=candidate_name(answer.columns, fewest.row),
            doubts=_doubts(answer.columns, fewest.metrics, fewest.row),
        ),
        verification=_verification(answer) if answer.question.verify else None,
        catalog_revision=answer.catalog_revision,
    )


def _required(answer: Answer) -> float | None:
    """What a measured candidate needs, or what each needs where none is measured."""
    required = answer.fit.required
    return None if required is None else float(required.max(initial=answer.question.budget.confidence or 0.0))


def _recommendation(answer: Answer, recommended: Recommended) -> RecommendationView:
    columns, row, rivals = answer.columns, recommended.row, recommended.dominated_by
    return RecommendationView.model_construct(
        **candidate_fields(columns, answer.fit, row),
        rank=recommended.rank,
        shares_rank_with=recommended.shares_rank_with,
        on_frontier=rivals == (),
        dominators=len(rivals or ()),
        dominated_by=_dominator_names(columns, row, rivals or ()),
        enlargement=recommended.enlargement if answer.question.typical_image else None,
        shrinkage=recommended.shrinkage if answer.question.typical_image else None,
        top1_by_size=dict(recommended.top1_by_size) if answer.question.typical_image else None,
        score=number_or_none(recommended.score),
        utilities={metric: value for metric, value in recommended.utilities.items() if not isnan(value)},
        reasons=list(recommended.reasons),
        training_plan=[_advice(line) for line in recommended.training_plan] or None,
        reproduce=_reproduce(columns, row, columns.configuration[row], columns.measurement[row]),
        reproduce_training=_reproduce(
            columns, row, columns.training_configuration[row], columns.training[row]
        ),
        load=timm_code(columns.checkpoint[row], columns.architecture[row]),
    )


def _reproduce(
    columns: CandidateColumns, row: int, configuration: Configuration | None, measurement: MeasurementFacts
) -> str | None:
    """The command that repeats a measurement of the candidate, or makes the first one where it was estimated.
    None if its numbers were published."""
    if configuration is None or measurement.provenance is Provenance.PUBLISHED:
        return None
    again = measurement.provenance is not Provenance.ESTIMATED
    # The architecture alone means its default checkpoint, with the classes of that one.
    own = columns.checkpoint[row] if measurement.has_other_classes else None
    name = own or columns.architecture[row]
    return reproduce_command(name, int(columns.input_size[row]), configuration, again=again)


def _verification(answer: Answer) -> VerificationView:
    found, columns = unverified(answer), answer.columns
    return VerificationView(
        top=found.top,
        verified=found.is_verified,
        measure=[
            WorthMeasuringView(
                architecture=columns.architecture[row],
                input_size=int(columns.input_size[row]),
                configuration=columns.configuration[row],
                command=reproduce_command(
                    columns.architecture[row],
                    int(columns.input_size[row]),
                    columns.configuration[row],
                    again=False,
                ),
            )
            for row in found.rows[:_WORTH_SHOWN]
        ],
    )


def _other_winner(answer: Answer, other: OtherWinner) -> OtherWinnerView:
    if other.row is None:
        return OtherWinnerView(confidence=other.confidence)
    shown = answer.recommendations[0].row if answer.recommendations else None
    return OtherWinnerView(
        confidence=other.confidence,
        winner=_name_beside(answer.columns, other.row, shown),
        fit_probability=number_or_none(float(answer.fit.probability[other.row])),
    )


def _doubts(columns: CandidateColumns, metrics: Iterable[Metric], row: int) -> list[Doubt]:
    """The doubts about these numbers of a candidate, each once."""
    return sorted({doubt for metric in metrics for doubt in columns.doubts(metric, row)})


def _dominator_names(columns: CandidateColumns, row: int, rivals: Sequence[int]) -> list[str]:
    """The names of the first of `rivals`."""
    return [_name_beside(columns, rival, row) for rival in rivals[:_DOMINATORS_SHOWN]]


def _name_beside(columns: CandidateColumns, row: int, other: int | None) -> str:
    """The name of `row`, with its input size and configuration where `other` has the same name."""
    name = candidate_name(columns, row)
    if other is None or name != candidate_name(columns, other):
        return name
    return f"{name} ({columns.input_size[row]} px, {in_words(columns.configuration[row])})"


def _advice(line: Advice) -> AdviceView:
    return AdviceView(
        topic=line.topic,
        value=line.value,
        unit=line.unit or None,
        parameters=dict(line.parameters),
        text=line.text,
        provenance=line.provenance,
        sources=[_source(source) for source in line.sources],
    )


@lru_cache(_SOURCES)
def _source(source: Source) -> SourceView:
    return SourceView(title=source.title, url=source.url)


def _asked(objective: Objective) -> Metric | Scheme | WeightsSchema:
    asked = objective.asked
    return asked if isinstance(asked, Metric | Scheme) else WeightsSchema(weights=dict(asked))


def _budget(bounds: Iterable[Bound]) -> dict[Metric, BoundSchema]:
    return {bound.metric: BoundSchema(min=bound.minimum, max=bound.maximum) for bound in bounds}
