"""The order of candidates. Pure: arrays in, row numbers out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.ranking.objective import Objective, Scores, score
from app.ranking.pareto import costs_of, dominators
from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.words.metrics import Metric

# How many rows are first looked at for those that share a rank.
_WINDOW = 64


class Collapse(StrEnum):
    """What gets one row in the answer."""

    ARCHITECTURE = "architecture"
    CHECKPOINT = "checkpoint"
    CONFIGURATION = "configuration"


@dataclass(frozen=True)
class Place:
    """Where a row stands: `rank` counts from 1, and `shared_with` so many other rows."""

    rank: int
    shared_with: int


@dataclass(frozen=True)
class Ranking:
    """The collapsed `rows` from best to worst. Of the first of them, as many as are shown: their `places`,
    and the rows that dominate them, best first (None for a row that lacks a metric)."""

    rows: Ints
    places: Sequence[Place]
    dominators: Sequence[Ints | None]

    @property
    def shown(self) -> Ints:
        return self.rows[: len(self.places)]


def ranking_of(
    columns: CandidateColumns,
    fitting: Ints,
    objective: Objective,
    metrics: Sequence[Metric],
    octaves: Floats,
    by: Collapse,
    limit: int,
) -> tuple[Ranking, Scores]:
    """The rows `fitting`, ranked and collapsed; up to `limit` are shown. Domination is in `metrics`."""
    scores = score(columns, fitting, objective, limit)
    ranked = rank(columns, fitting, objective, scores, octaves)
    rows = collapse(columns, ranked, by)
    shown = places(rows, scores, octaves, limit)
    # What dominates a row is no worse in the objective, so it stands before it, or beside it in its equals.
    apart = len(ranked) > 0 and np.ptp(octaves[ranked]) > 0
    rivals = ranked if apart else ranked[: _equals_end(ranked, rows[: len(shown)], scores)]
    return Ranking(rows, shown, dominators(columns, rows[: len(shown)], rivals, metrics)), scores


def _equals_end(ranked: Ints, shown: Ints, scores: Scores) -> int:
    """Where in `ranked` those end whose score is not below that of the last shown."""
    if not len(shown):
        return 0
    last = int(np.flatnonzero(ranked == shown[-1])[0])
    after = ranked[last:]
    below = (scores.distance[after] != scores.distance[shown[-1]]) | (
        scores.front[after] != scores.front[shown[-1]]
    )
    return last + int(np.argmax(below)) if below.any() else len(ranked)


def rank(
    columns: CandidateColumns, rows: Ints, objective: Objective, scores: Scores, octaves: Floats
) -> Ints:
    """`rows`, which ascend, from best to worst: those that enlarge the typical image by the fewest octaves,
    then by the metric, or by front and score where metrics are several (unknown last), then the faster, then
    by name."""
    last = columns.speed_order[rows]  # of equally fast ones, the order of the columns: by name
    # lexsort's last key comes first; NaN sorts last.
    if objective.single is not None:
        keys = [last, costs_of(columns, objective.single)[rows]]
    else:
        keys = [last, -scores.distance[rows], -scores.total[rows], scores.front[rows]]
    if len(rows) and np.ptp(octaves[rows]):
        keys.append(octaves[rows])
    return rows[np.lexsort(keys)]


def collapse(columns: CandidateColumns, ranked: Ints, by: Collapse) -> Ints:
    """The best row of each architecture or checkpoint, in the order of `ranked`."""
    if by is Collapse.CONFIGURATION:
        return ranked
    codes = columns.architecture.codes[ranked]
    if by is Collapse.CHECKPOINT:
        # An architecture without a known checkpoint stands for one.
        unnamed = columns.checkpoint.where(lambda name: name is None)[ranked]
        named = columns.checkpoint.codes[ranked]
        codes = np.where(unnamed, len(columns.checkpoint.values) + codes, named)
    return ranked[first_of_each(codes)]


def first_of_each(codes: Ints) -> Ints:
    """The positions, ascending, at which a code of `codes` stands for the first time."""
    first = np.full(codes.max(initial=-1) + 1, len(codes))
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # where an index repeats, the last assignment stays
    return np.sort(first[first < len(codes)])


def places(ranked: Ints, scores: Scores, octaves: Floats, wanted: int) -> list[Place]:
    """The places of the first `wanted` of `ranked`.

    A row shares the rank of the first row before it from which it cannot be told apart: whose interval
    overlaps, with none in between whose does not. Rows whose objective is unknown share theirs.
    """
    total, margin, size = scores.distance[ranked], scores.margin[ranked], octaves[ranked]
    found: list[Place] = []
    while len(found) < min(wanted, len(ranked)):
        first = len(found)
        shared = _first_apart(total[first:], margin[first:], size[first:])
        found += [Place(first + 1, shared - 1)] * shared
    return found[:wanted]


def _first_apart(total: Floats, margin: Floats, size: Floats) -> int:
    """How many rows from the first on cannot be told from it."""
    window = _WINDOW
    while True:
        these = slice(window)
        apart = np.abs(total[these] - total[0]) > margin[these] + margin[0]
        apart |= np.isnan(total[these]) != np.isnan(total[0])
        apart |= size[these] != size[0]
        if apart.any():
            return int(np.argmax(apart))
        if window >= len(total):
            return len(total)
        window *= 2
