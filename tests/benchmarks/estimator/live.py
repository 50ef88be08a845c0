"""Networks that were measured on a live machine, with their node profiles: live.json.xz.

Each network was measured in blocks, with a canary before and after each, in ONNX Runtime and in OpenVINO. The
truth is the latency at the quiet level, by the profiler's own estimate. The file holds the profiles as they
are stored: attributed to the operators of the skeleton.
"""

import json
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.estimating.operator_times import Profile
from catalog.candidates.category import Bools, Category, Floats
from catalog.entities.networks import Workload
from catalog.inventory import Operators

PATH = Path(__file__).with_name("live.json.xz")
# A truth that is known no better says nothing of an estimate's error.
_LARGEST_ERROR = 0.06


@dataclass(frozen=True, eq=False)
class Live:
    """The networks that were measured in one configuration. `known` are those whose truth is known well
    enough to judge an estimate by."""

    configuration: str
    workloads: Sequence[Workload]
    families: Sequence[str]
    profiles: Sequence[Profile]
    known: Bools

    @property
    def log_ms(self) -> Floats:
        return np.log([one.latency_ns / 1e6 for one in self.profiles])


def load(configuration: str, path: Path = PATH) -> Live:
    """What was measured in `configuration`, as onnxruntime/1: the runtime and its threads."""
    entries = [entry for entry in _read(path)["networks"] if configuration in entry["configurations"]]
    held = [entry["configurations"][configuration] for entry in entries]
    return Live(
        configuration,
        [Workload(*entry["workload"]) for entry in entries],
        [entry["family"] for entry in entries],
        [
            Profile(
                _operators(entry["operators"]),
                np.array(one["group"], dtype=np.int64),
                np.array(one["group_ns"], dtype=np.float64),
                one["latency_ns"],
            )
            for entry, one in zip(entries, held, strict=True)
        ],
        np.array([(one["error"] or np.inf) <= _LARGEST_ERROR for one in held], dtype=np.bool_),
    )


def taken(path: Path = PATH) -> str:
    """When, where and with what it was measured."""
    text: str = _read(path)["taken"]
    return text


def write(taken: str, networks: Sequence[dict[str, Any]], path: Path = PATH) -> None:
    """Write what was measured."""
    text = json.dumps({"taken": taken, "networks": networks}, separators=(",", ":"))
    path.write_bytes(lzma.compress(text.encode()))


def as_document(operators: Operators) -> dict[str, Any]:
    """The operators, as `load` reads them."""
    columns = (operators.kind, operators.before, operators.after)
    return {"kinds": [list(column) for column in columns], "numbers": operators.numbers.T.tolist()}


def _operators(document: dict[str, Any]) -> Operators:
    kind, before, after = (Category.of(kinds) for kinds in document["kinds"])
    return Operators(kind, before, after, np.array(document["numbers"], dtype=np.int64).T)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(lzma.decompress(path.read_bytes()))
    return content
