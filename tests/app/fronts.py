"""Pareto fronts as pymoo finds them (Blank and Deb, 2020)."""

import numpy as np
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from app.ranking.budget import Bound
from app.ranking.objective import Asked, Scores, objective_of, score
from catalog.candidates import CandidateColumns, Floats, Ints
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


def check_fronts(
    columns: CandidateColumns, rows: Ints, asked: Asked, bounds: tuple[Bound, ...], wanted: int
) -> Scores:
    """Fronts are the oracle's until `wanted` architectures are in them, and the rest shares the next."""
    objective = objective_of(asked, bounds, columns)
    scores = score(columns, rows, objective, wanted)
    known = rows[~np.isnan(costs_of(columns, objective.metrics, rows)).any(axis=1)]
    if len(known):
        expected = fronts_of(costs_of(columns, objective.metrics, known))
        names = columns.architecture.codes[known]
        told = next(
            (last for last in range(expected.max() + 1) if len(set(names[expected <= last])) >= wanted),
            expected.max(),
        )
        assert (scores.front[known] == np.minimum(expected, told + 1)).all()
        assert (np.isfinite(scores.total[known])).all()
    others = np.setdiff1d(np.arange(len(columns)), known)
    assert np.isnan(scores.total[others]).all()
    assert (scores.front[others] > scores.front[known].max(initial=-1)).all()
    return scores
