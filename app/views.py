"""From entities and answers to the contract's schemas."""

from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from math import isnan
from typing import Any

from app import explain, schemas
from app.budget import Bound, BudgetFit
from app.cards import peak_memory_metric, run_words
from app.comparison import Comparison, Frontier
from app.curves import BatchCurve, batch_curves
from app.objective import Objective, Scheme
from app.placements import TargetAnswer
from app.recommend import Answer, Recommended
from app.requests import BoundSchema, WeightsSchema
from app.training_plan import Advice
from catalog import repository
from catalog.columns import CandidateColumns
from catalog.entities import (
    Artefact,
    Checkpoint,
    Configuration,
    CountedWorkload,
    Measurement,
    ProcessSample,
    Target,
)
from catalog.families import Family, families_of
from catalog.licenses import find_dispute, find_license
from catalog.metrics import Metric, Subject
from catalog.search import ArchitectureSummary
from catalog.vocabulary import Device, Precision, Provenance, Scenario

_DOMINATORS_SHOWN = 3
# The same checkpoint may dominate in several configurations.
_DOMINATORS_LOOKED_AT = 30


def response(answer: Answer) -> schemas.RecommendationResponse:
    """The answer of `POST /v1/recommendations`."""
    joint, fewest, elimination = answer.joint_relaxation, answer.fewest_relaxation, answer.elimination
    unknown = {metric: count for metric, count in elimination.unknown.items() if count}
    return schemas.RecommendationResponse(
        recommendations=[_recommendation(answer, one) for one in answer.recommendations],
        target=answer.target.id,
        objective=_asked(answer.objective),
        weights=dict(answer.objective.weights),
        considered=answer.considered,
        fitting=elimination.fitting,
        undecided=elimination.undecided,
        failed=elimination.failed,
        eliminated=dict(elimination.eliminated),
        eliminated_only_by=dict(elimination.eliminated_only_by),
        eliminated_together=[
            schemas.TogetherView(metrics=list(metrics), count=count)
            for metrics, count in elimination.together.items()
        ],
        unknown=unknown,
        unknown_remedies={metric: explain.remedy(metric, local=answer.is_local) for metric in unknown},
        required_probability=answer.fit.budget.confidence,
        near_misses=[candidate(answer.columns, answer.fit, row) for row in answer.near_misses],
        relaxations=[
            schemas.RelaxationView(
                metric=one.metric, side=one.side, bound=one.bound, admits=_name(answer.columns, one.row)
            )
            for one in answer.relaxations
        ],
        joint_relaxation=None
        if joint is None
        else schemas.JointRelaxationView(
            factor=joint.factor, budget=_budget(joint.bounds), admits=_name(answer.columns, joint.row)
        ),
        fewest_relaxation=None
        if fewest is None
        else schemas.FewestRelaxationView(
            metrics=list(fewest.metrics),
            budget=_budget(fewest.bounds),
            admits=_name(answer.columns, fewest.row),
        ),
        catalog_revision=answer.catalog_revision,
    )


def candidate(columns: CandidateColumns, fit: BudgetFit, row: int) -> schemas.CandidateView:
    """One candidate with its numbers and how it stands to the budget."""
    return schemas.CandidateView(**_candidate(columns, fit, row))


def _candidate(columns: CandidateColumns, fit: BudgetFit, row: int) -> dict[str, Any]:
    relative = {bound.metric: float(one.relative_slack[row]) for bound, one in fit.by_bound.items()}
    return {
        "architecture": columns.architecture[row],
        "checkpoint": columns.checkpoint[row],
        "input_size": int(columns.input_size[row]),
        "configuration": configuration(columns.configuration[row]),
        "metrics": _metrics(columns, row),
        "slack": {bound.metric: float(one.slack[row]) for bound, one in fit.by_bound.items()},
        "binding": min(relative, key=relative.__getitem__) if relative else None,
        "fit_probability": _known(float(fit.probability[row])),
    }


def placements(checkpoint: str, answers: list[TargetAnswer], revision: int) -> schemas.PlacementsResponse:
    """The answer of `POST /v1/placements`."""
    return schemas.PlacementsResponse(
        checkpoint=checkpoint,
        placements=[
            schemas.PlacementView(**candidate(one.columns, one.fit, row).model_dump(), target=one.target.id)
            for one in answers
            for row in one.rows
        ],
        targets=[
            schemas.PlacementTargetView(
                target=one.target.id,
                considered=len(one.columns),
                fitting=int(one.fit.fits.sum()),
                eliminated=dict(one.elimination.eliminated),
                unknown={metric: count for metric, count in one.elimination.unknown.items() if count},
                near_miss=None if one.near_miss is None else candidate(one.columns, one.fit, one.near_miss),
            )
            for one in answers
        ],
        catalog_revision=revision,
    )


def comparison(one: Comparison) -> schemas.CompareResponse:
    """The answer of `GET /v1/compare`."""
    return schemas.CompareResponse(
        target=one.target.id,
        items=[
            schemas.SideView(
                asked=side.asked,
                candidate=None if side.row is None else candidate(one.columns, one.fit, side.row),
            )
            for side in one.sides
        ],
        best={metric: one.best[metric] for metric in Metric if metric in one.best},
        catalog_revision=one.catalog_revision,
    )


def frontier(one: Frontier) -> schemas.FrontierResponse:
    """The answer of `GET /v1/frontier`."""
    return schemas.FrontierResponse(
        target=one.target.id,
        metrics=list(one.metrics),
        items=[candidate(one.columns, one.fit, row) for row in one.rows],
        considered=one.considered,
        unknown=one.unknown,
        catalog_revision=one.catalog_revision,
    )


def reproduce(architecture: str, input_size: int, run: Configuration) -> str:
    """The command that measures a case again."""
    training = "--train " if run.scenario is Scenario.TRAINING else ""
    device = f"--device {run.device} " if run.device is not Device.CPU else ""
    clients = f"--clients {run.clients} " if run.clients > 1 else ""
    return (
        f"archrank profile {architecture} {training}{device}--runtime {run.runtime} "
        f"--precision {run.precision} --threads {run.threads} {clients}--batch-size {run.batch_size} "
        f"--input-size {input_size}"
        f"{' --compiled' if run.compiled else ''}{' --no-arena' if run.arena is False else ''} --force"
    )


@lru_cache(maxsize=1024)
def configuration(run: Configuration) -> schemas.ConfigurationView:
    return schemas.ConfigurationView(**{**asdict(run), "threads": run.threads or None})


def target(one: Target, local_id: str) -> schemas.TargetView:
    alias = "local" if one.id == local_id else None
    return schemas.TargetView(
        id=one.id, alias=alias, kind=one.kind, label=one.label, identity=dict(one.identity)
    )


def measurement(one: Measurement, *, with_samples: bool = False) -> schemas.MeasurementView:
    """A measurement; its numbers carry its provenance, doubts and time."""
    metrics = {
        value.metric: schemas.MetricSchema(
            value=value.value,
            low=value.low,
            high=value.high,
            level=value.level,
            processes=value.processes,
            provenance=one.provenance,
            doubts=list(one.doubts),
            measured_at=one.measured_at,
        )
        for value in one.values
        if value.value is not None
    }
    if one.artefact is not None:
        metrics[Metric.SIZE_MB] = _size(one.artefact)
    return schemas.MeasurementView(
        id=one.id,
        architecture=one.workload.architecture,
        form=one.workload.form,
        num_classes=one.workload.num_classes,
        input_size=one.workload.input_size,
        configuration=configuration(one.configuration),
        target=one.target.id,
        environment=schemas.EnvironmentView(**asdict(one.environment)),
        artefact=_artefact(one.artefact) if one.artefact else None,
        provenance=one.provenance,
        status=one.status,
        reason=one.reason,
        detail=one.detail,
        remedy=one.reason.remedy if one.reason else None,
        protocol=one.protocol,
        measured_at=one.measured_at,
        source=one.source,
        doubts=list(one.doubts),
        precision_met=one.precision_met,
        metrics=metrics,
        absent={value.metric: value.absent_reason for value in one.values if value.absent_reason},
        samples=_samples(one.samples) if with_samples else None,
        set_aside=_samples(one.set_aside) if with_samples else None,
    )


def _samples(samples: Iterable[ProcessSample]) -> list[schemas.SampleView]:
    return [schemas.SampleView.model_validate(asdict(sample)) for sample in samples]


def architecture(summary: ArchitectureSummary) -> schemas.ArchitectureItem:
    one, best = summary.architecture, summary.most_accurate
    return schemas.ArchitectureItem(
        name=one.name,
        family=one.family,
        year=one.year,
        tags=list(one.tags),
        native_size=one.native_size,
        metrics=_counted(summary.counted),
        most_accurate=None
        if best is None
        else schemas.MostAccurateView(checkpoint=best.checkpoint, input_size=best.input_size, top1=best.top1),
        checkpoints=summary.checkpoints,
    )


def family(one: Family) -> schemas.FamilyView:
    return schemas.FamilyView(
        slug=one.slug,
        title=one.title,
        kind=one.kind,
        year=one.year,
        paper=one.paper,
        url=one.url,
        predecessor=one.predecessor,
        family=one.module,
        introduced=one.introduced,
        strengths=one.strengths,
        drawbacks=one.drawbacks,
        choose_when=one.choose_when,
        claims=[
            schemas.ClaimView(text=claim.text, metric=claim.metric, target=claim.target)
            for claim in one.claims
        ],
    )


def card(one: repository.Card) -> schemas.CardView:
    """The profile card. Its own metrics are those of the default workload; its size on disk is the fp32
    ONNX file's where one was made, else that of the fp32 weights."""
    default = one.default_workload
    metrics = _counted(default)
    if default is not None:
        sizes = {
            each.format: each
            for each in one.artefacts
            if each.workload == default.workload and each.precision is Precision.FP32
        }
        deployed = sizes.get("onnx") or next(iter(sizes.values()), None)
        if deployed is not None:
            metrics[Metric.SIZE_MB] = _size(deployed)
    facts = one.architecture
    licenses = dict.fromkeys(find_license(each.license) for each in one.checkpoints)
    return schemas.CardView(
        name=facts.name,
        family=facts.family,
        year=facts.year,
        paper=facts.paper,
        default_tag=facts.default_tag,
        fixed_input=facts.fixed_input,
        native_size=facts.native_size,
        tags=list(facts.tags),
        stages=[schemas.StageView(stride=each.stride, channels=each.channels) for each in facts.stages],
        families=[family(each) for each in families_of(facts.name, facts.family)],
        licenses=[schemas.LicenseView(**asdict(each)) for each in licenses if each is not None],
        metrics=metrics,
        workloads=[_workload(each) for each in one.workloads],
        checkpoints=[_checkpoint(one, each) for each in one.checkpoints],
        measurements=[measurement(each) for each in one.measurements],
        batch_curves=[_batch_curve(each) for each in batch_curves(one.measurements)],
    )


def _batch_curve(one: BatchCurve) -> schemas.BatchCurveView:
    first = measurement(one.points[0])
    training = first.configuration.scenario is Scenario.TRAINING
    throughput = Metric.TRAIN_THROUGHPUT_IPS if training else Metric.THROUGHPUT_IPS
    memory = peak_memory_metric(first.configuration)
    if first.configuration.device is not Device.CPU and not training:
        memory = Metric.DEVICE_MEMORY_MB
    points = []
    for each in one.points:
        metrics = measurement(each).metrics
        points.append(
            schemas.BatchPointView(
                batch_size=each.configuration.batch_size,
                throughput=metrics.get(throughput),
                memory=metrics.get(memory),
                reason=each.reason,
            )
        )
    return schemas.BatchCurveView(
        target=first.target,
        input_size=first.input_size,
        configuration=first.configuration,
        environment=first.environment,
        metrics=(throughput, memory),
        points=points,
    )


def _recommendation(answer: Answer, one: Recommended) -> schemas.RecommendationView:
    columns, rivals = answer.columns, one.dominated_by
    run = columns.configuration[one.row]
    measured = columns.measurement[one.row].provenance is Provenance.MEASURED
    own = _name(columns, one.row)
    names = dict.fromkeys(
        name
        if (name := _name(columns, row)) != own
        else f"{name} ({columns.input_size[row]} px, {run_words(configuration(columns.configuration[row]))})"
        for row in (rivals or ())[:_DOMINATORS_LOOKED_AT]
    )
    return schemas.RecommendationView(
        **_candidate(columns, answer.fit, one.row),
        rank=one.rank,
        shares_rank_with=one.shares_rank_with,
        on_frontier=rivals == (),
        dominators=len(rivals or ()),
        dominated_by=list(names)[:_DOMINATORS_SHOWN],
        enlargement=one.enlargement if answer.question.typical_image else None,
        score=_known(one.score),
        utilities={metric: value for metric, value in one.utilities.items() if not isnan(value)},
        reasons=list(one.reasons),
        training_plan=[_advice(line) for line in one.training_plan] or None,
        reproduce=reproduce(columns.architecture[one.row], int(columns.input_size[one.row]), run)
        if measured
        else None,
    )


def _advice(line: Advice) -> schemas.AdviceView:
    return schemas.AdviceView(
        topic=line.topic,
        value=line.value,
        unit=line.unit or None,
        parameters=dict(line.parameters),
        text=line.text,
        provenance=line.provenance,
        sources=[schemas.SourceView(title=source.title, url=source.url) for source in line.sources],
    )


def _asked(objective: Objective) -> Metric | Scheme | WeightsSchema:
    asked = objective.asked
    return asked if isinstance(asked, Metric | Scheme) else WeightsSchema(weights=dict(asked))


def _metrics(columns: CandidateColumns, row: int) -> dict[Metric, schemas.MetricSchema]:
    measured_at = columns.measurement[row].measured_at
    return {
        metric: schemas.MetricSchema(
            value=value,
            low=_known(low),
            high=_known(high),
            level=_known(level),
            provenance=columns.provenance(metric, row),
            doubts=list(columns.doubts(metric, row)),
            measured_at=measured_at if metric.subject is Subject.CASE else None,
        )
        for metric, value, low, high, level in columns.metrics.known(row)
    }


def _known(number: float) -> float | None:
    return None if isnan(number) else number


def _budget(bounds: Iterable[Bound]) -> dict[Metric, BoundSchema]:
    return {bound.metric: BoundSchema(min=bound.minimum, max=bound.maximum) for bound in bounds}


def _name(columns: CandidateColumns, row: int) -> str:
    return str(columns.checkpoint[row] or columns.architecture[row])


def _counted(one: CountedWorkload | None) -> dict[Metric, schemas.MetricSchema]:
    if one is None or one.counts is None:
        return {}
    numbers = {
        Metric.PARAMS_M: one.counts.params_m,
        Metric.GMACS: one.counts.gmacs,
        Metric.GFLOPS: 2 * one.counts.gmacs,
        Metric.ACTIVATIONS_M: one.counts.activations_m,
        Metric.SIZE_MB: None if one.counts.weights_bytes is None else one.counts.weights_bytes / 1e6,
    }
    return {
        metric: schemas.MetricSchema(value=value, provenance=Provenance.COUNTED)
        for metric, value in numbers.items()
        if value is not None
    }


def _size(one: Artefact) -> schemas.MetricSchema:
    return schemas.MetricSchema(value=one.bytes / 1e6, provenance=Provenance.COUNTED)


def _artefact(one: Artefact) -> schemas.ArtefactView:
    return schemas.ArtefactView(
        format=one.format,
        precision=one.precision,
        toolchain=one.toolchain,
        bytes=one.bytes,
        sha256=one.sha256,
        deviation=one.deviation,
    )


def _workload(one: CountedWorkload) -> schemas.WorkloadView:
    return schemas.WorkloadView(
        form=one.workload.form,
        num_classes=one.workload.num_classes,
        input_size=one.workload.input_size,
        metrics=_counted(one),
        operators=dict(one.counts.operators) if one.counts else {},
        operator_calls=dict(one.counts.operator_calls) if one.counts else {},
        count_failure=one.count_failure,
        source=one.source,
    )


def _checkpoint(one: repository.Card, checkpoint: Checkpoint) -> schemas.CheckpointView:
    dispute = find_dispute(checkpoint.name)
    return schemas.CheckpointView(
        name=checkpoint.name,
        num_classes=checkpoint.num_classes,
        license=checkpoint.license,
        commercial_use=checkpoint.commercial_use,
        license_dispute=dispute.reading if dispute else None,
        training_data=list(checkpoint.training_data),
        training_methods=list(checkpoint.training_methods),
        native_size=checkpoint.native_size,
        hub_id=checkpoint.hub_id,
        accuracies=[
            schemas.AccuracyView(
                dataset=accuracy.dataset,
                input_size=accuracy.input_size,
                crop_pct=accuracy.crop_pct,
                interpolation=accuracy.interpolation,
                precision=Precision(accuracy.precision),
                top1=accuracy.top1,
                top5=accuracy.top5,
                provenance=Provenance.PUBLISHED,
                source=accuracy.source,
            )
            for accuracy in one.accuracies
            if accuracy.checkpoint == checkpoint.name
        ],
    )
