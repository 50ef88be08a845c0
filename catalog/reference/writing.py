"""Writing the reference tables. `catalog.reference.reading` reads them back."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from catalog.entities.networks import Accuracy, CountedWorkload
from catalog.reference.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.timm_results import SourceFile, SpeedRow

_ACCURACY_COLUMNS = ("checkpoint", "input_size", "crop_pct", "interpolation", "top1", "top5")


def write_timm(
    architectures: Iterable[TimmArchitecture],
    checkpoints: Iterable[TimmCheckpoint],
    workloads: Iterable[CountedWorkload],
    aliases: Mapping[str, str],
    folder: Path,
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
    folder: Path,
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


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        if rows:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
