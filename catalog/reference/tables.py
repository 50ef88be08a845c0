"""Reading and writing the reference tables that ship with the project, in data/.

architectures.csv, checkpoints.csv, workloads.csv, aliases.csv    `archrank build-reference`, from timm
accuracy/, published/, sources.csv                                `archrank catalog import-timm-results`
families/, licenses.toml, recipes.toml                            written by hand
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from catalog.entities.networks import (
    Accuracy,
    CountedWorkload,
    Counts,
    Stage,
    Workload,
)
from catalog.reference.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.timm_results import ACCURACY_FILES, SourceFile, SpeedRow
from catalog.words.vocabulary import Form

DATA = Path(__file__).parent / "data"
IMAGENET_CLASSES = 1000
_ACCURACY_COLUMNS = ("checkpoint", "input_size", "crop_pct", "interpolation", "top1", "top5")
_SPEED_COLUMNS = ("model", "input_size", "batch_size", "images_per_s", "step_ms", "params_m")


# Reading


def read_architectures() -> list[TimmArchitecture]:
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
        for row in _read("architectures.csv")
    ]


def read_checkpoints() -> list[TimmCheckpoint]:
    return [
        TimmCheckpoint(
            row["name"],
            int(row["num_classes"]),
            int(row["native_size"]),
            row["license"] or None,
            row["hub_id"] or None,
        )
        for row in _read("checkpoints.csv")
    ]


def read_workloads() -> list[CountedWorkload]:
    return [_counted(row) for row in _read("workloads.csv")]


def read_aliases() -> dict[str, str]:
    """Checkpoints or architectures by the names that timm once gave them."""
    return {row["old"]: row["new"] for row in _read("aliases.csv")}


def read_sources() -> dict[str, SourceFile]:
    """The files of timm's results that the tables were made from, by name."""
    return {row["file"]: SourceFile(row["file"], row["blob"]) for row in _read("sources.csv")}


def read_accuracies() -> dict[SourceFile, list[Accuracy]]:
    sources = read_sources()
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
            for checkpoint, input_size, crop_pct, interpolation, top1, top5 in _tuples(
                f"accuracy/{name}", _ACCURACY_COLUMNS
            )
        ]
        for name, dataset in ACCURACY_FILES.items()
        if name in sources
    }


def read_speeds() -> dict[SourceFile, list[SpeedRow]]:
    return {
        source: [
            SpeedRow(
                model, int(input_size), int(batch_size), float(images_per_s), float(step_ms), float(params_m)
            )
            for model, input_size, batch_size, images_per_s, step_ms, params_m in _tuples(
                f"published/{name}", _SPEED_COLUMNS
            )
        ]
        for name, source in read_sources().items()
        if name not in ACCURACY_FILES
    }


# Writing


def write_timm(
    architectures: Iterable[TimmArchitecture],
    checkpoints: Iterable[TimmCheckpoint],
    workloads: Iterable[CountedWorkload],
    aliases: Mapping[str, str],
    folder: Path = DATA,
) -> None:
    """Write what `archrank build-reference` found into `folder`."""
    _write(
        folder / "architectures.csv",
        [
            {
                "name": one.name,
                "family": one.family,
                "default_tag": one.default_tag,
                "num_classes": one.num_classes,
                "native_size": one.native_size,
                "fixed_input": one.fixed_input,
                "reparameterised": one.reparameterised,
                "stages": " ".join(f"{stage.stride}x{stage.channels}" for stage in one.stages),
                "failure": one.failure,
            }
            for one in sorted(architectures, key=lambda one: one.name)
        ],
    )
    _write(
        folder / "checkpoints.csv",
        [
            {
                "name": one.name,
                "num_classes": one.num_classes,
                "native_size": one.native_size,
                "license": one.license,
                "hub_id": one.hub_id,
            }
            for one in sorted(checkpoints, key=lambda one: one.name)
        ],
    )
    _write(
        folder / "workloads.csv",
        [_counted_row(one) for one in sorted(workloads, key=lambda one: one.workload.id)],
    )
    _write(folder / "aliases.csv", [{"old": old, "new": new} for old, new in sorted(aliases.items())])


def write_results(
    accuracies: Mapping[SourceFile, Sequence[Accuracy]],
    speeds: Mapping[SourceFile, Sequence[SpeedRow]],
    folder: Path = DATA,
) -> None:
    """Write what `archrank catalog import-timm-results` read into `folder`."""
    for source, evaluations in accuracies.items():
        rows = sorted(evaluations, key=lambda one: (one.checkpoint, one.input_size, one.crop_pct))
        _write(
            folder / "accuracy" / source.name,
            [{name: getattr(row, name) for name in _ACCURACY_COLUMNS} for row in rows],
        )
    for source, timings in speeds.items():
        _write(
            folder / "published" / source.name,
            [vars(row) for row in sorted(timings, key=lambda one: (one.model, one.input_size))],
        )
    sources = sorted([*accuracies, *speeds], key=lambda one: one.name)
    _write(folder / "sources.csv", [{"file": one.name, "blob": one.blob} for one in sources])


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


def _counted_row(one: CountedWorkload) -> dict[str, Any]:
    counts = one.counts
    operators = {}
    if counts is not None:
        macs = {name: [round(value * 1e9)] for name, value in counts.operators.items()}
        operators = {name: [calls, *macs.get(name, [])] for name, calls in counts.operator_calls.items()}
    return {
        "architecture": one.workload.architecture,
        "form": one.workload.form.value,
        "num_classes": one.workload.num_classes,
        "input_size": one.workload.input_size,
        "params": counts and round(counts.params_m * 1e6),
        "macs": counts and round(counts.gmacs * 1e9),
        "activations": counts and round(counts.activations_m * 1e6),
        "weights_bytes": counts and counts.weights_bytes,
        "operators": json.dumps(operators, separators=(",", ":")),
        "failure": one.count_failure,
        "source": one.source,
    }


def _flag(text: str) -> bool | None:
    return {"True": True, "False": False}.get(text)


def _read(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _tuples(name: str, columns: Sequence[str]) -> Iterator[list[str]]:
    """The rows of a large table, in half of the time that naming their cells takes."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        if (found := next(rows, list(columns))) != list(columns):
            raise ValueError(f"{name} has the columns {found}, not {list(columns)}")
        yield from rows


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        if rows:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def tables_version() -> str:
    """What the shipped tables hold, in one word."""
    found = hashlib.sha256()
    for path in sorted(DATA.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(DATA).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]
