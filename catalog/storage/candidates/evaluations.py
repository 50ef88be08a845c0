"""The published accuracies of every checkpoint at every input size."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import select

from catalog.candidates.category import Floats
from catalog.storage.database import ReadSession, held_of_facts
from catalog.storage.metric_columns import ACCURACIES
from catalog.storage.tables import AccuracyRow
from catalog.words.metrics import DATASETS, Metric
from catalog.words.vocabulary import Dataset, Precision

# Where the top-1 and the top-5 of each data set are among ACCURACIES. Of some there is no top-5.
_PLACES: Mapping[str, Sequence[int]] = {
    dataset: [place for place, metric in enumerate(ACCURACIES) if DATASETS[metric] is dataset]
    for dataset in Dataset
}
_TOP1 = list(ACCURACIES).index(Metric.TOP1)
NOT_EVALUATED = 0
"""The row of `evaluations` that has no accuracy."""


@held_of_facts
def evaluations(session: ReadSession) -> tuple[Mapping[tuple[str, int], int], Floats]:
    """The accuracies of every checkpoint at every input size (rows), in the order of ACCURACIES (columns).

    All are of the crop that is best on ImageNet, those of the robustness sets too. The first answer says in
    which row. NaN is unknown.
    """
    crops: dict[tuple[Any, ...], list[float | None]] = {}
    query = select(
        AccuracyRow.dataset,
        AccuracyRow.top1,
        AccuracyRow.top5,
        AccuracyRow.checkpoint,
        AccuracyRow.input_size,
        AccuracyRow.crop_pct,
        AccuracyRow.interpolation,
    ).where(AccuracyRow.dataset.in_(list(_PLACES)), AccuracyRow.precision == Precision.FP32)
    for dataset, top1, top5, *crop in session.connection().execute(query):
        accuracies = crops.setdefault(tuple(crop), [None] * len(ACCURACIES))
        for place, accuracy in zip(_PLACES[dataset], (top1, top5), strict=False):
            accuracies[place] = accuracy
    best: dict[tuple[str, int], Sequence[float | None]] = {}
    # Of equals, the smallest crop is kept, which comes last.
    for (checkpoint, size, *_), accuracies in sorted(crops.items(), key=itemgetter(0), reverse=True):
        so_far = best.setdefault((checkpoint, size), accuracies)
        if _top1(accuracies) >= _top1(so_far):
            best[checkpoint, size] = accuracies
    table = np.array([[None] * len(ACCURACIES), *best.values()], dtype=np.float64)  # NaN in the place of None
    return {network: row for row, network in enumerate(best, start=1)}, table


def _top1(accuracies: Sequence[float | None]) -> float:
    top1 = accuracies[_TOP1]
    return -1.0 if top1 is None else top1


@held_of_facts
def evaluated(session: ReadSession) -> Mapping[Metric, frozenset[str]]:
    """For each accuracy, the checkpoints that have one at some input size."""
    places, table = evaluations(session)
    known = ~np.isnan(table)
    return {
        metric: frozenset(checkpoint for (checkpoint, _), row in places.items() if of_metric[row])
        for metric, of_metric in zip(ACCURACIES, known.T.tolist(), strict=True)
    }
