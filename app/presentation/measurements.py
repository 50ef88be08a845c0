"""Measurements as the contract shows them."""

from collections.abc import Iterable
from dataclasses import asdict

from app.contract.fields import MetricSchema
from app.contract.measurements import ArtefactView, EnvironmentView, MeasurementView
from app.contract.samples import SampleView
from catalog.entities.configurations import Artefact
from catalog.entities.measurements import Measurement
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


def measurement_view(one: Measurement, *, with_samples: bool = False) -> MeasurementView:
    """A measurement; its numbers carry its provenance, doubts and time."""
    metrics = {
        value.metric: MetricSchema(
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
