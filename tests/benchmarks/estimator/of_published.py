"""How well published targets are estimated, and how well estimates of them decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from app.estimating import whole_networks
from app.estimating.intervals import reach
from app.estimating.whole_networks import Known
from catalog.candidates.category import Floats
from tests.benchmarks.estimator import decisions
from tests.benchmarks.estimator.decisions import Choice, Replay
from tests.benchmarks.estimator.draws import LEVEL, Score, mean_of, splits
from tests.benchmarks.estimator.published import Tables
from tests.benchmarks.estimator.scenarios import Scenario, references

COUNTS = (10, 20, 30, 50)
_NOMINAL = float(ndtri((1 + LEVEL) / 2))


@dataclass(frozen=True)
class Row:
    """A scenario at one number of calibration networks. `of_target` is the mean score of each table, and
    `strange` the mean over networks whose family was never calibrated on, and `held` over those that a
    reference of the target's class holds."""

    scenario: str
    count: int
    score: Score
    strange: Score
    held: Score
    of_target: dict[str, Score]


def accuracy(tables: Tables, draws: int, counts: Sequence[int] = COUNTS) -> Iterator[Row]:
    """Every scenario at every number of calibration networks, over all tables that make it."""
    for scenario in Scenario:
        for count in counts:
            of_target: dict[str, Score] = {}
            strange: list[Score] = []
            held: list[Score] = []
            for column, described in enumerate(tables.columns):
                try:
                    known = Known(tables.features, references(tables, column, scenario))
                except LookupError:
                    continue
                scores = list(_scores(tables, column, known, count, draws))
                of_target[described.short] = mean_of([one for one, _, _ in scores])
                strange += [one for _, one, _ in scores]
                held += [one for _, _, one in scores]
            overall = mean_of([*of_target.values()])
            yield Row(scenario, count, overall, mean_of(strange), mean_of(held), of_target)


def _scores(
    tables: Tables, column: int, known: Known, count: int, draws: int
) -> Iterator[tuple[Score, Score, Score]]:
    truth = tables.log_times[:, column]
    candidates = np.flatnonzero(tables.rows_of(column))
    for seed in range(draws):
        all_, strange = splits(candidates, tables.architectures, tables.families, count, seed)
        found = whole_networks.estimate(known, all_.shown, truth[all_.shown])
        wide = reach(found.scores, LEVEL)
        held = all_.kept
        if known.references is not None:
            held = held[known.references.held[held]]
        first, second, third = (
            Score.of(truth[rows], found.mean[rows], found.deviation[rows], wide)
            for rows in (all_.kept, strange.kept, held)
        )
        yield first, second, third


def by_macs(tables: Tables, draws: int, count: int) -> Score:
    """What a line through the logarithms of MACs and times makes of the same draws."""
    macs = np.log([network.counts.gmacs + 1e-6 for network in tables.networks])
    scores = []
    for column in range(len(tables.columns)):
        truth = tables.log_times[:, column]
        candidates = np.flatnonzero(tables.rows_of(column))
        for seed in range(draws):
            split, _ = splits(candidates, tables.architectures, tables.families, count, seed)
            line = np.polyfit(macs[split.shown], truth[split.shown], 1)
            mean = np.polyval(line, macs).astype(np.float64)
            miss = np.std(truth[split.shown] - mean[split.shown], ddof=2)
            scores.append(
                Score.of(truth[split.kept], mean[split.kept], np.full(len(split.kept), miss), _NOMINAL)
            )
    return mean_of(scores)


def decided(tables: Tables, scenario: Scenario, file: str, count: int, draws: int) -> Replay:
    """The decisions on one table, over all draws."""
    column = next(place for place, one in enumerate(tables.columns) if one.file == file)
    known = Known(tables.features, references(tables, column, scenario))
    truth, candidates = tables.log_times[:, column], np.flatnonzero(tables.rows_of(column))
    choices: list[Choice] = []
    for seed in range(draws):
        split, _ = splits(candidates, tables.architectures, tables.families, count, seed)
        found = whole_networks.estimate(known, split.shown, truth[split.shown])
        half = found.deviation * reach(found.scores, LEVEL)
        choices += decisions.replay(truth, found.mean, half, tables.top1, split.shown, tables.rows_of(column))
    return Replay.of(choices)


def decided_by_macs(tables: Tables, file: str, count: int, draws: int) -> Replay:
    """The same decisions by a line through the logarithms of MACs and times, taken at its word."""
    column = next(place for place, one in enumerate(tables.columns) if one.file == file)
    macs = np.log([network.counts.gmacs + 1e-6 for network in tables.networks])
    truth, candidates = tables.log_times[:, column], np.flatnonzero(tables.rows_of(column))
    choices: list[Choice] = []
    for seed in range(draws):
        split, _ = splits(candidates, tables.architectures, tables.families, count, seed)
        line = np.polyfit(macs[split.shown], truth[split.shown], 1)
        sure: Floats = np.full(len(macs), 1e-9)
        choices += decisions.replay(
            truth,
            np.polyval(line, macs).astype(np.float64),
            sure,
            tables.top1,
            split.shown,
            tables.rows_of(column),
        )
    return Replay.of(choices)
