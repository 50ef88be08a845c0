"""Networks that were measured on live machines, with their node profiles: live_*.json.xz.

The truth is the latency at the quiet level, by the profiler's own estimate. A file holds the profiles as they
are stored: attributed to the operators of the skeleton.
"""

import json
import lzma
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from app.calibrating.evidence import Series, all_series
from app.estimating.operator_times import Profile
from catalog.candidates.category import Bools, Category, Floats
from catalog.entities.measurements import Measurement, Success
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import AttributedOperators
from catalog.inventory import Operators
from catalog.opening import open_existing_catalog
from catalog.storage.facts.native_workloads import described_workloads
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName

PATHS = {machine: Path(__file__).with_name(f"live_{machine}.json.xz") for machine in ("epyc", "xeon")}
# A truth that is known no better says nothing of an estimate's error.
_LARGEST_ERROR = 0.06
_NS_PER_MS = 1e6


@dataclass(frozen=True, eq=False)
class Live:
    """The networks that were measured on a machine in one configuration. `known` are those whose truth is
    known well enough to judge an estimate by. `memory_mb` are their peaks, NaN where they were not kept."""

    machine: str
    configuration: str
    workloads: Sequence[Workload]
    families: Sequence[str]
    profiles: Sequence[Profile]
    known: Bools
    memory_mb: Floats

    @property
    def name(self) -> str:
        return f"{self.machine}, {self.configuration}"

    @property
    def runtime(self) -> RuntimeName:
        return RuntimeName(self.configuration.partition("/")[0])

    @property
    def log_ms(self) -> Floats:
        return np.log([one.latency_ns / _NS_PER_MS for one in self.profiles])

    def without(self, architectures: Collection[str]) -> "Live":
        """What was measured of other architectures than these."""
        kept = [place for place, one in enumerate(self.workloads) if one.architecture not in architectures]
        return replace(
            self,
            workloads=[self.workloads[place] for place in kept],
            families=[self.families[place] for place in kept],
            profiles=[self.profiles[place] for place in kept],
            known=self.known[kept],
            memory_mb=self.memory_mb[kept],
        )


def load(machine: str) -> list[Live]:
    """What was measured on the machine, in each configuration, as onnxruntime/1: the runtime and its
    threads."""
    entries = _read(PATHS[machine])["networks"]
    configurations = dict.fromkeys(name for entry in entries for name in entry["configurations"])
    return [_live(machine, name, entries) for name in configurations]


def elsewhere(one: Live, every: Sequence[Live]) -> list[Live]:
    """What was measured on other machines in the same runtime."""
    return [other for other in every if other.machine != one.machine and other.runtime is one.runtime]


def taken(machine: str) -> str:
    """When, where and with what it was measured."""
    text: str = _read(PATHS[machine])["taken"]
    return text


def extract(machine: str, url: str, target: str, said: str) -> int:
    """Write the machine's file from what the catalog at `url` holds of a target: each network that has a node
    profile in all configurations. `said` is when, where and with what. Returns the number of networks."""
    with open_existing_catalog(url) as catalog, catalog.read() as session:
        every = all_series(session, target, with_node_profiles=True)
        of_series = {_name(one): {held.workload: held for held in one.measurements} for one in every}
        shared = set.intersection(*(set(measured) for measured in of_series.values()))
        described = described_workloads(session, {workload.id for workload in shared})
        families = {one.counted.workload: one.family for one in described}
    networks = [
        entry
        for workload in sorted(shared, key=lambda one: one.id)
        if (entry := _entry(workload, families[workload], of_series)) is not None
    ]
    text = json.dumps({"taken": said, "networks": networks}, separators=(",", ":"))
    PATHS[machine].write_bytes(lzma.compress(text.encode()))
    return len(networks)


def _name(series: Series) -> str:
    return f"{series.configuration.runtime}/{series.configuration.threads}"


def _entry(
    workload: Workload, family: str | None, of_series: dict[str, dict[Workload, Measurement]]
) -> dict[str, Any] | None:
    """What was measured of a network. None where it lacks a profile, or has profiles of different files."""
    held = {name: _attributed(measured[workload]) for name, measured in of_series.items()}
    profiles = {name: one for name, one in held.items() if one is not None}
    first = next(iter(profiles.values()), None)
    if first is None or len(profiles) < len(held):
        return None
    if any(one.numbers != first.numbers or one.kind != first.kind for one in profiles.values()):
        return None
    columns = np.array(first.numbers).T.tolist()
    return {
        "workload": astuple(workload),
        "family": family,
        "operators": {"kinds": [first.kind, first.before, first.after], "numbers": columns},
        "configurations": {
            name: {
                "group": profiles[name].group,
                "group_ns": [round(ns, 1) for ns in profiles[name].group_ns],
                **_truth(measured[workload]),
            }
            for name, measured in of_series.items()
        },
    }


def _attributed(measurement: Measurement) -> AttributedOperators | None:
    profile = measurement.outcome.node_profile if isinstance(measurement.outcome, Success) else None
    return None if profile is None else profile.operators


def _truth(measurement: Measurement) -> dict[str, float | None]:
    """The latency, half of its interval in logarithms, and the peak memory (MB)."""
    assert isinstance(measurement.outcome, Success)
    values = {one.metric: one for one in measurement.outcome.values}
    found, memory = values[Metric.LATENCY_MS], values[Metric.PEAK_MEMORY_MB]
    assert found.value is not None
    error = None if found.low is None or found.high is None else log(found.high / found.low) / 2
    return {"latency_ns": found.value * _NS_PER_MS, "error": error, "memory_mb": memory.value}


def _live(machine: str, configuration: str, every: Sequence[dict[str, Any]]) -> Live:
    entries = [entry for entry in every if configuration in entry["configurations"]]
    held = [entry["configurations"][configuration] for entry in entries]
    return Live(
        machine,
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
        np.array([one.get("memory_mb") for one in held], dtype=np.float64),
    )


def _operators(document: dict[str, Any]) -> Operators:
    kind, before, after = (Category.of(kinds) for kinds in document["kinds"])
    return Operators(kind, before, after, np.array(document["numbers"], dtype=np.int64).T)


@lru_cache
def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(lzma.decompress(path.read_bytes()))
    return content
