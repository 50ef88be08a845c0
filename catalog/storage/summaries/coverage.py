"""How much is known of a target: how many architectures have a number, in which configuration, since when.

A re-parameterised network that was run for inference in its training form is not counted: nobody deploys it
so, and no answer considers it. Of estimates, those of speed are counted: memory is estimated of nearly every
network, and answers no question about time.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, case, func, literal, not_, select

from catalog.entities.coverage import Coverage
from catalog.storage.candidates.selecting import IS_CANDIDATE
from catalog.storage.database import ReadSession
from catalog.storage.mapping import configuration_from_row
from catalog.storage.summaries.newest import newest_time
from catalog.storage.tables import (
    ConfigurationRow,
    EstimateBasisRow,
    EstimateRow,
    MeasurementRow,
    WorkloadRow,
)
from catalog.words.metrics import SPEED_METRICS
from catalog.words.vocabulary import BatchPolicy, Provenance, Status

_SERIES = (
    *(column for column in ConfigurationRow.__table__.columns if column.name not in ("id", "batch_size")),
    case((ConfigurationRow.batch_policy == BatchPolicy.FIXED, ConfigurationRow.batch_size)).label("batch"),
)
"""What the configurations of a series have in common, as `Configuration.series` says."""


def find_coverage(session: ReadSession, target: str) -> list[Coverage]:
    """What is known of the target with the id `target`.

    Configurations whose batch is the largest that fits count as one, whatever the batch. Measured comes
    before published, and that before estimated. Within these, the configuration with the most architectures
    comes first.
    """
    parts = [*session.execute(_measured(target)), *session.execute(_estimated(target))]
    ids = {part.configuration for part in parts}
    stored = session.scalars(select(ConfigurationRow).where(ConfigurationRow.id.in_(ids)))
    configurations = {row.id: configuration_from_row(row) for row in stored}
    order = list(Provenance)
    found = [
        Coverage(
            configuration=configurations[part.configuration],
            provenance=Provenance(part.provenance),
            architectures=part.architectures,
            failed=part.failed,
            cases=int(part.cases),  # PostgreSQL sums to a decimal number
            newest=part.newest,
        )
        for part in parts
    ]
    return sorted(found, key=lambda one: (order.index(one.provenance), -one.architectures))


def _measured(target: str) -> Any:
    has_number = (MeasurementRow.status == Status.OK).label("has_number")
    return _by_series(
        select(
            MeasurementRow.provenance,
            func.min(MeasurementRow.configuration).label("configuration"),
            newest_time().label("newest"),
            func.count().label("cases"),
            has_number,
            *_SERIES,
        )
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .where(MeasurementRow.withdrawn_at.is_(None), MeasurementRow.target == target, IS_CANDIDATE)
        .group_by(WorkloadRow.architecture, MeasurementRow.provenance, has_number, *_SERIES)
    )


def _estimated(target: str) -> Any:
    has_number = EstimateRow.value.is_not(None).label("has_number")
    return _by_series(
        select(
            literal(Provenance.ESTIMATED.value).label("provenance"),
            func.min(EstimateRow.configuration).label("configuration"),
            func.max(EstimateBasisRow.computed_at).label("newest"),
            func.count().label("cases"),
            has_number,
            *_SERIES,
        )
        .join(WorkloadRow, EstimateRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, EstimateRow.configuration == ConfigurationRow.id)
        .join(EstimateBasisRow, EstimateRow.target == EstimateBasisRow.target)
        .where(EstimateRow.target == target, EstimateRow.metric.in_(SPEED_METRICS))
        .group_by(WorkloadRow.architecture, has_number, *_SERIES)
    )


def _by_series(networks: Select[Any]) -> Any:
    """The counts of each series. Each row of `networks` has an architecture of a series, and whether it has a
    number.

    Databases count the rows of groups faster than distinct names, which they sort.
    """
    rows = networks.subquery().c
    return select(
        rows.provenance,
        func.min(rows.configuration).label("configuration"),
        func.count(case((rows.has_number, 1))).label("architectures"),
        func.count(case((not_(rows.has_number), 1))).label("failed"),
        func.sum(rows.cases).label("cases"),
        newest_time(rows.newest).label("newest"),
    ).group_by(rows.provenance, *(rows[column.name] for column in _SERIES))


def networks_with_numbers(
    session: ReadSession, target: str | None = None
) -> dict[tuple[str, Provenance], int]:
    """How many architectures have a number, by target and provenance, on `target` or on every target."""
    measured = (
        select(
            MeasurementRow.target,
            MeasurementRow.provenance,
            func.count(WorkloadRow.architecture.distinct()),
        )
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .where(MeasurementRow.withdrawn_at.is_(None), MeasurementRow.status == Status.OK, IS_CANDIDATE)
        .group_by(MeasurementRow.target, MeasurementRow.provenance)
    )
    estimated = (
        select(EstimateRow.target, func.count(WorkloadRow.architecture.distinct()))
        .join(WorkloadRow, EstimateRow.workload == WorkloadRow.id)
        .where(EstimateRow.value.is_not(None), EstimateRow.metric.in_(SPEED_METRICS))
        .group_by(EstimateRow.target)
    )
    if target is not None:
        measured = measured.where(MeasurementRow.target == target)
        estimated = estimated.where(EstimateRow.target == target)
    counts = {(id_, Provenance(provenance)): count for id_, provenance, count in session.execute(measured)}
    return counts | {(id_, Provenance.ESTIMATED): count for id_, count in session.execute(estimated)}


def doubtful_architectures(session: ReadSession, target: str) -> list[str]:
    """The architectures with a measured case whose newest measurement has a doubt, by name."""
    return sorted({name for name, _, doubts in _newest(session, target) if doubts})


def failed_architectures(session: ReadSession, target: str) -> list[str]:
    """The architectures with a measured case whose newest measurement failed, by name."""
    return sorted({name for name, status, _ in _newest(session, target) if status != Status.OK})


def _newest(session: ReadSession, target: str) -> Iterable[tuple[str, str, Sequence[str]]]:
    """The newest measurement of each measured case: its architecture, its status and its doubts."""
    query = (
        select(
            WorkloadRow.architecture,
            MeasurementRow.workload,
            MeasurementRow.configuration,
            MeasurementRow.status,
            MeasurementRow.doubts,
        )
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .where(
            MeasurementRow.target == target,
            MeasurementRow.withdrawn_at.is_(None),
            MeasurementRow.provenance == Provenance.MEASURED,
        )
        .order_by(MeasurementRow.arrival)
    )
    newest = {
        (workload, configuration): (architecture, status, doubts)
        for architecture, workload, configuration, status, doubts in session.execute(query)
    }
    return newest.values()
