"""Measurements as the contract shows them."""

from collections.abc import Iterable
from dataclasses import asdict

from app.contract.fields import MetricSchema
from app.contract.measurements import ArtefactView, EnvironmentView, MeasurementView
from app.contract.samples import SampleView
from catalog.entities.configurations import Artefact
from catalog.entities.measurements import Failure, Measurement, Success
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


def measurement_view(one: Measurement, *, with_samples: bool = False) -> MeasurementView:
    """The numbers have the measurement's provenance, doubts and time. A failure has no numbers."""
    failure = one.outcome if isinstance(one.outcome, Failure) else None
    success = one.outcome if isinstance(one.outcome, Success) else Success()
    metrics = {
        value.metric: MetricSchema(
            value=value.value,
            low=value.low,
            high=value.high,
            level=value.level,
            processes=value.processes,
            provenance=one.provenance,
            doubts=list(success.doubts),
            measured_at=one.measured_at,
        )
        for value in success.values
        if value.value is not None
    }
    if one.artefact is not None:
        metrics[Metric.SIZE_MB] = artefact_size(one.artefact)
    return MeasurementView(
        id=one.id,
        architecture=one.workload.architecture,
        form=one.workload.form,
        num_classes=one.workload.num_classes,
        input_size=one.workload.input_size,
        configuration=one.configuration,
        target=one.target.id,
        environment=EnvironmentView(**asdict(one.environment)),
        artefact=_artefact(one.artefact) if one.artefact else None,
        provenance=one.provenance,
        status=one.status,
        reason=failure.reason if failure else None,
        detail=failure.detail if failure else None,
        remedy=failure.reason.remedy if failure else None,
        protocol=one.protocol,
        measured_at=one.measured_at,
        source=one.source,
        doubts=list(success.doubts),
        precision_met=success.interval_target_met,
        metrics=metrics,
        absent={value.metric: value.absent_reason for value in success.values if value.absent_reason},
        samples=_samples(success.samples) if with_samples else None,
        set_aside=_samples(success.set_aside) if with_samples else None,
    )


def _samples(samples: Iterable[ProcessSample]) -> list[SampleView]:
    return [SampleView.model_validate(asdict(sample)) for sample in samples]


def artefact_size(one: Artefact) -> MetricSchema:
    return MetricSchema(value=one.bytes / 1e6, provenance=Provenance.COUNTED)


def _artefact(one: Artefact) -> ArtefactView:
    return ArtefactView(
        format=one.format,
        precision=one.precision,
        toolchain=one.toolchain,
        bytes=one.bytes,
        sha256=one.sha256,
        deviation=one.deviation,
    )
