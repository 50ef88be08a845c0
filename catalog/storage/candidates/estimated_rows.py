"""Reading estimates into the columns of candidates, where no measurement of the case takes their place."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, exists, literal, null, select

from catalog.storage.candidates.facts import IS_CANDIDATE, time_of
from catalog.storage.database import ReadSession
from catalog.storage.metric_columns import WEIGHTS_MB
from catalog.storage.tables import (
    ConfigurationRow,
    EstimateBasisRow,
    EstimateRow,
    MeasurementRow,
    WorkloadRow,
)
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, Provenance

# What names an estimated case, as an id names a measurement.
_CASE = EstimateRow.workload + " " + EstimateRow.configuration


def estimated_candidates(target: str, evidence: Sequence[Provenance]) -> Select[*tuple[Any, ...]] | None:
    """The cases that have estimates and no measurement. None where `evidence` excludes
    estimates. With `evidence`, only measurements of these provenances take an estimate's place.

    No file of an estimated case was made. Its size is that of the fp32 weights, which are counted.
    """
    if evidence and Provenance.ESTIMATED not in evidence:
        return None
    measured = [
        MeasurementRow.target == target,
        MeasurementRow.withdrawn_at.is_(None),
        MeasurementRow.workload == EstimateRow.workload,
        MeasurementRow.configuration == EstimateRow.configuration,
    ]
    if evidence:
        measured.append(MeasurementRow.provenance.in_(evidence))
    cases = (
        select(EstimateRow.workload, EstimateRow.configuration, _CASE.label("id"))
        .where(EstimateRow.target == target, ~exists().where(*measured))
        .distinct()
        .subquery()
    )
    return (
        select(
            cases.c.id,
            cases.c.workload,
            cases.c.configuration,
            literal(Provenance.ESTIMATED.value).label("provenance"),
            time_of(EstimateBasisRow.computed_at).label("measured_at"),
            null().label("reason"),
            null().label("doubts"),
            null().label("blocks"),
            null().label("imported_from"),
            case((ConfigurationRow.precision == Precision.FP32, WEIGHTS_MB)).label(Metric.SIZE_MB),
            literal(0).label("arrival"),
        )
        .select_from(cases)
        .join(EstimateBasisRow, EstimateBasisRow.target == target)
        .join(WorkloadRow, cases.c.workload == WorkloadRow.id)
        .join(ConfigurationRow, cases.c.configuration == ConfigurationRow.id)
        .where(IS_CANDIDATE)
    )


def estimated_values(session: ReadSession, target: str) -> Sequence[Any]:
    """Of every estimate: what names its case, its metric, its value, low, high and level, and None twice."""
    query = select(
        *(_CASE, EstimateRow.metric, EstimateRow.value, EstimateRow.low, EstimateRow.high, EstimateRow.level),
        *(null().label("degrees_of_freedom"), null().label("processes")),
    ).where(EstimateRow.target == target)
    return session.connection().execute(query).all()
