"""The accuracies of a checkpoint as rows: one for each input size and crop, with a column a test set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.contract.networks.checkpoints import AccuracyView, CheckpointView
from catalog.words.vocabulary import Dataset

TEST_SETS: Mapping[str, str] = {
    Dataset.IMAGENET_VAL: "top-1",
    Dataset.IMAGENET_REAL: "ReaL",
    Dataset.IMAGENET_V2: "V2",
    Dataset.IMAGENET_SKETCH: "Sketch",
    Dataset.IMAGENET_A: "A",
    Dataset.IMAGENET_R: "R",
}
"""The headings of the test sets. All are of ImageNet's classes, and all numbers are top-1."""


@dataclass(frozen=True)
class AccuracyRow:
    """The accuracies (percent) of a checkpoint at one input size (pixels) and crop, by test set.

    `top5` is that of ImageNet's validation images. None is unknown. A checkpoint without a published accuracy
    has a row without numbers, at its native size.
    """

    checkpoint: CheckpointView
    input_size: int | None
    crop_pct: float | None
    top1: Mapping[str, float]
    top5: float | None


def accuracy_rows(checkpoints: Sequence[CheckpointView]) -> list[AccuracyRow]:
    """The rows of every checkpoint, in their order, and of each the smallest input first."""
    return [row for checkpoint in checkpoints for row in _rows(checkpoint)]


def test_sets_of(rows: Sequence[AccuracyRow]) -> list[str]:
    """The test sets that a row has a number of, and ImageNet's validation images in any case."""
    return [
        name for name in TEST_SETS if name == Dataset.IMAGENET_VAL or any(name in row.top1 for row in rows)
    ]


def _rows(checkpoint: CheckpointView) -> list[AccuracyRow]:
    by_input: dict[tuple[int, float], list[AccuracyView]] = {}
    for accuracy in checkpoint.accuracies:
        by_input.setdefault((accuracy.input_size, accuracy.crop_pct), []).append(accuracy)
    if not by_input:
        return [AccuracyRow(checkpoint, checkpoint.native_size, None, {}, None)]
    return [
        AccuracyRow(
            checkpoint,
            size,
            crop,
            {one.dataset: one.top1 for one in accuracies},
            next((one.top5 for one in accuracies if one.dataset == Dataset.IMAGENET_VAL), None),
        )
        for (size, crop), accuracies in sorted(by_input.items())
    ]
