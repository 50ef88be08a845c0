"""How images become the input of a checkpoint, as timm states it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preprocessing:
    """How images become the input of a checkpoint.

    An image is resized by `interpolation`, so that its middle `crop_pct` is the input. Each colour, on a
    scale from 0 to 1, loses its `mean` and is divided by its `std`.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    crop_pct: float


COLUMNS = ("mean", "std", "interpolation", "crop_pct")
"""The columns of a preprocessing in checkpoints.csv."""


def cells_of(preprocessing: Preprocessing | None) -> dict[str, Any]:
    """The cells of `COLUMNS`. They are empty where nothing is known."""
    if preprocessing is None:
        return dict.fromkeys(COLUMNS)
    return {
        "mean": _text(preprocessing.mean),
        "std": _text(preprocessing.std),
        "interpolation": preprocessing.interpolation,
        "crop_pct": preprocessing.crop_pct,
    }


def from_cells(row: Mapping[str, Any]) -> Preprocessing | None:
    """The preprocessing of a row of checkpoints.csv. None where a cell is empty or missing."""
    cells = [row.get(column) for column in COLUMNS]
    if not all(cells):
        return None
    mean, std, interpolation, crop_pct = map(str, cells)
    return Preprocessing(_numbers(mean), _numbers(std), interpolation, float(crop_pct))


def _text(numbers: Iterable[float]) -> str:
    return " ".join(map(str, numbers))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split()))
