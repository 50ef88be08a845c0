"""Writing the reference tables. `catalog.reference.tables.reading` reads them back."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from operator import attrgetter
from pathlib import Path
from typing import Any

from catalog.entities.networks import Accuracy, CountedWorkload
from catalog.reference.facts.preprocessing import cells_of
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.speeds.run_differences import RunDifferences
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow

_ACCURACY_COLUMNS = ("checkpoint", "input_size", "crop_pct", "interpolation", "top1", "top5")


def write_timm(
    architectures: Iterable[TimmArchitecture],
    checkpoints: Iterable[TimmCheckpoint],
    workloads: Iterable[CountedWorkload],
    aliases: Mapping[str, str],
    folder: Path,
) -> None:
    """Write the tables of `archrank build-reference` into `folder`."""
    _write(
        folder / "architectures.csv",
        [
            {
                "name": architecture.name,
                "family": architecture.family,
                "default_tag": architecture.default_tag,
                "num_classes": architecture.num_classes,
                "native_size": architecture.native_size,
                "fixed_input": architecture.fixed_input,
                "reparameterised": architecture.reparameterised,
                "stages": " ".join(f"{stage.stride}x{stage.channels}" for stage in architecture.stages),
                "failure": architecture.failure,
            }
            for architecture in sorted(architectures, key=attrgetter("name"))
        ],
    )
    _write(
        folder / "checkpoints.csv",
        [
            {
                "name": checkpoint.name,
                "num_classes": checkpoint.num_classes,
                "native_size": checkpoint.native_size,
                "license": checkpoint.license,
                "hub_id": checkpoint.hub_id,
                **cells_of(checkpoint.preprocessing),
            }
            for checkpoint in sorted(checkpoints, key=attrgetter("name"))
        ],
    )
    _write(
        folder / "workloads.csv",
        [_counted_row(counted) for counted in sorted(workloads, key=attrgetter("workload.id"))],
    )
    _write(folder / "aliases.csv", [{"old": old, "new": new} for old, new in sorted(aliases.items())])


def write_results(
    accuracies: Mapping[SourceFile, Sequence[Accuracy]],
    speeds: Mapping[SourceFile, Sequence[SpeedRow]],
    folder: Path,
) -> None:
    """Write the tables of `archrank catalog import-timm-results` into `folder`."""
    for source, of_file in accuracies.items():
        rows = sorted(of_file, key=attrgetter("checkpoint", "input_size", "crop_pct"))
        _write(
            folder / "accuracy" / source.name,
            [{name: getattr(row, name) for name in _ACCURACY_COLUMNS} for row in rows],
        )
    for source, lines in speeds.items():
        _write(
            folder / "published" / source.name,
            [vars(line) for line in sorted(lines, key=attrgetter("model", "input_size"))],
        )
    sources = sorted([*accuracies, *speeds], key=attrgetter("name"))
    _write(folder / "sources.csv", [{"file": source.name, "blob": source.blob} for source in sources])


def write_run_differences(differences: RunDifferences, folder: Path) -> None:
    """Write what published runs of one machine differ by into `folder`."""
    _write(
        folder / "run_differences.csv",
        [
            {
                "device": run_class.device.value,
                "batch_policy": run_class.batch_policy.value,
                "major_release_apart": "yes" if run_class.major_release_apart else "no",
                "scale": difference.scale,
                "degrees_of_freedom": difference.degrees_of_freedom,
                "pairs": difference.pairs,
                "networks": difference.networks,
            }
            for run_class, difference in sorted(differences.items(), key=lambda item: astuple(item[0]))
        ],
    )


def _counted_row(counted: CountedWorkload) -> dict[str, Any]:
    workload, counts = counted.workload, counted.counts
    operators = {}
    if counts is not None:
        macs = {name: [round(value * 1e9)] for name, value in counts.operators.items()}
        operators = {name: [calls, *macs.get(name, [])] for name, calls in counts.operator_calls.items()}
    return {
        "architecture": workload.architecture,
        "form": workload.form.value,
        "num_classes": workload.num_classes,
        "input_size": workload.input_size,
        "params": counts and round(counts.params_m * 1e6),
        "macs": counts and round(counts.gmacs * 1e9),
        "activations": counts and round(counts.activations_m * 1e6),
        "weights_bytes": counts and counts.weights_bytes,
        "operators": json.dumps(operators, separators=(",", ":")),
        "failure": counted.count_failure,
        "source": counted.source,
    }


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        if rows:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
