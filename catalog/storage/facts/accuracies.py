"""The published accuracies of checkpoints."""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from catalog.storage.bulk import chunks
from catalog.storage.database import ReadSession
from catalog.storage.tables import AccuracyRow
from catalog.words.vocabulary import Dataset, Precision


def top1_by_size(session: ReadSession, checkpoints: Iterable[str]) -> Mapping[str, Mapping[int, float]]:
    """The published fp32 top-1 (%) of each checkpoint at each input size (pixels), the smallest size first.

    Of several crops, the most accurate counts.
    """
    found: dict[str, dict[int, float]] = {}
    for names in chunks(sorted(set(checkpoints))):
        query = (
            select(AccuracyRow.checkpoint, AccuracyRow.input_size, func.max(AccuracyRow.top1).label("top1"))
            .where(
                AccuracyRow.checkpoint.in_(names),
                AccuracyRow.dataset == Dataset.IMAGENET_VAL,
                AccuracyRow.precision == Precision.FP32,
            )
            .group_by(AccuracyRow.checkpoint, AccuracyRow.input_size)
            .order_by(AccuracyRow.checkpoint, AccuracyRow.input_size)
        )
        for row in session.execute(query):
            found.setdefault(row.checkpoint, {})[row.input_size] = row.top1
    return found
