"""How many candidates each bound eliminates, and which come nearest. Pure: arrays in, numbers out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.ranking.budget import BudgetFit
from app.ranking.order import first_of_each
from catalog.candidates import CandidateColumns
from catalog.words.metrics import Metric

_COMBINATIONS = 20


@dataclass(frozen=True)
class Elimination:
    """What became of the candidates, before collapse.

    Of each bound: how many it `eliminated` (bounds overlap), how many it alone, how many it could not judge.
    `together` counts candidates by just the bounds that eliminated them, the most frequent combinations.
    Every candidate is `fitting`, `failed`, `undecided` (within every bound that can be judged) or in a
    combination.
    """

    eliminated: Mapping[Metric, int]
    eliminated_only_by: Mapping[Metric, int]
    unknown: Mapping[Metric, int]
    together: Mapping[tuple[Metric, ...], int]
    fitting: int
    undecided: int
    failed: int


def eliminations(fit: BudgetFit) -> Elimination:
    """Counts of all candidates of `fit`."""
    eliminated, alone, unknown = {}, {}, {}
    code = np.zeros(len(fit.fits), dtype=np.int64)
    for place, (bound, one) in enumerate(fit.by_bound.items()):
        outside = one.known & ~one.within & fit.usable
        eliminated[bound.metric] = int(np.count_nonzero(outside))
        alone[bound.metric] = int(np.count_nonzero(~fit.fits & one.known & fit.admitted_without(bound)))
        unknown[bound.metric] = int(np.count_nonzero(~one.known & fit.usable))
        code += outside.astype(np.int64) << place
    codes, counts = np.unique(code[code > 0], return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:_COMBINATIONS]
    metrics = [bound.metric for bound in fit.by_bound]
    together = {
        tuple(metric for place, metric in enumerate(metrics) if codes[one] >> place & 1): int(counts[one])
        for one in frequent
    }
    fitting = int(np.count_nonzero(fit.fits))
    usable = int(np.count_nonzero(fit.usable))
    return Elimination(
        eliminated,
        alone,
        unknown,
        together,
        fitting,
        undecided=usable - fitting - int(counts.sum()),
        failed=len(fit.usable) - usable,
    )


def near_misses(columns: CandidateColumns, fit: BudgetFit, limit: int) -> list[int]:
    """The nearest candidate outside the budget of each architecture that has none inside, nearest first."""
    distance, names = fit.distance(), columns.architecture
    admitted = np.zeros(len(names.values), dtype=np.bool_)
    admitted[names.codes[fit.fits]] = True
    rows = np.flatnonzero(~fit.fits & ~np.isnan(distance) & ~admitted[names.codes])
    nearest = np.full(len(names.values), np.inf)
    np.minimum.at(nearest, names.codes[rows], distance[rows])
    rows = rows[distance[rows] <= np.sort(nearest)[:limit].max(initial=-np.inf)]  # few are left to sort
    ordered = rows[np.argsort(distance[rows], kind="stable")]
    return [int(row) for row in ordered[first_of_each(names.codes[ordered])[:limit]]]
