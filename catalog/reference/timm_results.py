"""Reading the result tables that timm publishes (results/ of its repository, Apache-2.0)."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TypeVar

from catalog.entities.networks import Accuracy
from catalog.errors import SourceTableError
from catalog.words.vocabulary import Dataset

_PERCENT = 100
_T = TypeVar("_T")
_Row = Mapping[str, str]

ACCURACY_FILES: Mapping[str, Dataset] = {
    "results-imagenet.csv": Dataset.IMAGENET_VAL,
    "results-imagenet-real.csv": Dataset.IMAGENET_REAL,
    "results-imagenetv2-matched-frequency.csv": Dataset.IMAGENET_V2,
    "results-sketch.csv": Dataset.IMAGENET_SKETCH,
    "results-imagenet-a.csv": Dataset.IMAGENET_A,
    "results-imagenet-r.csv": Dataset.IMAGENET_R,
}
SPEED_FILES = "benchmark-*.csv"
_ACCURACY_COLUMNS = ("model", "img_size", "top1", "top5", "crop_pct", "interpolation")
_SPEED_COLUMNS = ("img_size", "batch_size", "samples_per_sec", "step_time")
_REMEDY = "Name the folder `results` of a checkout of pytorch-image-models."


@dataclass(frozen=True)
class SpeedRow:
    """One line of a speed table. `model` is what timm called the network then. Times are means."""

    model: str
    input_size: int
    batch_size: int
    images_per_s: float
    step_ms: float
    params_m: float


@dataclass(frozen=True)
class SourceFile:
    """A file of timm's results, by the git blob id that identifies its revision."""

    name: str
    blob: str

    def __str__(self) -> str:
        return f"timm results/{self.name} @ git blob {self.blob}"


def read_accuracies(directory: Path) -> dict[SourceFile, list[Accuracy]]:
    """The accuracies in `directory`, by file, in the file's order. All of the six files must be there.

    Raises:
        SourceTableError: a file is missing, or a line of it is malformed. The error names the line.
    """
    return {
        source: list(_rows(directory / name, content, _ACCURACY_COLUMNS, _accuracy(dataset, str(source))))
        for name, dataset in ACCURACY_FILES.items()
        for source, content in [_read(directory / name)]
    }


def read_speeds(directory: Path) -> dict[SourceFile, list[SpeedRow]]:
    """The speeds in every benchmark-*.csv of `directory`, by file, in the file's order.

    Lines that name a network but hold no speed, because it did not run, are left out.

    Raises:
        SourceTableError: there is no such file, or a line is malformed. The error names the line.
    """
    paths = sorted(directory.glob(SPEED_FILES))
    if not paths:
        raise SourceTableError(f"There is no {SPEED_FILES} in {directory}.", _REMEDY)
    speeds = {}
    for path in paths:
        source, content = _read(path)
        phase = "train" if path.name.startswith("benchmark-train-") else "infer"
        columns = [*(f"{phase}_{name}" for name in _SPEED_COLUMNS), "model", "param_count"]
        rows = _rows(path, content, columns, _speed(phase))
        speeds[source] = [row for row in rows if row is not None]
    return speeds


def git_blob_id(content: bytes) -> str:
    """The id that git gives a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def number(text: str) -> float:
    """A number as timm prints it, with commas between thousands ("1,014.45").

    Raises:
        ValueError: not a finite number.
    """
    value = float(text.replace(",", ""))
    if not isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def _read(path: Path) -> tuple[SourceFile, bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceTableError(f"Cannot read {path}: {error.strerror}.", _REMEDY) from error
    return SourceFile(path.name, git_blob_id(content)), content


def _rows(path: Path, content: bytes, columns: Sequence[str], convert: Callable[[_Row], _T]) -> Iterator[_T]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SourceTableError(f"{path} is not text: {error}.", _REMEDY) from error
    reader = csv.DictReader(lines)
    missing = set(columns) - set(reader.fieldnames or ())
    if missing:
        raise SourceTableError(f"{path}: no column {', '.join(sorted(missing))}.", _REMEDY)
    for row in reader:
        try:
            yield convert(row)
        except (ValueError, AttributeError) as error:
            raise SourceTableError(f"{path}, line {reader.line_num}: {error}.", _REMEDY) from error


def _accuracy(dataset: Dataset, source: str) -> Callable[[_Row], Accuracy]:
    def convert(row: _Row) -> Accuracy:
        accuracy = Accuracy(
            checkpoint=row["model"],
            dataset=dataset,
            input_size=int(number(row["img_size"])),
            crop_pct=number(row["crop_pct"]),
            interpolation=row["interpolation"],
            top1=number(row["top1"]),
            top5=number(row["top5"]),
            source=source,
        )
        if not 0 <= accuracy.top1 <= accuracy.top5 <= _PERCENT:
            raise ValueError("not 0 <= top1 <= top5 <= 100")
        if not accuracy.checkpoint or not accuracy.interpolation:
            raise ValueError("no model or no interpolation")
        return accuracy

    return convert


def _speed(phase: str) -> Callable[[_Row], SpeedRow | None]:
    def convert(row: _Row) -> SpeedRow | None:
        if row["model"] and not row[f"{phase}_samples_per_sec"]:
            return None
        speed = SpeedRow(
            model=row["model"],
            input_size=int(number(row[f"{phase}_img_size"])),
            batch_size=int(number(row[f"{phase}_batch_size"])),
            images_per_s=number(row[f"{phase}_samples_per_sec"]),
            step_ms=number(row[f"{phase}_step_time"]),
            params_m=number(row["param_count"]),
        )
        numbers = (
            speed.input_size,
            speed.batch_size,
            speed.images_per_s,
            speed.step_ms,
            speed.params_m,
        )
        if not speed.model or min(numbers) <= 0:
            raise ValueError("no model, or a number that is not positive")
        return speed

    return convert
