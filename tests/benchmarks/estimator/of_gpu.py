"""How well networks on a live GPU are estimated, on which a CPU starts each operator: gpu_h200.json.xz.

The truth is the quickest call of a plain loop. What a network took beside other work of its CPU is still in
it: a network was called for a fraction of a second, once.
"""

import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from app.estimating import whole_networks
from app.estimating.whole_networks import Known
from catalog.candidates.category import Floats, Ints
from catalog.entities.networks import Workload
from catalog.words.vocabulary import RuntimeName
from tests.benchmarks.estimator import scenarios
from tests.benchmarks.estimator.draws import LEVEL, Score, mean_of, splits
from tests.benchmarks.estimator.of_live import Row
from tests.benchmarks.estimator.published import Tables

_PATH = Path(__file__).with_name("gpu_h200.json.xz")
WAYS = ("with published GPUs", "with published GPUs, or by launches")


@dataclass(frozen=True, eq=False)
class OnGpu:
    """The networks that were called on the GPU in one configuration: their rows in the published tables, and
    the logarithms of the ms of a call."""

    configuration: str
    runtime: RuntimeName
    rows: Ints
    log_ms: Floats


def taken() -> list[str]:
    """When, where and with what each runtime was measured."""
    return [run["taken"] for run in _read()]


def load(tables: Tables) -> list[OnGpu]:
    """What was measured in each configuration."""
    places = {network.workload: place for place, network in enumerate(tables.networks)}
    found = []
    for run in _read():
        entries = [(places[Workload(*entry["workload"])], entry["ms"]) for entry in run["networks"]]
        for configuration in dict.fromkeys(name for _, ms in entries for name in ms):
            held = [(row, ms[configuration]["ms"]) for row, ms in entries if configuration in ms]
            rows, times = zip(*held, strict=True)
            found.append(OnGpu(configuration, RuntimeName(run["runtime"]), np.array(rows), np.log(times)))
    return found


def accuracy(one: OnGpu, tables: Tables, counts: Sequence[int], draws: int) -> Iterator[Row]:
    """Every way at every number of calibration networks, which are drawn. At least as many are judged."""
    eager = [
        place
        for place, column in enumerate(tables.columns)
        if column.device == "cuda" and not column.compiled
    ]
    references = scenarios.of_columns(tables, eager, eager)
    log_ms = np.full(len(tables.networks), np.nan)
    log_ms[one.rows] = one.log_ms
    held = tables.features
    launches = held.nodes if one.runtime is RuntimeName.ONNXRUNTIME else held.launches
    for count in (count for count in counts if 2 * count <= len(one.rows)):
        scores: dict[str, list[tuple[Score, Score]]] = {way: [] for way in WAYS}
        for seed in range(draws):
            pair = splits(one.rows, tables.architectures, tables.families, count, seed)
            for way in WAYS:
                known = Known(tables.features, references, launches=launches if way == WAYS[1] else None)
                mean, half = _estimated(known, pair[0].shown, log_ms)
                first, second = (
                    Score.of(log_ms[split.kept], mean[split.kept], half[split.kept], 1.0) for split in pair
                )
                scores[way].append((first, second))
        for way, of_way in scores.items():
            yield Row(
                way, count, mean_of([kept for kept, _ in of_way]), mean_of([kept for _, kept in of_way])
            )


def _estimated(known: Known, shown: Ints, log_ms: Floats) -> tuple[Floats, Floats]:
    """The logarithm of each network's time, and half of its interval."""
    found = whole_networks.estimate(known, shown, log_ms[shown])
    return found.mean, found.deviation * found.reach(LEVEL)


@cache
def _read() -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = json.loads(lzma.decompress(_PATH.read_bytes()))
    return held
