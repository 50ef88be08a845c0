"""How well the memory of networks on a live machine is estimated: as wholes, and with a reference machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.calibrating.reference_machines import usual_memory
from app.estimating import whole_networks
from app.estimating.intervals import reach
from app.estimating.references import Completed, completed
from app.estimating.whole_networks import Known, Quantity
from catalog.entities.configurations import Configuration
from catalog.inventory import Inventory
from tests.benchmarks.estimator.draws import LEVEL, Score, mean_of, splits
from tests.benchmarks.estimator.of_live import World

WAYS = ("whole networks", "with a reference machine")


@dataclass(frozen=True)
class Row:
    """One way to estimate at one number of calibration networks. `strange` are networks of families that were
    never calibrated on."""

    way: str
    count: int
    score: Score
    strange: Score


def accuracy(world: World, inventory: Inventory, counts: Sequence[int], draws: int) -> Iterator[Row]:
    """Every way at every number of calibration networks, which are drawn."""
    live, everything = world.live, np.arange(len(world.live.workloads))
    names, truth = [workload.architecture for workload in live.workloads], np.log(live.memory_mb)
    held = _reference(world, inventory)
    for count in counts:
        scores: dict[str, list[tuple[Score, Score]]] = {way: [] for way in WAYS}
        for seed in range(draws):
            pair = splits(everything, names, live.families, count, seed)
            shown = pair[0].shown
            for way, references in zip(WAYS, (None, held), strict=True):
                known = Known(world.features, references, Quantity.MEMORY)
                found = whole_networks.estimate(known, shown, truth[shown])
                wide = reach(found.scores, LEVEL)
                first, second = (
                    Score.of(truth[one.kept], found.mean[one.kept], found.deviation[one.kept], wide)
                    for one in pair
                )
                scores[way].append((first, second))
        for way, of_way in scores.items():
            yield Row(way, count, mean_of([one for one, _ in of_way]), mean_of([one for _, one in of_way]))


def _reference(world: World, inventory: Inventory) -> Completed:
    """What the inventory says of the memory of the world's networks."""
    found = usual_memory(inventory, Configuration(world.live.runtime), world.live.workloads)
    assert found is not None
    return completed(found, world.features)
