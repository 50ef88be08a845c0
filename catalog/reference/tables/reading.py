"""Reading the reference tables.

architectures.csv, checkpoints.csv, workloads.csv, aliases.csv    `archrank build-reference`, from timm
accuracy/, published/, sources.csv, run_differences.csv           `archrank catalog import-timm-results`
families/, licenses.toml, recipes.toml, training_data.toml        written by hand
"""

import csv
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from catalog.entities.networks import Accuracy, CountedWorkload, Counts, Stage, Workload
from catalog.reference.facts.preprocessing import COLUMNS, Preprocessing, from_cells
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.speeds.run_differences import RunClass, RunDifference, RunDifferences
from catalog.reference.speeds.timm_results import ACCURACY_FILES, SourceFile, SpeedRow
from catalog.words.vocabulary import BatchPolicy, Device, Form

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")
# Looked up at every call of `shipped`: tests/conftest.py puts a smaller folder in its place.
FOLDER = Path(__file__).parents[1] / "data"
# The archive of skeletons and the inventory of their operators lie in the same folder. No table follows from
# them.
SKELETONS, INVENTORY = "skeletons.zip", "operators.zip"
_RUN_DIFFERENCES = "run_differences.csv"


@dataclass(frozen=True)
class ReferenceTables:
    """The reference tables in `folder`. Each method reads its files anew.

    Raises:
        ValueError: a cell is not of the type of its field.
    """

    folder: Path

    def architectures(self) -> list[TimmArchitecture]:
        rows = self._rows("architectures.csv")
        return _lists_of(TimmArchitecture).validate_python(
            [{**row, "stages": _stages(row["stages"])} for row in rows]
        )

    def checkpoints(self) -> list[TimmCheckpoint]:
        return _lists_of(TimmCheckpoint).validate_python(
            [
                {name: cell for name, cell in row.items() if name not in COLUMNS}
                | {"preprocessing": from_cells(row)}
                for row in self._rows("checkpoints.csv")
            ]
        )

    def preprocessing(self, checkpoints: Collection[str]) -> dict[str, Preprocessing]:
        """How images become the input of the checkpoints, by name. What is unknown is absent."""
        return {
            row["name"]: read
            for row in self._rows("checkpoints.csv")
            if row["name"] in checkpoints and (read := from_cells(row)) is not None
        }

    def workloads(self) -> list[CountedWorkload]:
        return [_counted(row) for row in self._rows("workloads.csv")]

    def aliases(self) -> dict[str, str]:
        """Checkpoints or architectures by the names that timm once gave them."""
        return {row["old"]: row["new"] for row in self._rows("aliases.csv")}

    def sources(self) -> dict[str, SourceFile]:
        """The files of timm's results that the tables were made from, by name."""
        return {row["file"]: SourceFile(row["file"], row["blob"]) for row in self._rows("sources.csv")}

    def accuracies(self) -> dict[SourceFile, list[Accuracy]]:
        sources = self.sources()
        return {
            sources[name]: _lists_of(Accuracy).validate_python(
                [
                    {**row, "dataset": dataset, "source": str(sources[name])}
                    for row in self._rows(f"accuracy/{name}")
                ]
            )
            for name, dataset in ACCURACY_FILES.items()
            if name in sources
        }

    def speeds(self) -> dict[SourceFile, list[SpeedRow]]:
        return {
            source: _lists_of(SpeedRow).validate_python(list(self._rows(f"published/{name}")))
            for name, source in self.sources().items()
            if name not in ACCURACY_FILES
        }

    def run_differences(self) -> RunDifferences:
        """What published runs of one machine differ by. Nothing where the tables do not say."""
        if not (self.folder / _RUN_DIFFERENCES).exists():
            return {}
        return {
            RunClass(
                Device(row["device"]), BatchPolicy(row["batch_policy"]), row["major_release_apart"] == "yes"
            ): RunDifference(
                float(row["scale"]),
                float(row["degrees_of_freedom"]),
                int(row["pairs"]),
                int(row["networks"]),
            )
            for row in self._rows(_RUN_DIFFERENCES)
        }

    def version(self) -> str:
        """16 hexadecimal digits that follow from the content of all tables."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name not in {SKELETONS, INVENTORY}:
                digest.update(path.relative_to(self.folder).as_posix().encode() + path.read_bytes())
        return digest.hexdigest()[:16]

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        """The lines of a table by the names of their columns. An empty cell is None."""
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield {column: cell or None for column, cell in row.items()}


@cache
def _lists_of(kind: type[_T]) -> "TypeAdapter[list[_T]]":
    """What reads the rows of a table. Making it takes 20 ms, which a catalog that holds the tables need not
    pay."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(list[kind])  # type: ignore[valid-type]


def shipped() -> ReferenceTables:
    """The tables that ship with archrank."""
    return ReferenceTables(FOLDER)


def _counted(row: Mapping[str, Any]) -> CountedWorkload:
    workload = Workload(
        row["architecture"], int(row["num_classes"]), int(row["input_size"]), Form(row["form"])
    )
    if row["failure"]:
        return CountedWorkload(workload, None, row["failure"], row["source"])
    operators: dict[str, list[int]] = json.loads(row["operators"])
    counts = Counts(
        params_m=int(row["params"]) / 1e6,
        gmacs=int(row["macs"]) / 1e9,
        activations_m=int(row["activations"]) / 1e6,
        operators={name: macs[0] / 1e9 for name, (_, *macs) in operators.items() if macs},
        operator_calls={name: calls for name, (calls, *_) in operators.items()},
        weights_bytes=int(row["weights_bytes"]),
    )
    return CountedWorkload(workload, counts, source=row["source"])


def _stages(text: str | None) -> tuple[Stage, ...]:
    """Stride and channels of each stage, written `4x64 8x128`."""
    return tuple(Stage(*map(int, stage.split("x"))) for stage in (text or "").split())
