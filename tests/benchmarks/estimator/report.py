"""The report of the estimator's benchmark."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from textwrap import fill
from time import process_time

import numpy as np

from app.estimating import choosing, estimator, roofline
from app.estimating.efficiency import Efficiency
from app.estimating.estimator import Calibration, Field
from app.estimating.features import features
from catalog.inventory import Inventory
from tests.benchmarks.estimator import live, of_gpu, of_live, of_memory, of_published, scenarios
from tests.benchmarks.estimator.decisions import CONFIDENCE, MEASUREMENTS, Replay
from tests.benchmarks.estimator.draws import LEVEL, Score
from tests.benchmarks.estimator.of_live import World
from tests.benchmarks.estimator.published import Tables
from tests.benchmarks.estimator.scenarios import Scenario
from tests.benchmarks.machine import commit, processor, version_of

_SHOWN = 20
_WIDTH = 110
# Drawing a network, loading it and profiling it took two seconds and more on two cores.
_OPENING_S = 3.0
# How often a network is called when it is measured: in its warm-up, its blocks and its profile.
_CALLS = 60
_LIVE_COUNTS = (10, 20, 30)
_DECIDED = {
    Scenario.MATCHING: "benchmark-infer-amp-nchw-pt291-cu128-4090.csv",
    Scenario.OLDER: "benchmark-infer-amp-nchw-pt291-cu128-4090.csv",
    Scenario.NONE: "benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv",
}
_GOALS: Mapping[str, tuple[float, float]] = {
    Scenario.MATCHING: (0.92, 0.035),
    Scenario.OLDER: (0.80, 0.05),
    "CPU, one other CPU": (0.65, 0.07),
    Scenario.NONE: (0.55, 0.09),
    "this machine, per-operator": (0.92, 0.03),
}


@dataclass(frozen=True)
class Extent:
    """How many draws of calibration networks each figure is the mean of."""

    draws: int
    decisions: int


@dataclass(frozen=True, eq=False)
class Material:
    """What the sections are made from."""

    tables: Tables
    inventory: Inventory
    extent: Extent

    @cached_property
    def worlds(self) -> list[World]:
        cpus = [place for place, one in enumerate(self.tables.columns) if one.device == "cpu"]
        # Another CPU, runtime and number of threads: none of them is of the class of these machines.
        i9 = scenarios.of_columns(self.tables, cpus, [])
        every = [one for machine in live.PATHS for one in live.load(machine)]
        return [World.of(one, live.elsewhere(one, every), self.tables, i9) for one in every]


def report(tables: Tables, inventory: Inventory, names: Sequence[str], extent: Extent) -> str:
    """The whole text."""
    material = Material(tables, inventory, extent)
    lines = [*_head(material)]
    for name in names:
        lines += ["", *SECTIONS[name](material)]
    return "\n".join(map(_wrapped, lines)) + "\n"


def _wrapped(line: str) -> str:
    """Prose in lines of a document's width. Tables and headings stay as they are."""
    return line if line.startswith(("|", "#")) else fill(line, _WIDTH)


def _head(material: Material) -> Iterator[str]:
    tables = material.tables
    yield "# How well are unmeasured networks estimated?"
    yield ""
    yield (
        f"Written by `make bench-estimator`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {commit()}. "
        f"{processor()}, "
        f"numpy {version_of('numpy')}, SciPy {version_of('scipy')}, scikit-learn "
        f"{version_of('scikit-learn')}."
    )
    yield ""
    yield (
        f"{len(tables.columns)} published tables with {int((~np.isnan(tables.log_times)).sum())} rows "
        "take the place "
        "of targets, one at a time. An estimate sees the calibration networks of the draw, and the "
        "tables of other "
        f"hardware that the scenario allows. Each figure is the mean of {material.extent.draws} random "
        "draws. A chosen set is the one that calibration chooses from three quarters of the "
        "networks, drawn at random. "
        "Networks of an architecture that was drawn are not judged. In the second run, neither are "
        "networks of a "
        f"family that was drawn. Intervals are at {LEVEL:.0%}. "
        "[Decision 18](decisions/0018-estimating.md) says what was tried."
    )


def _published(material: Material) -> Iterator[str]:
    yield "## Published targets"
    yield ""
    yield from _table_head("scenario", "tables")
    rows = list(of_published.accuracy(material.tables, material.extent.draws))
    for row in rows:
        yield _line(row.name, row.count, len(row.of_target), row.score, row.strange)
    for row in rows:
        if row.count == _SHOWN and row.scenario != Scenario.NONE:
            name = f"{row.name}, networks that it holds"
            yield _line(name, row.count, len(row.of_target), row.held, None)
    macs = of_published.by_macs(material.tables, material.extent.draws, _SHOWN)
    yield _line("a line through MACs", _SHOWN, len(material.tables.columns), macs, None)
    yield ""
    yield from _reached(
        [(row.name, row.score) for row in rows if row.count == _SHOWN],
    )
    yield ""
    yield f"By table, at {_SHOWN} calibration networks:"
    yield ""
    yield "| table | scenario | median error | within 10 % | interval covers |"
    yield "|---|---|--:|--:|--:|"
    for row in rows:
        if row.count == _SHOWN:
            for name, score in row.of_target.items():
                figures = f"{score.median:.1%} | {score.within_10:.0%} | {score.covered:.0%}"
                yield f"| {name} | {row.name} | {figures} |"


def _live(material: Material) -> Iterator[str]:
    yield "## Live machines"
    yield ""
    yield (
        "The truth is the latency at the quiet level, by the profiler's own estimate. Networks whose truth "
        "is known to no better than 6 % are measured but not judged."
    )
    for machine in live.PATHS:
        yield ""
        yield f"{machine}: {live.taken(machine)}"
    reached: list[tuple[str, Score]] = []
    for world in material.worlds:
        name, judged = world.live.name, int(world.live.known.sum())
        yield ""
        yield f"{name}: {len(world.live.workloads)} networks, {judged} judged:"
        yield ""
        yield from _table_head("way", "")
        for row in of_live.accuracy(world, _LIVE_COUNTS, material.extent.draws):
            yield _line(row.way, row.count, None, row.score, row.strange)
            if row.count == _SHOWN and row.way.startswith("operators"):
                reached.append((f"this machine, per-operator ({name}, {row.way})", row.score))
            if row.count == _SHOWN and row.way == "with one other CPU":
                reached.append((f"CPU, one other CPU ({name})", row.score))
    yield ""
    yield from _reached(reached)


def _gpu(material: Material) -> Iterator[str]:
    yield "## A live GPU"
    yield ""
    yield (
        "The truth is a plain loop of PyTorch, eager, or of ONNX Runtime. Of one image, a call takes as long "
        "as the CPU takes to start the operators. The published tables are of the largest batch that fits."
    )
    for text in of_gpu.taken():
        yield ""
        yield text
    for one in of_gpu.load(material.tables):
        yield ""
        yield f"{one.configuration}: {len(one.rows)} networks:"
        yield ""
        yield from _table_head("way", "")
        for row in of_gpu.accuracy(one, material.tables, _LIVE_COUNTS, 3 * material.extent.draws):
            yield _line(row.way, row.count, None, row.score, row.strange)


def _memory(material: Material) -> Iterator[str]:
    yield "## Memory"
    yield ""
    yield (
        "The truth is the peak memory of the processes of a live machine. The inventory says of each network "
        "what a process took on a reference machine at one thread, which is a Xeon like the live one. "
        "So these figures say how a process differs from the next, and not how machines differ. "
        "[Decision 18](decisions/0018-estimating.md) compares it with another processor."
    )
    for world in material.worlds:
        if np.isnan(world.live.memory_mb).any():
            continue
        yield ""
        yield f"{world.live.name}: {len(world.live.workloads)} networks:"
        yield ""
        yield from _table_head("way", "")
        for row in of_memory.accuracy(world, material.inventory, _LIVE_COUNTS, material.extent.draws):
            yield _line(row.way, row.count, None, row.score, row.strange)


def _decisions(material: Material) -> Iterator[str]:
    yield "## Decisions"
    yield ""
    yield (
        f"The most accurate network within a budget, for 19 budgets that split a target evenly, over "
        f"{material.extent.decisions} draws of {_SHOWN} calibration networks. Unverified is the most "
        "accurate whose "
        f"estimate keeps the budget with a probability of {CONFIDENCE}. Verified is the most accurate "
        "that was "
        f"measured, after at most {MEASUREMENTS} more measurements in the order of expected "
        "improvement. It breaks no "
        "budget by construction. Regret is in points of top-1."
    )
    yield ""
    yield (
        "| target | source | over budget, unverified | regret, unverified | violations, verified | "
        "regret, verified | measurements |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|"
    draws = material.extent.decisions
    for scenario, file in _DECIDED.items():
        short = next(one.short for one in material.tables.columns if one.file == file)
        for is_chosen, name in ((False, "random"), (True, "chosen")):
            replay = of_published.decided(material.tables, scenario, file, _SHOWN, draws, is_chosen=is_chosen)
            yield _decision(short, f"{scenario} ({name} set)", replay)
    for file in dict.fromkeys(_DECIDED.values()):
        short = next(one.short for one in material.tables.columns if one.file == file)
        macs = of_published.decided_by_macs(material.tables, file, _SHOWN, draws)
        yield _decision(short, "a line through MACs", macs)
    # A draw by operators takes ten times as long.
    for world in material.worlds:
        yield _decision(world.live.name, "operators", of_live.decided(world, _SHOWN, max(2, draws // 10)))


def _cost(material: Material) -> Iterator[str]:
    networks = material.tables.networks
    held = material.inventory
    usual = Efficiency(held.operators, held.efficiency[material.worlds[0].live.runtime])
    field = Field(
        tuple(network.workload for network in networks), features(networks), held, None, usual=usual
    )
    places = {workload: place for place, workload in enumerate(field.workloads)}
    measured = material.worlds[0].live
    rows = np.array([places[workload] for workload in measured.workloads[:30]])
    profiles = dict(zip(rows.tolist(), measured.profiles[:30], strict=True))
    begun = process_time()
    fitted = estimator.fit(field, Calibration(rows, measured.log_ms[:30], profiles))
    estimates = fitted.estimates(LEVEL)
    seconds = process_time() - begun
    refused = sum(one is not None for one in estimates.refused)
    yield "## Cost"
    yield ""
    yield (
        f"A fit to 30 networks with the prediction of {len(networks)} workloads takes {seconds:.1f} s "
        "of one CPU "
        f"(goal: at most 5 s). {refused} workloads are refused. The inventory has "
        f"{len(material.inventory.workloads)} "
        f"networks and {len(material.inventory.operators)} different operators."
    )
    inventory = material.inventory
    coverage = choosing.coverage(inventory, roofline.TYPICAL)
    times = np.exp(roofline.TYPICAL.log_time(inventory.operators))[inventory.operator] * inventory.count
    call_s = np.bincount(inventory.network, weights=times, minlength=len(inventory.workloads)) / 1e9
    chosen = choosing.covering(coverage, _OPENING_S + _CALLS * call_s, 30, budget=360.0)
    calls_s = call_s[chosen].sum()
    covered = np.unique(coverage.covers[chosen].indices)
    share = float(coverage.importance[covered].sum())
    yield ""
    yield (
        "The 30 networks that calibration would choose hold operators like those in which the whole "
        "field spends "
        f"{share:.0%} of its time. One call of each of them takes {calls_s:.1f} s "
        "together."
    )


SECTIONS: Mapping[str, Callable[[Material], Iterator[str]]] = {
    "published": _published,
    "live": _live,
    "gpu": _gpu,
    "memory": _memory,
    "decisions": _decisions,
    "cost": _cost,
}


def _table_head(first: str, second: str) -> Iterator[str]:
    middle = f" {second} |" if second else ""
    yield (
        f"| {first} | K |{middle} median error | within 10 % | within 20 % | interval covers | half an "
        "interval | "
        "rank correlation | strange families: median | within 10 % | covers |"
    )
    yield "|---|--:|" + ("--:|" if second else "") + "--:|" * 9


def _line(name: str, count: int, tables: int | None, score: Score, strange: Score | None) -> str:
    other = (
        f"{strange.median:.1%} | {strange.within_10:.0%} | {strange.covered:.0%}" if strange else "- | - | -"
    )
    middle = "" if tables is None else f" {tables} |"
    return (
        f"| {name} | {count} |{middle} {score.median:.1%} | {score.within_10:.0%} | {score.within_20:.0%} | "
        f"{score.covered:.0%} | {score.half_width:.0%} | {score.rank:.3f} | {other} |"
    )


def _reached(rows: Sequence[tuple[str, Score]]) -> Iterator[str]:
    yield f"| goal at K = {_SHOWN} | within 10 % | median error | interval covers 88 to 95 % | |"
    yield "|---|--:|--:|--:|---|"
    for name, score in rows:
        within, median = _GOALS[name.partition(" (")[0]]
        good = score.within_10 >= within and score.median <= median and 0.88 <= score.covered <= 0.95
        yield (
            f"| {name} | {score.within_10:.1%} (goal {within:.0%}) | {score.median:.1%} (goal "
            f"{median:.1%}) | "
            f"{score.covered:.1%} | {'reached' if good else '**not reached**'} |"
        )


def _decision(target: str, source: str, one: Replay) -> str:
    return (
        f"| {target} | {source} | {one.over:.1%} of {one.picks} | {one.regret_unverified:.2f} | "
        f"{one.violations} | "
        f"{one.regret:.2f} | {one.measurements:.1f} |"
    )
