"""Reading estimates into the columns of candidates, where no measurement of the case takes their place."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, exists, literal, null, select

from catalog.entities.estimates import DEGREES_OF_FREEDOM
from catalog.storage.candidates.selecting import HELD_STATEMENTS, time_of
from catalog.storage.database import ReadSession
from catalog.storage.metric_columns import file_bytes_where
from catalog.storage.tables import (
    EstimateBasisRow,
    EstimateRow,
    MeasurementRow,
    WorkloadRow,
)
from catalog.words.vocabulary import Provenance

# Of 38 networks, the fp32 ONNX file has 0.986 to 1.145 times the bytes of the weights: it also holds the
# graph and constants, and lacks the statistics of normalisations that were folded.
FILE_PER_WEIGHTS = (0.98, 1.15)
"""The ends of the interval of an estimated size, in sizes of the weights."""
FILE_LEVEL = 0.95
"""The confidence of that interval: in 37 of 39 cases, another network lies between the ends of 38."""

ESTIMATED = 0
"""The arrival of what was estimated. Measurements count theirs from 1."""

# What names an estimated case, as an id names a measurement.
_CASE = EstimateRow.workload + " " + EstimateRow.configuration


@lru_cache(HELD_STATEMENTS)
def estimated_candidates(target: str, evidence: tuple[Provenance, ...]) -> Select[*tuple[Any, ...]] | None:
    """The cases that have estimates and no measurement. None where `evidence` excludes
    estimates. With `evidence`, only measurements of these provenances take an estimate's place.

    The `bytes` are those of the fp32 file of the workload that was made on the target.
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
    # The file of another target may be another one, and what is held of this target would not follow it.
    file_bytes = file_bytes_where(MeasurementRow.target == target)
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
            file_bytes.label("bytes"),
            literal(ESTIMATED).label("arrival"),
        )
        .select_from(cases)
        .join(EstimateBasisRow, EstimateBasisRow.target == target)
        .join(WorkloadRow, cases.c.workload == WorkloadRow.id)
    )


def estimated_values(session: ReadSession, target: str) -> Sequence[Any]:
    """Of every estimate: what names its case, its metric, its value, low, high, level and degrees of freedom,
    and None."""
    query = select(
        *(_CASE, EstimateRow.metric, EstimateRow.value, EstimateRow.low, EstimateRow.high, EstimateRow.level),
        *(literal(DEGREES_OF_FREEDOM).label("degrees_of_freedom"), null().label("processes")),
    ).where(EstimateRow.target == target)
    return session.connection().execute(query).all()
