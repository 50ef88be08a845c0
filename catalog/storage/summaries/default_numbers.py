"""What was measured of architectures as they are deployed by default."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from catalog.entities.configurations import Configuration
from catalog.storage.database import ReadSession
from catalog.storage.facts.native_workloads import is_default_workload
from catalog.storage.mapping import configuration_from_row
from catalog.storage.tables import (
    ArchitectureRow,
    ConfigurationRow,
    MeasurementRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


def default_numbers(
    session: ReadSession, target: str, architectures: Collection[str], metrics: Collection[Metric]
) -> Mapping[tuple[str, Metric], Mapping[Configuration, float]]:
    """The latest number of each of the `metrics` on the target with the id `target`, by configuration.

    It is that of the architecture's default workload. What was not measured is absent.
    """
    query = (
        select(WorkloadRow.architecture, ConfigurationRow, ValueRow.metric, ValueRow.value)
        .select_from(ArchitectureRow)
        .join(WorkloadRow, is_default_workload())
        .join(MeasurementRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(ValueRow, ValueRow.measurement == MeasurementRow.id)
        .where(
            ArchitectureRow.name.in_(list(architectures)),
            MeasurementRow.target == target,
            MeasurementRow.withdrawn_at.is_(None),
            MeasurementRow.provenance == Provenance.MEASURED,
            ValueRow.metric.in_(list(metrics)),
        )
        .order_by(MeasurementRow.arrival)  # the last of a case stays
    )
    numbers: dict[tuple[str, Metric], dict[Configuration, float]] = {}
    for architecture, configuration, metric, value in session.execute(query):
        if value is not None:
            of_metric = numbers.setdefault((architecture, Metric(metric)), {})
            of_metric[configuration_from_row(configuration)] = value
    return numbers
