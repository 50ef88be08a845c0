"""On how many blocks of calls the shown numbers rest."""

from collections.abc import Iterable
from dataclasses import replace

from catalog.candidates import CandidateColumns, Category
from catalog.storage.block_counts import block_counts
from catalog.storage.database import ReadSession
from catalog.words.vocabulary import Provenance


def with_blocks(session: ReadSession, columns: CandidateColumns, rows: Iterable[int]) -> CandidateColumns:
    """`columns`, in which the measurements of `rows` have their number of blocks."""
    facts = columns.measurement.values  # those of training too
    both = (columns.measurement, columns.training)
    shown = {int(of.codes[row]) for row in rows for of in both}
    measured = [facts[code].id for code in shown if facts[code].provenance is Provenance.MEASURED]
    if not (counts := block_counts(session, measured)):
        return columns
    counted = tuple(
        replace(measurement, blocks=counts[measurement.id]) if measurement.id in counts else measurement
        for measurement in facts
    )
    measurement, training = (Category(counted, of.codes) for of in both)
    return replace(columns, measurement=measurement, training=training)
