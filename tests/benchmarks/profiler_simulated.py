"""Journals of the profiler's benchmark whose truth is known, for its tests."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler.data import Data
from tests.benchmarks.profiler.extent import BUFFER_BYTES, FULL, TURN, Extent, Phase, Series, quick
from tests.benchmarks.profiler.journal import Taken
from tests.benchmarks.profiler.report import EXPERIMENTS
from tests.builders import make_sample

# Small enough for a second, large enough for every goal.
SMALL = replace(
    quick(FULL),
    same=FULL.same[:4],
    slower=FULL.slower[:4],
    cost=FULL.cost[:2],
    referees=FULL.referees[:3],
    conditions=FULL.conditions,
    sets=3,
    fresh=4,
    run_blocks=20,
    durations_ms=FULL.durations_ms[::3],
)


@dataclass(frozen=True)
class Met:
    """What a block of a series meets: its time, and what is read beside it."""

    latency_ms: float
    slowdown: float = 1.0
    peak_mb: float = 100.0
    foreign_cpus: float = 0.0


# What a block meets, from its series and its phase and the neighbour beside it.
Truth = Callable[[Series, str, str], Met]


def usual(series: Series, phase: str, beside: str) -> Met:
    """A profiler and a machine as they should be."""
    word, _, number = series.variant.partition(":")
    times_ms = {"lasting": 1000 * float(number or 0), "slower": 10 * (1 + float(number or 0))}
    peak_mb = 100 + (BUFFER_BYTES / 1e6 if word == "holding" else 0)
    kind, _, duty = beside.partition(":")
    slower = 1 + float(duty) if kind == "spinner" else 1.0
    return Met(times_ms.get(word, 10.0) * slower, slower, peak_mb, float(duty or 0))


def taken(
    extent: Extent = SMALL,
    truth: Truth = usual,
    names: Collection[str] = tuple(EXPERIMENTS),
    *,
    process_sd: float = 0.003,
    moment_sd: float = 0.003,
    seed: int = 0,
) -> list[Taken]:
    """Every visit of a run. Blocks that follow one another belong to three processes in turn."""
    noise = np.random.default_rng(seed)
    found: list[Taken] = []
    for phase in extent.phases(names):
        for series, turn, process, beside in _visits(phase, extent):
            met = truth(series, phase.name, beside)
            found.append(
                Taken(
                    series,
                    phase.name,
                    turn,
                    began_s=float(len(found)),
                    took_s=1.5 if process < 0 or turn < 3 else 0.2,
                    opening_s=1.3 if process < 0 or turn < 3 else 0.0,
                    beside=beside,
                    sample=_sample(met, noise, moment_sd, f"{phase.name} {series} {process}"),
                )
            )
    effects = {one.sample.started_at: float(noise.normal(0, process_sd)) for one in found if one.sample}
    return [_of_process(one, effects) for one in found]


def _visits(phase: Phase, extent: Extent) -> Iterator[tuple[Series, int, int, str]]:
    """The series, the turn, the process and the neighbour of each visit."""
    if phase.conditions:
        for turn, beside in enumerate(("", *phase.conditions)):
            for block in range(TURN):
                yield from ((series, turn, block % 3, beside) for series in phase.series)
        return
    blocks = 60 if phase.name.startswith("set") else 20
    for turn in range(blocks):
        yield from ((series, turn, turn % phase.plan.processes, "") for series in phase.series)
    for number, series in enumerate(phase.fresh):
        yield series, 0, -number - 1, ""


def _sample(met: Met, noise: np.random.Generator, moment_sd: float, process: str) -> ProcessSample:
    moment = float(np.exp(abs(noise.normal(0, 0.02)))) * met.slowdown
    latency_ms = met.latency_ms * float(np.exp(noise.normal(0, moment_sd)))
    return make_sample(
        latency_ms,
        calls=3,
        blocks=1,
        peak_mb=met.peak_mb,
        foreign_cpus=met.foreign_cpus,
        slowdown=moment,
        started_at=_began(process),
    )


def _began(process: str) -> str:
    """When a process began: at an hour of its own, so that no two are one."""
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=crc32(process.encode()))
    return began.isoformat(timespec="milliseconds")


def _of_process(one: Taken, effects: dict[str, float]) -> Taken:
    if one.sample is None or one.series.variant.startswith("lasting"):
        return one
    factor = float(np.exp(effects[one.sample.started_at]))
    wall_ns = tuple(round(time * factor) for time in one.sample.wall_ns)
    return replace(one, sample=replace(one.sample, wall_ns=wall_ns, cpu_ns=wall_ns))


def data(extent: Extent = SMALL, truth: Truth = usual, names: Collection[str] = tuple(EXPERIMENTS)) -> Data:
    return Data(taken(extent, truth, names))
