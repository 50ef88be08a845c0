"""How fast networks are on every target of one kind, measured, published and estimated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from catalog.entities.configurations import Configuration
from catalog.storage.database import ReadSession
from catalog.storage.mapping import configuration_from_row
from catalog.storage.tables import (
    ConfigurationRow,
    EnvironmentRow,
    EstimateRow,
    MeasurementRow,
    TargetRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Form, Provenance, Scenario

_METRICS = {
    Scenario.SINGLE_STREAM: (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS),
    Scenario.TRAINING: (Metric.TRAIN_THROUGHPUT_IPS,),
}


@dataclass(frozen=True)
class Speed:
    """One number of speed: `value` of `metric` of the workload with this id. An estimate has an interval
    [low, high] at confidence `level` and no `software`."""

    target: str
    configuration: Configuration
    workload: str
    metric: Metric
    value: float
    software: str | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None


def find_speeds(session: ReadSession, kind: Device, scenario: Scenario) -> Iterator[Speed]:
    """The speeds on all targets of this kind in this scenario. Of a case, what arrived last is last."""
    metrics = _METRICS[scenario]
    configurations = {
        row.id: configuration_from_row(row)
        for row in session.scalars(select(ConfigurationRow).where(ConfigurationRow.scenario == scenario))
    }
    columns = (MeasurementRow.target, MeasurementRow.configuration, MeasurementRow.workload)
    measured = (
        select(*columns, ValueRow.metric, ValueRow.value, EnvironmentRow.runtime_version)
        .join(TargetRow, TargetRow.id == MeasurementRow.target)
        .join(ConfigurationRow, ConfigurationRow.id == MeasurementRow.configuration)
        .join(EnvironmentRow, EnvironmentRow.id == MeasurementRow.environment)
        .join(ValueRow, ValueRow.measurement == MeasurementRow.id)
        .where(
            *(TargetRow.kind == kind, ConfigurationRow.scenario == scenario, ValueRow.metric.in_(metrics)),
            *(MeasurementRow.withdrawn_at.is_(None), ValueRow.value > 0),
        )
        .order_by(MeasurementRow.arrival)
    )
    for target, configuration, workload, metric, value, software in session.execute(measured):
        yield Speed(target, configurations[configuration], workload, Metric(metric), value or 0.0, software)
    numbers = (EstimateRow.value, EstimateRow.low, EstimateRow.high, EstimateRow.level)
    estimated = (
        select(
            EstimateRow.target, EstimateRow.configuration, EstimateRow.workload, EstimateRow.metric, *numbers
        )
        .join(TargetRow, TargetRow.id == EstimateRow.target)
        .join(ConfigurationRow, ConfigurationRow.id == EstimateRow.configuration)
        .where(
            *(TargetRow.kind == kind, ConfigurationRow.scenario == scenario),
            *(EstimateRow.metric.in_(metrics), EstimateRow.value > 0),
        )
    )
    for target, configuration, workload, metric, value, low, high, level in session.execute(estimated):
        yield Speed(
            *(target, configurations[configuration], workload, Metric(metric), value or 0.0, None),
            *(low, high, level),
        )


def published_workloads(session: ReadSession, kind: Device, scenario: Scenario) -> Sequence[str]:
    """The ids of the workloads whose speed is published of a target of this kind in this scenario."""
    query = (
        select(MeasurementRow.workload)
        .join(TargetRow, TargetRow.id == MeasurementRow.target)
        .join(ConfigurationRow, ConfigurationRow.id == MeasurementRow.configuration)
        .join(WorkloadRow, WorkloadRow.id == MeasurementRow.workload)
        .where(
            *(TargetRow.kind == kind, ConfigurationRow.scenario == scenario),
            MeasurementRow.provenance == Provenance.PUBLISHED,
            or_(WorkloadRow.form == Form.DEPLOYED, ConfigurationRow.scenario == Scenario.TRAINING),
        )
        .distinct()
    )
    return sorted(session.scalars(query))
