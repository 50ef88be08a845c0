"""Reading the result tables that timm publishes (results/ of its repository, Apache-2.0)."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NoReturn, TypeVar

from catalog.border.checking import fault_of
from catalog.border.ranges import OF_FIELD, OF_METRIC
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Accuracy, Workload
from catalog.errors import SourceTableError
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset

_PERCENT = 100
_T = TypeVar("_T")
_Row = Mapping[str, str]
# What is done about a file or a line that cannot be read.
_Refuse = Callable[[SourceTableError], None]

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


def _raise(error: SourceTableError) -> NoReturn:
    raise error


def read_accuracies(directory: Path, refuse: _Refuse = _raise) -> dict[SourceFile, list[Accuracy]]:
    """The accuracies in `directory`, by file, in the file's order.

    `refuse` is told of each of the six files that is missing or no table, and of each malformed line, with
    its number. By default it raises this SourceTableError.
    """
    accuracies = {}
    for name, dataset in ACCURACY_FILES.items():
        if (file := _read(directory / name, refuse)) is not None:
            source, content = file
            convert = _accuracy(dataset, str(source))
            accuracies[source] = list(_rows(directory / name, content, _ACCURACY_COLUMNS, convert, refuse))
    return accuracies


def read_speeds(directory: Path, refuse: _Refuse = _raise) -> dict[SourceFile, list[SpeedRow]]:
    """The speeds in every benchmark-*.csv of `directory`, by file, in the file's order.

    Lines that name a network but hold no speed, because it did not run, are left out. `refuse` is told where
    there is no such file, of a file that is no table, and of each malformed line, with its number. By default
    it raises this SourceTableError.
    """
    paths = sorted(directory.glob(SPEED_FILES))
    if not paths:
        refuse(SourceTableError(f"There is no {SPEED_FILES} in {directory}.", _REMEDY))
    speeds = {}
    for path in paths:
        if (file := _read(path, refuse)) is None:
            continue
        source, content = file
        phase = "train" if path.name.startswith("benchmark-train-") else "infer"
        columns = [*(f"{phase}_{name}" for name in _SPEED_COLUMNS), "model", "param_count"]
        rows = _rows(path, content, columns, _speed(phase), refuse)
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


def _read(path: Path, refuse: _Refuse) -> tuple[SourceFile, bytes] | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        refuse(SourceTableError(f"Cannot read {path}: {error.strerror}.", _REMEDY))
        return None
    return SourceFile(path.name, git_blob_id(content)), content


def _rows(
    path: Path, content: bytes, columns: Sequence[str], convert: Callable[[_Row], _T], refuse: _Refuse
) -> Iterator[_T]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        refuse(SourceTableError(f"{path} is not text: {error}.", _REMEDY))
        return
    reader = csv.DictReader(lines)
    try:
        if missing := set(columns) - set(reader.fieldnames or ()):
            refuse(SourceTableError(f"{path}: no column {', '.join(sorted(missing))}.", _REMEDY))
            return
        for row in reader:
            try:
                converted = convert(row)
            except (ValueError, AttributeError, OverflowError) as error:
                complaint = str(error).rstrip(".")
                refuse(SourceTableError(f"{path}, line {reader.line_num}: {complaint}.", _REMEDY))
            else:
                yield converted
    except csv.Error as error:
        refuse(SourceTableError(f"{path}, line {reader.line_num}: {error}.", _REMEDY))


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
        if (fault := fault_of(accuracy)) is not None:
            raise ValueError(str(fault))
        return accuracy

    return convert


_PLAUSIBLE = {
    "input_size": OF_FIELD[Workload]["input_size"],
    "batch_size": OF_FIELD[Configuration]["batch_size"],
    "images_per_s": OF_METRIC[Metric.THROUGHPUT_IPS],
    "step_ms": OF_METRIC[Metric.LATENCY_MS],
    "params_m": OF_METRIC[Metric.PARAMS_M],
}


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
        for quantity, plausible in _PLAUSIBLE.items():
            if not plausible.holds(getattr(speed, quantity)):
                raise ValueError(f"{quantity} is {getattr(speed, quantity):g}, and can be {plausible}")
        return speed

    return convert
