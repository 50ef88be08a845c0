"""How well the memory of networks on a live machine is estimated: as wholes, and with a reference machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.calibrating.reference_machines import usual_memory
from app.estimating import whole_networks
from app.estimating.references import completed
from app.estimating.whole_networks import Known, Quantity
from catalog.candidates.category import Floats, Ints
from catalog.entities.configurations import Configuration
from catalog.inventory import Inventory
from tests.benchmarks.estimator.draws import LEVEL, Score, mean_of, splits
from tests.benchmarks.estimator.of_live import Row, World

WAYS = ("whole networks", "with a reference machine")


@dataclass(frozen=True, eq=False)
class _Estimated:
    """The logarithm of each network's memory, and half of its interval."""

    mean: Floats
    half: Floats

    def score(self, truth: Floats, rows: Ints) -> Score:
        return Score.of(truth[rows], self.mean[rows], self.half[rows], 1.0)


def accuracy(world: World, inventory: Inventory, counts: Sequence[int], draws: int) -> Iterator[Row]:
    """Every way at every number of calibration networks, which are drawn."""
    live, everything = world.live, np.arange(len(world.live.workloads))
    names, truth = [workload.architecture for workload in live.workloads], np.log(live.memory_mb)
    usual = usual_memory(inventory, Configuration(live.runtime), live.workloads)
    assert usual is not None
    held, is_unknown = completed(usual, world.features), np.isnan(usual.log_times[:, 0])
    for count in counts:
        scores: dict[str, list[tuple[Score, Score]]] = {way: [] for way in WAYS}
        for seed in range(draws):
            pair = splits(everything, names, live.families, count, seed)
            alone, with_usual = (
                _estimated(Known(world.features, references, Quantity.MEMORY), pair[0].shown, truth)
                for references in (None, held)
            )
            # What the reference machine does not know is estimated without it.
            merged = _Estimated(
                np.where(is_unknown, alone.mean, with_usual.mean),
                np.where(is_unknown, alone.half, with_usual.half),
            )
            for way, found in zip(WAYS, (alone, merged), strict=True):
                first, second = (found.score(truth, one.kept) for one in pair)
                scores[way].append((first, second))
        for way, of_way in scores.items():
            yield Row(way, count, mean_of([one for one, _ in of_way]), mean_of([one for _, one in of_way]))


def _estimated(known: Known, shown: Ints, truth: Floats) -> _Estimated:
    found = whole_networks.estimate(known, shown, truth[shown])
    return _Estimated(found.mean, found.deviation * found.reach(LEVEL))
