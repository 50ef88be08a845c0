"""Reading the reference tables.

architectures.csv, checkpoints.csv, workloads.csv, aliases.csv    `archrank build-reference`, from timm
accuracy/, published/, sources.csv                                `archrank catalog import-timm-results`
families/, licenses.toml, recipes.toml, training_data.toml        written by hand
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.entities.networks import Accuracy, CountedWorkload, Counts, Stage, Workload
from catalog.reference.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.timm_results import ACCURACY_FILES, SourceFile, SpeedRow
from catalog.words.vocabulary import Form

ACCURACY_COLUMNS = ("checkpoint", "input_size", "crop_pct", "interpolation", "top1", "top5")
_SPEED_COLUMNS = ("model", "input_size", "batch_size", "images_per_s", "step_ms", "params_m")
# Looked up at every call of `shipped`: tests/conftest.py puts a smaller folder in its place.
FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class ReferenceTables:
    """The reference tables in `folder`. Each method reads its files anew."""

    folder: Path

    def architectures(self) -> list[TimmArchitecture]:
        return [
            TimmArchitecture(
                name=row["name"],
                family=row["family"],
                default_tag=row["default_tag"] or None,
                num_classes=int(row["num_classes"]),
                native_size=int(row["native_size"]),
                fixed_input=_flag(row["fixed_input"]),
                reparameterised=_flag(row["reparameterised"]),
                stages=tuple(Stage(*map(int, stage.split("x"))) for stage in row["stages"].split()),
                failure=row["failure"] or None,
            )
            for row in self._read("architectures.csv")
        ]

    def checkpoints(self) -> list[TimmCheckpoint]:
        return [
            TimmCheckpoint(
                row["name"],
                int(row["num_classes"]),
                int(row["native_size"]),
                row["license"] or None,
                row["hub_id"] or None,
            )
            for row in self._read("checkpoints.csv")
        ]

    def workloads(self) -> list[CountedWorkload]:
        return [_counted(row) for row in self._read("workloads.csv")]

    def aliases(self) -> dict[str, str]:
        """Checkpoints or architectures by the names that timm once gave them."""
        return {row["old"]: row["new"] for row in self._read("aliases.csv")}

    def sources(self) -> dict[str, SourceFile]:
        """The files of timm's results that the tables were made from, by name."""
        return {row["file"]: SourceFile(row["file"], row["blob"]) for row in self._read("sources.csv")}

    def accuracies(self) -> dict[SourceFile, list[Accuracy]]:
        sources = self.sources()
        return {
            sources[name]: [
                Accuracy(
                    checkpoint=checkpoint,
                    dataset=dataset,
                    input_size=int(input_size),
                    crop_pct=float(crop_pct),
                    interpolation=interpolation,
                    top1=float(top1),
                    top5=float(top5),
                    source=str(sources[name]),
                )
                for checkpoint, input_size, crop_pct, interpolation, top1, top5 in self._tuples(
                    f"accuracy/{name}", ACCURACY_COLUMNS
                )
            ]
            for name, dataset in ACCURACY_FILES.items()
            if name in sources
        }

    def speeds(self) -> dict[SourceFile, list[SpeedRow]]:
        return {
            source: [
                SpeedRow(
                    model,
                    int(input_size),
                    int(batch_size),
                    float(images_per_s),
                    float(step_ms),
                    float(params_m),
                )
                for model, input_size, batch_size, images_per_s, step_ms, params_m in self._tuples(
                    f"published/{name}", _SPEED_COLUMNS
                )
            ]
            for name, source in self.sources().items()
            if name not in ACCURACY_FILES
        }

    def version(self) -> str:
        """16 hexadecimal digits that follow from the content of the whole folder."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(self.folder).as_posix().encode() + path.read_bytes())
        return digest.hexdigest()[:16]

    def _read(self, name: str) -> Iterator[dict[str, str]]:
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)

    def _tuples(self, name: str, columns: Sequence[str]) -> Iterator[list[str]]:
        """The rows of a large table, in half of the time that naming their cells takes."""
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            if (header := next(rows, list(columns))) != list(columns):
                raise ValueError(f"{name} has the columns {header}, not {list(columns)}")
            yield from rows


def shipped() -> ReferenceTables:
    """The tables that ship with archrank."""
    return ReferenceTables(FOLDER)


def _counted(row: Mapping[str, str]) -> CountedWorkload:
    workload = Workload(
        row["architecture"], int(row["num_classes"]), int(row["input_size"]), Form(row["form"])
    )
    if row["failure"]:
        return CountedWorkload(workload, None, row["failure"], row["source"] or None)
    operators: dict[str, list[int]] = json.loads(row["operators"])
    counts = Counts(
        params_m=int(row["params"]) / 1e6,
        gmacs=int(row["macs"]) / 1e9,
        activations_m=int(row["activations"]) / 1e6,
        operators={name: macs[0] / 1e9 for name, (_, *macs) in operators.items() if macs},
        operator_calls={name: calls for name, (calls, *_) in operators.items()},
        weights_bytes=int(row["weights_bytes"]),
    )
    return CountedWorkload(workload, counts, source=row["source"] or None)


def _flag(text: str) -> bool | None:
    return {"True": True, "False": False}.get(text)
