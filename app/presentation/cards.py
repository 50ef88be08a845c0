"""The profile card as the contract shows it."""

from dataclasses import asdict

from app.contract.architectures import StageView, WorkloadView
from app.contract.cards import BatchCurveView, BatchPointView, CardView
from app.contract.checkpoints import AccuracyView, CheckpointView, LicenseView
from app.presentation.architectures import counted_metrics
from app.presentation.families import family_view
from app.presentation.measurements import artefact_size, measurement_view
from app.presentation.wording import peak_memory_metric
from app.questions.batch_curves import BatchCurve, batch_curves
from catalog.entities.networks import Checkpoint, CountedWorkload
from catalog.reference.families import families_of
from catalog.reference.licenses import find_dispute, find_license
from catalog.storage.cards import Card
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Precision, Provenance, Scenario


def card_view(one: Card) -> CardView:
    """The profile card. Its own metrics are those of the default workload; its size on disk is the fp32
    ONNX file's where one was made, else that of the fp32 weights."""
    default = one.default_workload
    metrics = counted_metrics(default)
    if default is not None:
        sizes = {
            each.format: each
            for each in one.artefacts
            if each.workload == default.workload and each.precision is Precision.FP32
        }
        deployed = sizes.get("onnx") or next(iter(sizes.values()), None)
        if deployed is not None:
            metrics[Metric.SIZE_MB] = artefact_size(deployed)
    facts = one.architecture
    licenses = dict.fromkeys(find_license(each.license) for each in one.checkpoints)
    return CardView(
        name=facts.name,
        family=facts.family,
        year=facts.year,
        paper=facts.paper,
        default_tag=facts.default_tag,
        fixed_input=facts.fixed_input,
        native_size=facts.native_size,
        tags=list(facts.tags),
        stages=[StageView(stride=each.stride, channels=each.channels) for each in facts.stages],
        families=[family_view(each) for each in families_of(facts.name, facts.family)],
        licenses=[LicenseView(**asdict(each)) for each in licenses if each is not None],
        metrics=metrics,
        workloads=[_workload(each) for each in one.workloads],
        checkpoints=[_checkpoint(one, each) for each in one.checkpoints],
        measurements=[measurement_view(each) for each in one.measurements],
        batch_curves=[_batch_curve(each) for each in batch_curves(one.measurements)],
    )


def _batch_curve(one: BatchCurve) -> BatchCurveView:
    first = measurement_view(one.points[0])
    training = first.configuration.scenario is Scenario.TRAINING
    throughput = Metric.TRAIN_THROUGHPUT_IPS if training else Metric.THROUGHPUT_IPS
    memory = peak_memory_metric(first.configuration)
    if first.configuration.device is not Device.CPU and not training:
        memory = Metric.DEVICE_MEMORY_MB
    points = []
    for each in one.points:
        point = measurement_view(each)
        points.append(
            BatchPointView(
                batch_size=each.configuration.batch_size,
                throughput=point.metrics.get(throughput),
                memory=point.metrics.get(memory),
                reason=point.reason,
            )
        )
    return BatchCurveView(
        target=first.target,
        input_size=first.input_size,
        configuration=first.configuration,
        environment=first.environment,
        metrics=(throughput, memory),
        points=points,
    )


def _workload(one: CountedWorkload) -> WorkloadView:
    return WorkloadView(
        form=one.workload.form,
        num_classes=one.workload.num_classes,
        input_size=one.workload.input_size,
        metrics=counted_metrics(one),
        operators=dict(one.counts.operators) if one.counts else {},
        operator_calls=dict(one.counts.operator_calls) if one.counts else {},
        count_failure=one.count_failure,
        source=one.source,
    )


def _checkpoint(one: Card, checkpoint: Checkpoint) -> CheckpointView:
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
            for accuracy in one.accuracies
            if accuracy.checkpoint == checkpoint.name
        ],
    )
