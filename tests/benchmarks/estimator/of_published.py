"""How well published targets are estimated, and how well estimates of them decide."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import ndtri

from app.calibrating.choosing import CHEAPEST_AS_WHOLES, case_s
from app.estimating import choosing, whole_networks
from app.estimating.whole_networks import Known, parts_of
from catalog.candidates.category import Floats, Ints
from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Device, RuntimeName
from tests.benchmarks.estimator import decisions
from tests.benchmarks.estimator.decisions import Choice, Replay
from tests.benchmarks.estimator.draws import LEVEL, Score, Split, mean_of, of_shown, splits
from tests.benchmarks.estimator.published import Tables
from tests.benchmarks.estimator.scenarios import Scenario, references

COUNTS = (10, 20, 30, 50)
_NOMINAL = float(ndtri((1 + LEVEL) / 2))
# A chosen set is chosen from a random part of the table's networks, so that draws differ.
_PART = 0.75

# A draw of so many networks: those of an architecture that was not drawn, and of a family that was not.
Draw = Callable[[int], tuple[Split, Split]]


@dataclass(frozen=True)
class Row:
    """A scenario at one number of calibration networks, which calibration chose where `is_chosen`.
    `of_target` is the mean score of each table, and `strange` the mean over networks whose family was never
    calibrated on, and `held` over those that a reference of the target's class holds."""

    scenario: Scenario
    is_chosen: bool
    count: int
    score: Score
    strange: Score
    held: Score
    of_target: dict[str, Score]

    @property
    def name(self) -> str:
        """The scenario, and how its networks were found."""
        return f"{self.scenario} ({'chosen' if self.is_chosen else 'random'} set)"


def accuracy(tables: Tables, draws: int, counts: Sequence[int] = COUNTS) -> Iterator[Row]:
    """Every scenario at every number of calibration networks, over all tables that make it."""
    for scenario in Scenario:
        known = _known(tables, scenario)
        for is_chosen in (False, True):
            made = {
                column: _draws(tables, column, of_column, max(counts), draws, is_chosen=is_chosen)
                for column, of_column in known.items()
            }
            for count in counts:
                yield _row(tables, scenario, known, count, made, is_chosen=is_chosen)


def _known(tables: Tables, scenario: Scenario) -> dict[int, Known]:
    """What is known of the networks before a table is seen, by the columns that make the scenario."""
    found = {}
    for column in range(len(tables.columns)):
        try:
            found[column] = Known(tables.features, references(tables, column, scenario))
        except LookupError:
            continue
    return found


def _row(
    tables: Tables,
    scenario: Scenario,
    known: Mapping[int, Known],
    count: int,
    draws: Mapping[int, Sequence[Draw]],
    *,
    is_chosen: bool,
) -> Row:
    of_target: dict[str, Score] = {}
    strange: list[Score] = []
    held: list[Score] = []
    for column, of_column in known.items():
        scores = list(_scores(tables, column, of_column, [draw(count) for draw in draws[column]]))
        of_target[tables.columns[column].short] = mean_of([one for one, _, _ in scores])
        strange += [one for _, one, _ in scores]
        held += [one for _, _, one in scores]
    overall = mean_of([*of_target.values()])
    return Row(scenario, is_chosen, count, overall, mean_of(strange), mean_of(held), of_target)


def _draws(
    tables: Tables, column: int, known: Known, most: int, draws: int, *, is_chosen: bool
) -> list[Draw]:
    """So many draws of at most `most` networks of a table, random ones or those that calibration chooses."""
    seeds = range(draws)
    if is_chosen:
        return [partial(_first, tables, column, chosen(tables, column, known, most, seed)) for seed in seeds]
    return [partial(_random, tables, column, seed) for seed in seeds]


def _random(tables: Tables, column: int, seed: int, count: int) -> tuple[Split, Split]:
    candidates = np.flatnonzero(tables.rows_of(column))
    return splits(candidates, tables.architectures, tables.families, count, seed)


def _first(tables: Tables, column: int, order: Ints, count: int) -> tuple[Split, Split]:
    candidates = np.flatnonzero(tables.rows_of(column))
    return of_shown(np.sort(order[:count]), candidates, tables.architectures, tables.families)


def chosen(tables: Tables, column: int, known: Known, count: int, seed: int) -> Ints:
    """The networks that calibration would choose from a random part of those in the table, in their order."""
    held = np.flatnonzero(tables.rows_of(column))
    part = np.random.default_rng((seed, 1)).choice(held, int(_PART * len(held)), replace=False)
    device = Device(tables.columns[column].device)
    gmacs = np.array([network.counts.gmacs for network in tables.networks])
    largest = np.quantile(gmacs[held], CHEAPEST_AS_WHOLES[device])
    able = np.isin(np.arange(len(gmacs)), part) & (gmacs <= largest)
    run = Configuration(RuntimeName.PYTORCH, device=device)
    costs = np.where(able, [case_s(one, run) for one in gmacs.tolist()], np.inf)
    return choosing.narrowing(parts_of(known), costs, count)


def _scores(
    tables: Tables, column: int, known: Known, pairs: Sequence[tuple[Split, Split]]
) -> Iterator[tuple[Score, Score, Score]]:
    truth = tables.log_times[:, column]
    for all_, strange in pairs:
        found = whole_networks.estimate(known, all_.shown, truth[all_.shown])
        wide = found.reach(LEVEL)
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


def decided(
    tables: Tables, scenario: Scenario, file: str, count: int, draws: int, *, is_chosen: bool
) -> Replay:
    """The decisions on one table, over all draws."""
    column = next(place for place, one in enumerate(tables.columns) if one.file == file)
    known = Known(tables.features, references(tables, column, scenario))
    truth = tables.log_times[:, column]
    choices: list[Choice] = []
    for draw in _draws(tables, column, known, count, draws, is_chosen=is_chosen):
        split, _ = draw(count)
        found = whole_networks.estimate(known, split.shown, truth[split.shown])
        half = found.deviation * found.reach(LEVEL)
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
