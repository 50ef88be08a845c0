"""What is stored of cases: values with their intervals, as arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import select

from catalog.candidates.category import Category, Floats
from catalog.storage.bulk import among
from catalog.storage.candidates.estimated_rows import estimated_values
from catalog.storage.candidates.plausible import with_sound_interval
from catalog.storage.database import ReadSession
from catalog.storage.tables import ValueRow
from catalog.words.metrics import Metric, Subject


def stored_values(
    session: ReadSession, target: str, measurements: Sequence[str]
) -> tuple[dict[Metric, Floats], dict[str, int]]:
    """What is stored with the `measurements` (ids), and the estimates of the cases among them: by metric, the
    arguments of `MetricColumn.of`.

    The second answer is how many processes the numbers rest on, by measurement, where that is known.
    """
    places = {id_: place for place, id_ in enumerate(measurements)}
    found: list[tuple[Any, ...]] = []
    query = select(
        *(ValueRow.measurement, ValueRow.metric, ValueRow.value, ValueRow.low, ValueRow.high),
        *(ValueRow.level, ValueRow.degrees_of_freedom, ValueRow.processes),
    ).where(among(session, ValueRow.measurement.expression, measurements))
    found += session.connection().execute(query).all()
    found += [estimate for estimate in estimated_values(session, target) if estimate[0] in places]
    if not found:
        return {}, {}
    of, metrics, *numbers, processes = zip(*found, strict=True)
    at = np.fromiter(map(places.__getitem__, of), np.int64, len(found))
    *parts, freedom, count = np.array([*numbers, processes], dtype=np.float64)  # NaN in the place of None
    # Until protocol 2, the degrees of freedom were one less than the processes.
    known = np.where(np.isnan(freedom), np.where(np.isnan(count), np.inf, count - 1), freedom)
    columns, named = np.stack([*parts, known]), Category.of(metrics)
    stored = {}
    for metric in map(Metric, named.values):
        if metric.subject is Subject.CASE:
            rows = named.mask(metric.__eq__)
            table = np.full((5, len(places)), np.nan)
            table[:, at[rows]] = columns[:, rows]
            stored[metric] = with_sound_interval(metric, table)
    on = {id_: int(number) for id_, number in zip(of, processes, strict=True) if number is not None}
    return stored, on
