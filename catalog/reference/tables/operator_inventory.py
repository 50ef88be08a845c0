"""Reading and writing the inventory of operators that ships: a ZIP file of columns under LZMA."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from catalog.candidates.category import Category, Floats, Ints
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.inventory import NUMBERS, Inventory, Operators
from catalog.words.vocabulary import RuntimeName

_HEAD = "index.json"
# A logarithm is written as a whole number of such parts, and a MB of memory too. Unknown memory is this.
_STEPS, _STEPS_OF_MB, _UNKNOWN = 1000, 10, -1
# The same bytes are written from the same inventory, whenever it is.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def write(inventory: Inventory, unlisted: Mapping[str, str], path: Path) -> None:
    """Write the inventory to `path`. `unlisted` are the ids of workloads that it lacks, with the reasons. The
    file appears whole or not at all."""
    operators = inventory.operators
    head = {
        "workloads": [asdict(workload) for workload in inventory.workloads],
        "kinds": [list(column.values) for column in (operators.kind, operators.before, operators.after)],
        "unlisted": dict(sorted(unlisted.items())),
        "efficiency": [*inventory.efficiency],
        "memory": [*inventory.memory],
    }
    columns = {
        "kind": operators.kind.codes,
        "before": operators.before.codes,
        "after": operators.after.codes,
        **{f"number/{name}": operators.numbers[:, place] for place, name in enumerate(NUMBERS)},
        # Networks and operators are in order, so their steps are small.
        "network": np.diff(inventory.network, prepend=0),
        "operator": np.diff(inventory.operator, prepend=0),
        "count": inventory.count,
        **{
            f"efficiency/{runtime}": np.round(logs * _STEPS).astype(np.int64)
            for runtime, logs in inventory.efficiency.items()
        },
        **{
            f"memory/{runtime}": np.nan_to_num(np.round(peaks * _STEPS_OF_MB), nan=_UNKNOWN).astype(np.int64)
            for runtime, peaks in inventory.memory.items()
        },
    }
    unfinished = path.with_name(f".{path.name}.new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_LZMA) as archive:
        files = {_HEAD: json.dumps(head, separators=(",", ":")).encode(), **_packed(columns)}
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIMESTAMP), content, zipfile.ZIP_LZMA)
    unfinished.replace(path)


def read(path: Path) -> Inventory:
    """The inventory in the file at `path`. Without the file, it is empty."""
    if not path.exists():
        nothing = np.empty(0, dtype=np.int64)
        words: Category[str] = Category.of(())
        operators = Operators(words, words, words, np.empty((0, len(NUMBERS)), dtype=np.int64))
        return Inventory((), operators, nothing, nothing, nothing)
    with zipfile.ZipFile(path) as archive:
        head = json.loads(archive.read(_HEAD))

        def column(name: str) -> Ints:
            return np.asarray(np.load(io.BytesIO(archive.read(name))), dtype=np.int64)

        kind, before, after = (
            Category(tuple(values), column(name))
            for name, values in zip(("kind", "before", "after"), head["kinds"], strict=True)
        )
        numbers = np.stack([column(f"number/{name}") for name in NUMBERS], axis=1)
        return Inventory(
            tuple(from_document(Workload, workload) for workload in head["workloads"]),
            Operators(kind, before, after, numbers),
            np.cumsum(column("network")),
            np.cumsum(column("operator")),
            column("count"),
            {
                RuntimeName(runtime): column(f"efficiency/{runtime}") / _STEPS
                for runtime in head.get("efficiency", ())
            },
            {RuntimeName(runtime): _known(column(f"memory/{runtime}")) for runtime in head.get("memory", ())},
        )


def _known(memory: Ints) -> Floats:
    """Memory in MB. NaN is unknown."""
    return np.where(memory == _UNKNOWN, np.nan, memory / _STEPS_OF_MB)


def unlisted(path: Path) -> dict[str, str]:
    """The ids of workloads that the inventory at `path` lacks, with the reasons."""
    with zipfile.ZipFile(path) as archive:
        reasons: dict[str, str] = json.loads(archive.read(_HEAD))["unlisted"]
        return reasons


def _packed(columns: Mapping[str, Ints]) -> dict[str, bytes]:
    return {name: _bytes(column) for name, column in columns.items()}


def _bytes(column: Ints) -> bytes:
    """The column as a file of numpy, in the narrowest integers that hold it."""
    narrow: npt.NDArray[np.integer] = column.astype(
        np.result_type(np.min_scalar_type(column.min(initial=0)), np.min_scalar_type(column.max(initial=0)))
    )
    file = io.BytesIO()
    np.save(file, narrow if narrow.dtype.kind in "iu" else column)
    return file.getvalue()
