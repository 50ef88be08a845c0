"""Measurements as the contract shows them."""

from collections.abc import Iterable
from dataclasses import asdict

from app.contract.common.fields import MetricSchema
from app.contract.evidence.measurements import ArtefactView, EnvironmentView, MeasurementView, WithdrawalView
from app.contract.evidence.samples import SampleView
from catalog.entities.configurations import Artefact
from catalog.entities.measurements import Failure, Measurement, MetricValue, Success
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import MEMORY_METRICS, Metric
from catalog.words.vocabulary import Provenance


def measurement_view(
    measurement: Measurement,
    *,
    blocks: int | None = None,
    uploaded_by: str | None = None,
    with_samples: bool = False,
) -> MeasurementView:
    """A measurement. Its numbers have its provenance, doubts and time. A failure has no numbers.

    `blocks` is how many blocks of calls its samples have, None where there are none. `uploaded_by` is the
    name of the key that uploaded it, None where it was not uploaded.
    """
    failure = measurement.outcome if isinstance(measurement.outcome, Failure) else None
    success = measurement.outcome if isinstance(measurement.outcome, Success) else Success()
    metrics = {
        value.metric: MetricSchema(
            value=value.value,
            low=value.low,
            high=value.high,
            level=value.level,
            processes=value.processes,
            blocks=None if value.level is None or value.metric in MEMORY_METRICS else blocks,
            degrees_of_freedom=_degrees_of_freedom(value),
            provenance=measurement.provenance,
            doubts=list(success.doubts),
            measured_at=measurement.measured_at,
        )
        for value in success.values
        if value.value is not None
    }
    if measurement.artefact is not None:
        metrics[Metric.SIZE_MB] = artefact_size(measurement.artefact)
    return MeasurementView(
        id=measurement.id,
        architecture=measurement.workload.architecture,
        form=measurement.workload.form,
        num_classes=measurement.workload.num_classes,
        input_size=measurement.workload.input_size,
        in_chans=measurement.workload.in_chans,
        configuration=measurement.configuration,
        target=measurement.target.id,
        environment=EnvironmentView(**asdict(measurement.environment)),
        artefact=_artefact(measurement.artefact) if measurement.artefact else None,
        provenance=measurement.provenance,
        status=measurement.status,
        reason=failure.reason if failure else None,
        detail=failure.detail if failure else None,
        remedy=failure.reason.remedy if failure else None,
        protocol=measurement.protocol,
        protocol_version=measurement.protocol_version,
        measured_at=measurement.measured_at,
        uploaded_by=uploaded_by,
        withdrawn=WithdrawalView(**asdict(measurement.withdrawn)) if measurement.withdrawn else None,
        source=measurement.source,
        doubts=list(success.doubts),
        precision_met=success.interval_target_met,
        metrics=metrics,
        absent={value.metric: value.absent_reason for value in success.values if value.absent_reason},
        samples=_samples(success.samples) if with_samples else None,
        set_aside=_samples(success.set_aside) if with_samples else None,
    )


def _degrees_of_freedom(value: MetricValue) -> float | None:
    """Those of the interval. Until protocol 2 they were one less than the processes, and were not stored."""
    if value.level is None or value.processes is None:
        return value.degrees_of_freedom
    return value.processes - 1 if value.degrees_of_freedom is None else value.degrees_of_freedom


def _samples(samples: Iterable[ProcessSample]) -> list[SampleView]:
    return [SampleView.model_validate(sample, from_attributes=True) for sample in samples]


def artefact_size(artefact: Artefact) -> MetricSchema:
    """The size of the file, in MB."""
    return MetricSchema(value=artefact.bytes / 1e6, provenance=Provenance.COUNTED)


def _artefact(artefact: Artefact) -> ArtefactView:
    return ArtefactView(
        format=artefact.format,
        precision=artefact.precision,
        toolchain=artefact.toolchain,
        bytes=artefact.bytes,
        sha256=artefact.sha256,
        deviation=artefact.deviation,
    )
