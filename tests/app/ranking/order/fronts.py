"""Pareto fronts as pymoo finds them (Blank and Deb, 2020)."""

import numpy as np
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Direction, Metric


def fronts_of(costs: Floats) -> Ints:
    """The oracle: the front of each row of `costs` (lower is better), 0 the first."""
    found = np.full(len(costs), -1, dtype=np.int64)
    for number, rows in enumerate(NonDominatedSorting().do(costs)):
        found[rows] = number
    assert (found >= 0).all()
    return found


def costs_of(columns: CandidateColumns, metrics: tuple[Metric, ...], rows: Ints) -> Floats:
    """The numbers of `rows` as they are, negative where more is better."""
    signs = [1.0 if metric.direction is Direction.LOWER else -1.0 for metric in metrics]
    pairs = zip(signs, metrics, strict=True)
    return np.stack([sign * columns.metrics[metric].value[rows] for sign, metric in pairs], axis=1)
