"""Reading the result tables that timm publishes (results/ of its repository, Apache-2.0)."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path

from catalog.entities import Accuracy
from catalog.errors import SourceTableError
from catalog.repository import IMAGENET_VAL

_PERCENT = 100
_FILE = "results-imagenet.csv"
_COLUMNS = ("model", "img_size", "top1", "top5", "crop_pct", "interpolation")


def read_accuracies(directory: Path) -> list[Accuracy]:
    """ImageNet validation accuracies of `directory`/results-imagenet.csv, in the file's order.

    `source` names the file and its git blob id, which identifies the revision in timm's repository.

    Raises:
        SourceTableError: the file is missing, or a line of it is malformed; names the line.
    """
    path = directory / _FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceTableError(
            f"cannot read {path}: {error.strerror}",
            "name the folder `results` of a checkout of pytorch-image-models",
        ) from error
    source = f"timm results/{_FILE} @ git blob {git_blob_id(content)}"
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SourceTableError(f"{path} is not text: {error}") from error
    return list(_rows(path, lines, source))


def git_blob_id(content: bytes) -> str:
    """The id that git gives a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def architecture_of(checkpoint: str) -> str:
    """The architecture of a checkpoint name: what stands before its tag."""
    return checkpoint.split(".", 1)[0]


def number(text: str) -> float:
    """A number as timm prints it; thousands are parted by commas ("1,014.45").

    Raises:
        ValueError: not a finite number.
    """
    value = float(text.replace(",", ""))
    if not isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def _rows(path: Path, lines: Sequence[str], source: str) -> Iterator[Accuracy]:
    reader = csv.DictReader(lines)
    missing = set(_COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise SourceTableError(f"{path}: no column {', '.join(sorted(missing))}")
    for row in reader:
        try:
            accuracy = Accuracy(
                checkpoint=row["model"],
                dataset=IMAGENET_VAL,
                input_size=int(number(row["img_size"])),
                crop_pct=number(row["crop_pct"]),
                interpolation=row["interpolation"],
                top1=number(row["top1"]),
                top5=number(row["top5"]),
                source=source,
            )
        except (ValueError, AttributeError) as error:
            raise SourceTableError(f"{path}, line {reader.line_num}: {error}") from error
        if not 0 <= accuracy.top1 <= accuracy.top5 <= _PERCENT:
            raise SourceTableError(f"{path}, line {reader.line_num}: not 0 <= top1 <= top5 <= 100")
        if not accuracy.checkpoint or not accuracy.interpolation:
            raise SourceTableError(f"{path}, line {reader.line_num}: no model or no interpolation")
        yield accuracy
