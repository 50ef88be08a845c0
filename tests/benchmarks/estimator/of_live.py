"""How well networks on a live machine are estimated: by their operators, as wholes, and with another CPU's
times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import ndtri

from app.estimating import by_operators, choosing, whole_networks
from app.estimating.efficiency import Efficiency
from app.estimating.features import Features
from app.estimating.operator_times import learn, usual_efficiency
from app.estimating.process import Prior
from app.estimating.references import Completed, References, completed
from app.estimating.whole_networks import Known, Posterior
from catalog.candidates.category import Floats, Ints
from catalog.inventory import Inventory, collected
from tests.benchmarks.estimator import decisions
from tests.benchmarks.estimator.decisions import Choice, Replay
from tests.benchmarks.estimator.draws import LEVEL, Score, Split, mean_of, of_shown, splits
from tests.benchmarks.estimator.live import Live
from tests.benchmarks.estimator.published import Tables

_NS_PER_MS = 1e6
_NOMINAL = float(ndtri((1 + LEVEL) / 2))
# A chosen set is chosen from a random part of the networks, so that draws differ.
_PART = 0.75


@dataclass(frozen=True)
class Row:
    """One way to estimate at one number of calibration networks. `strange` are networks of families that were
    never calibrated on."""

    way: str
    count: int
    score: Score
    strange: Score


@dataclass(frozen=True, eq=False)
class World:
    """The live networks with their operators, and their places in the published tables."""

    live: Live
    inventory: Inventory
    places: Ints
    tables: Tables
    i9: Completed
    cheap: Floats
    usual: Efficiency

    @classmethod
    def of(cls, live: Live, others: Sequence[Live], tables: Tables, i9: Completed) -> "World":
        """The world of one live machine. `others` are reference machines, in the same runtime. Their networks
        of the same architectures are left out: what is judged is unknown to them."""
        places = {network.workload: place for place, network in enumerate(tables.networks)}
        inventory = collected([(w, p.operators) for w, p in zip(live.workloads, live.profiles, strict=True)])
        own = {workload.architecture for workload in live.workloads}
        machines = [other.without(own).profiles for other in others]
        return cls(
            live,
            inventory,
            np.array([places[workload] for workload in live.workloads]),
            tables,
            i9,
            np.array([one.latency_ns for one in live.profiles]),
            usual_efficiency(machines, inventory.operators),
        )

    @property
    def features(self) -> Features:
        every = self.tables.features
        return Features(*(getattr(every, one.name)[self.places] for one in fields(Features)))

    def sums(self, shown: Ints, usual: Efficiency | None = None) -> Prior:
        """What operators say, in ms, by the profiles of `shown`, and by reference machines where `usual`."""
        profiles = [self.live.profiles[row] for row in shown]
        found = by_operators.estimate(profiles, shown, self.inventory, usual)
        return Prior(found.prior.mean - np.log(_NS_PER_MS), found.prior.doubt)

    def by_operators(self, shown: Ints, *, with_usual: bool = True) -> Posterior:
        """What the estimator makes of the sums, with reference machines or without."""
        prior = self.sums(shown, self.usual if with_usual else None)
        sums = References(prior.mean[:, None], np.ones(1, dtype=np.bool_), prior.doubt[:, None])
        known = Known(self.features, completed(sums, self.features), has_sums=True)
        return whole_networks.estimate(known, shown, self.live.log_ms[shown])

    def as_wholes(self, shown: Ints, references: Completed | None) -> Posterior:
        """What whole networks say."""
        found = whole_networks.estimate(
            Known(self.tables.features, references), self.places[shown], self.live.log_ms[shown]
        )
        return replace(found, mean=found.mean[self.places], deviation=found.deviation[self.places])


WAYS = (
    "sum of operators alone",
    "operators alone",
    "operators",
    "operators, chosen set",
    "whole networks",
    "with one other CPU",
)


def accuracy(world: World, counts: Sequence[int], draws: int) -> Iterator[Row]:
    """Every way at every number of calibration networks."""
    live, everything = world.live, np.arange(len(world.live.workloads))
    names = [workload.architecture for workload in live.workloads]
    for count in counts:
        scores: dict[str, list[tuple[Score, Score]]] = {way: [] for way in WAYS}
        for seed in range(draws):
            pair = splits(everything, names, live.families, count, seed)
            shown = pair[0].shown
            prior = world.sums(shown)
            bare = Posterior(prior.mean, np.hypot(prior.doubt, 0.03), np.empty(0), np.empty(0))
            by_sums = world.by_operators(shown)
            scores[WAYS[0]].append(_scored(world, pair, bare, _NOMINAL))
            scores[WAYS[1]].append(_scored(world, pair, world.by_operators(shown, with_usual=False)))
            scores[WAYS[2]].append(_scored(world, pair, by_sums))
            scores[WAYS[4]].append(_scored(world, pair, world.as_wholes(shown, None)))
            scores[WAYS[5]].append(_scored(world, pair, world.as_wholes(shown, world.i9)))
            chosen = chosen_set(world, count, seed)
            pair = of_shown(chosen, everything, names, live.families)
            by_chosen = world.by_operators(chosen)
            scores[WAYS[3]].append(_scored(world, pair, by_chosen))
        for way, found in scores.items():
            yield Row(way, count, mean_of([one for one, _ in found]), mean_of([one for _, one in found]))


def chosen_set(world: World, count: int, seed: int) -> Ints:
    """The networks that calibration would choose from a random part of those that were measured."""
    rng = np.random.default_rng((seed, count, 1))
    everything = np.arange(len(world.live.workloads))
    part = np.sort(rng.choice(everything, max(count, int(_PART * len(everything))), replace=False))
    roof = learn([world.live.profiles[row] for row in part[:8]], trees=1).roofline
    costs = np.where(np.isin(everything, part), world.cheap, np.inf)
    return np.sort(choosing.covering(choosing.coverage(world.inventory, roof), costs, count))


def decided(world: World, count: int, draws: int) -> Replay:
    """The decisions on the live machine, by operators."""
    live, everything = world.live, np.arange(len(world.live.workloads))
    names = [workload.architecture for workload in live.workloads]
    choices: list[Choice] = []
    for seed in range(draws):
        split, _ = splits(everything, names, live.families, count, seed)
        found = world.by_operators(split.shown)
        half = found.deviation * found.reach(LEVEL)
        top1 = world.tables.top1[world.places]
        choices += decisions.replay(live.log_ms, found.mean, half, top1, split.shown, live.known)
    return Replay.of(choices)


def _scored(
    world: World, pair: tuple[Split, Split], found: Posterior, reached: float | None = None
) -> tuple[Score, Score]:
    """The scores of both splits. An interval reaches as many deviations as the scores say, or `reached`."""
    truth, wide = world.live.log_ms, found.reach(LEVEL) if reached is None else reached
    kept = [one.kept[world.live.known[one.kept]] for one in pair]
    first, second = (Score.of(truth[rows], found.mean[rows], found.deviation[rows], wide) for rows in kept)
    return first, second
