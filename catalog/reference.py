"""The reference tables that ship with the project: catalog/data/, each row with its source.

They are written by `archrank catalog import-timm-results DIR --table`, never by hand, and loaded once
into every catalog, again when they change.
"""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select, update

from catalog import storing
from catalog.database import Catalog, WriteSession
from catalog.entities import Accuracy, Architecture, Checkpoint
from catalog.tables import CatalogState
from catalog.timm_results import architecture_of

ACCURACY_TABLE = Path(__file__).parent / "data" / "accuracy.csv"
_IMAGENET_CLASSES = 1000


def ensure_loaded(catalog: Catalog) -> None:
    """Load the shipped tables, unless this catalog already holds exactly them."""
    content = ACCURACY_TABLE.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:16]
    with catalog.read() as session:
        if session.scalars(select(CatalogState.reference)).one() == version:
            return
    with catalog.write() as writing:
        store_accuracies(writing, read_table(ACCURACY_TABLE))
        writing.execute(update(CatalogState).values(reference=version))


def store_accuracies(session: WriteSession, accuracies: Sequence[Accuracy]) -> None:
    """Store accuracies on ImageNet with the checkpoints and architectures that they name."""
    checkpoints = dict.fromkeys(accuracy.checkpoint for accuracy in accuracies)
    architectures = dict.fromkeys(architecture_of(name) for name in checkpoints)
    storing.save_architectures(session, [Architecture(name) for name in architectures])
    storing.save_checkpoints(
        session,
        [Checkpoint(name, architecture_of(name), num_classes=_IMAGENET_CLASSES) for name in checkpoints],
    )
    storing.save_accuracies(session, accuracies)


def read_table(path: Path) -> list[Accuracy]:
    """The rows of a table that `write_table` wrote."""
    with path.open(newline="") as file:
        return [
            Accuracy(
                checkpoint=row["checkpoint"],
                dataset=row["dataset"],
                input_size=int(row["input_size"]),
                crop_pct=float(row["crop_pct"]),
                interpolation=row["interpolation"],
                top1=float(row["top1"]),
                top5=float(row["top5"]),
                source=row["source"],
            )
            for row in csv.DictReader(file)
        ]


def write_table(path: Path, accuracies: Iterable[Accuracy]) -> None:
    """Write accuracies, ordered by checkpoint and input size."""
    rows = [asdict(accuracy) for accuracy in accuracies]
    rows.sort(key=lambda row: (row["checkpoint"], row["input_size"], row["crop_pct"]))
    names = [name for name in rows[0] if name != "precision"] if rows else []
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
