"""Pairs of published runs of one machine, and what is learnt from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import stdtrit

from catalog.reference.speeds.published import SpeedTable, describe
from catalog.reference.speeds.run_differences import RunClass, RunDifference, RunDifferences
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow
from catalog.words.vocabulary import Scenario

Floats = npt.NDArray[np.float64]

# The t distribution has these quantiles of the differences' sizes. Budgets are kept or broken between them.
_QUANTILES = (0.9, 0.99)
# With fewer degrees of freedom nearly anything is possible. With more, the distribution is normal.
_DEGREES_OF_FREEDOM = (1.0, 100.0)
# The learnt numbers are written with as many decimals as the data support.
_DECIMALS = 4


@dataclass(frozen=True, eq=False)
class RunPair:
    """Two runs of one configuration on one machine, the older first.

    `older` and `newer` are the images per second of the networks that both have.
    """

    tables: tuple[SpeedTable, SpeedTable]
    older: Floats
    newer: Floats

    @property
    def differences(self) -> Floats:
        """The logarithms of the newer speeds over the older."""
        return np.asarray(np.log(self.newer / self.older))

    @property
    def run_class(self) -> RunClass:
        """The class of the pair."""
        older, newer = self.tables
        configuration = older.configuration(1)
        return RunClass(
            configuration.device, configuration.batch_policy, older.major_release != newer.major_release
        )


def run_pairs(speeds: Mapping[SourceFile, Sequence[SpeedRow]]) -> list[RunPair]:
    """Every two runs of one configuration on one machine, of inference."""
    runs: dict[tuple[object, ...], list[tuple[SpeedTable, Sequence[SpeedRow]]]] = {}
    for source, rows in speeds.items():
        table = describe(source.name)
        if table.scenario is not Scenario.TRAINING:
            runs.setdefault(table.series, []).append((table, rows))
    return [
        pair
        for series in runs.values()
        for older, newer in combinations(sorted(series, key=lambda run: run[0].measured_from), 2)
        for pair in _paired(older, newer)
    ]


def _paired(
    older: tuple[SpeedTable, Sequence[SpeedRow]], newer: tuple[SpeedTable, Sequence[SpeedRow]]
) -> Iterator[RunPair]:
    """The pair of two runs, where they have a network in common."""
    first, second = ({_network(row): row.images_per_s for row in rows} for _, rows in (older, newer))
    common = sorted(first.keys() & second.keys())
    if common:
        speeds = (np.array([run[network] for network in common]) for run in (first, second))
        yield RunPair((older[0], newer[0]), *speeds)


def _network(row: SpeedRow) -> tuple[str, int, float]:
    """What makes two lines lines of one network: networks change under their names."""
    return row.model, row.input_size, row.params_m


def learn(pairs: Sequence[RunPair]) -> RunDifferences:
    """What the runs of each class differ by. Each pair counts the same, however many networks it has."""
    by_class: dict[RunClass, list[RunPair]] = {}
    for pair in pairs:
        by_class.setdefault(pair.run_class, []).append(pair)
    return {run_class: _learnt(of_class) for run_class, of_class in by_class.items()}


def _learnt(pairs: Sequence[RunPair]) -> RunDifference:
    sizes = np.abs(np.concatenate([pair.differences for pair in pairs]))
    weights = np.concatenate([np.full(len(pair.older), 1 / len(pair.older)) for pair in pairs])
    inner, outer = (_quantile(sizes, weights, share) for share in _QUANTILES)
    freedom = _freedom_of(outer / inner)
    scale = inner / float(stdtrit(freedom, (1 + _QUANTILES[0]) / 2))
    return RunDifference(round(scale, _DECIMALS), round(freedom, 1), len(pairs), len(sizes))


def _freedom_of(ratio: float) -> float:
    """The degrees of freedom of the t distribution whose quantiles have this ratio, as far as one has."""

    def excess(freedom: float) -> float:
        inner, outer = (float(stdtrit(freedom, (1 + share) / 2)) for share in _QUANTILES)
        return outer / inner - ratio

    fewest, most = _DEGREES_OF_FREEDOM
    if excess(fewest) <= 0:
        return fewest
    return most if excess(most) >= 0 else float(brentq(excess, fewest, most))


def _quantile(sizes: Floats, weights: Floats, share: float) -> float:
    """The smallest size below which `share` of the weights lie."""
    order = np.argsort(sizes)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(sizes[order][np.searchsorted(reached, share)])
