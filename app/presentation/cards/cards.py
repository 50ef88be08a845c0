"""The profile card as the contract shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from app.contract.common.fields import MetricSchema
from app.contract.networks.architectures import StageView, WorkloadView
from app.contract.networks.cards import BatchCurveView, BatchPointView, CardView
from app.contract.networks.checkpoints import AccuracyView, CheckpointView, LicenseView, PreprocessingView
from app.presentation.cards.architectures import counted_metrics
from app.presentation.cards.estimates import estimate_views
from app.presentation.cards.families import family_view
from app.presentation.cards.measurements import measurement_view
from app.presentation.cards.speeds import size_curves, speed_views
from app.presentation.cards.standings import standing_view
from app.presentation.commands.loading import onnx_code, timm_code
from app.presentation.wording.numbers import peak_memory_metric
from app.questions.cards.batch_curves import BatchCurve, batch_curves
from app.questions.cards.cards import CardAnswer
from catalog.entities.networks import IMAGENET_CLASSES, Checkpoint, CountedWorkload
from catalog.reference.texts.licenses import find_dispute, find_license
from catalog.storage.summaries.cards import Card
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset, Device, Precision, Provenance, Scenario

# Of a network whose native size (pixels) is unknown.
_USUAL_SIZE = 224


def card_view(answer: CardAnswer) -> CardView:
    """The profile card. Its own metrics are those of the default workload."""
    card = answer.card
    facts = card.architecture
    checkpoints = _in_order(
        [_checkpoint(answer, checkpoint) for checkpoint in card.checkpoints], answer.asked
    )
    measurements = [
        measurement_view(measurement, blocks=card.blocks.get(measurement.id))
        for measurement in card.measurements
    ]
    estimates = estimate_views(card.estimates)
    load = checkpoints[0].load if checkpoints else timm_code(None, facts.name)
    size = (checkpoints[0].native_size if checkpoints else None) or facts.native_size or _USUAL_SIZE
    licenses = dict.fromkeys(find_license(checkpoint.license) for checkpoint in card.checkpoints)
    return CardView(
        name=facts.name,
        family=facts.family,
        year=facts.year,
        paper=facts.paper,
        default_tag=facts.default_tag,
        fixed_input=facts.fixed_input,
        native_size=facts.native_size,
        tags=list(facts.tags),
        stages=[StageView(stride=stage.stride, channels=stage.channels) for stage in facts.stages],
        families=[family_view(family, answer.claims_here) for family in answer.families],
        licenses=[LicenseView(**asdict(license_)) for license_ in licenses if license_ is not None],
        metrics=_default_metrics(card),
        workloads=[_workload(workload) for workload in card.workloads],
        checkpoint=answer.asked,
        checkpoints=checkpoints,
        load=load,
        export=onnx_code(load, size),
        speeds=speed_views(facts.name, measurements, estimates, facts.native_size, _default_classes(card)),
        size_curves=size_curves(measurements),
        standing=None if answer.standing is None else standing_view(answer.standing),
        pretrained_twin=card.pretrained_twin,
        measurements=measurements,
        estimates=estimates,
        batch_curves=[_batch_curve(curve, card.blocks) for curve in batch_curves(card.measurements)],
    )


def _default_classes(card: Card) -> int:
    """The classes of the default checkpoint, which the architecture's name alone means."""
    default = f"{card.architecture.name}.{card.architecture.default_tag}"
    classes = next((one.num_classes for one in card.checkpoints if one.name == default), None)
    return classes or IMAGENET_CLASSES


def _default_metrics(card: Card) -> dict[Metric, MetricSchema]:
    default = card.default_workload
    return {} if default is None else counted_metrics(default, card.file_bytes.get(default.workload.id))


def _batch_curve(curve: BatchCurve, blocks: Mapping[str, int]) -> BatchCurveView:
    first = measurement_view(curve.points[0])
    training = first.configuration.scenario is Scenario.TRAINING
    throughput = Metric.TRAIN_THROUGHPUT_IPS if training else Metric.THROUGHPUT_IPS
    memory = peak_memory_metric(first.configuration)
    if first.configuration.device is not Device.CPU and not training:
        memory = Metric.DEVICE_MEMORY_MB
    points = []
    for measurement in curve.points:
        view = measurement_view(measurement, blocks=blocks.get(measurement.id))
        points.append(
            BatchPointView(
                batch_size=view.configuration.batch_size,
                throughput=view.metrics.get(throughput),
                memory=view.metrics.get(memory),
                reason=view.reason,
            )
        )
    return BatchCurveView(
        target=first.target,
        num_classes=first.num_classes,
        input_size=first.input_size,
        in_chans=first.in_chans,
        configuration=first.configuration,
        environment=first.environment,
        metrics=(throughput, memory),
        points=points,
    )


def _workload(counted: CountedWorkload) -> WorkloadView:
    workload, counts = counted.workload, counted.counts
    return WorkloadView(
        form=workload.form,
        num_classes=workload.num_classes,
        input_size=workload.input_size,
        in_chans=workload.in_chans,
        metrics=counted_metrics(counted),
        operators=dict(counts.operators) if counts else {},
        operator_calls=dict(counts.operator_calls) if counts else {},
        count_failure=counted.count_failure,
        source=counted.source,
    )


def _in_order(checkpoints: Iterable[CheckpointView], asked: str | None) -> list[CheckpointView]:
    """The one that was asked for, and then the most accurate first. Accuracy that is unknown comes last."""
    return sorted(
        checkpoints,
        key=lambda one: (
            one.name != asked,
            -max((row.top1 for row in one.accuracies if row.dataset == Dataset.IMAGENET_VAL), default=0.0),
            one.name,
        ),
    )


def _checkpoint(answer: CardAnswer, checkpoint: Checkpoint) -> CheckpointView:
    card, preprocessing = answer.card, answer.preprocessing.get(checkpoint.name)
    dispute = find_dispute(checkpoint.name)
    return CheckpointView(
        name=checkpoint.name,
        num_classes=checkpoint.num_classes,
        license=checkpoint.license,
        commercial_use=checkpoint.commercial_use,
        license_dispute=dispute.reading if dispute else None,
        training_data=list(checkpoint.training_data),
        training_methods=list(checkpoint.training_methods),
        native_size=checkpoint.native_size,
        hub_id=checkpoint.hub_id,
        preprocessing=None if preprocessing is None else PreprocessingView(**asdict(preprocessing)),
        load=timm_code(checkpoint.name, checkpoint.architecture),
        imported_from=card.imported.get(checkpoint.name),
        accuracies=[
            AccuracyView(
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
            for accuracy in card.accuracies
            if accuracy.checkpoint == checkpoint.name
        ],
    )
