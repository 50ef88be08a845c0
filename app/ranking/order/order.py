"""The order of candidates. Pure: arrays in, row numbers out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.ranking.groups import first_of_each
from app.ranking.order.best_known import best_known
from app.ranking.order.collapsing import Collapse
from app.ranking.order.margins import Distinction
from app.ranking.order.objective import Objective, Scores, score
from app.ranking.order.pareto import costs_of, dominators
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Place:
    """The `rank` of a row, which counts from 1, and all rows that have it, the leader of the rank first."""

    rank: int
    tied: tuple[int, ...]

    @property
    def shared_with(self) -> int:
        """With how many other rows the rank is shared."""
        return len(self.tied) - 1


@dataclass(frozen=True)
class Ranking:
    """The collapsed `rows` from best to worst.

    Some of them are `shown`: the first, and after them the one that is recommended of those that share the
    first rank, where it is not among the first. `places` and `dominators` belong to these. The dominators of
    a row are the rows that dominate it and can be told apart from it, the best row of each architecture, best
    first. They are None where the row lacks a number. `has_knee` says of several metrics whether their
    frontier has a knee.
    """

    rows: Ints
    shown: Ints
    places: Sequence[Place]
    dominators: Sequence[Ints | None]
    has_knee: bool


def ranking_of(
    columns: CandidateColumns,
    fitting: Ints,
    objective: Objective,
    metrics: Sequence[Metric],
    octaves: Floats,
    by: Collapse,
    limit: int,
    recommended: Callable[[Ints, Sequence[int]], int] = lambda _, tied: tied[0],
) -> tuple[Ranking, Scores]:
    """The rows `fitting`, ranked and collapsed. The first `limit` are shown.

    They are dominated in `metrics` and in speed. From all rows and those that share the first rank,
    `recommended` says which of the latter to take. It is shown beside the first.
    """
    scores = score(columns, fitting, objective)
    ranked = rank(columns, fitting, objective, scores, octaves)
    rows = _represented(columns, ranked, scores, by)
    taken, shown = places(rows, scores, limit), rows[:limit]
    if taken and not np.isnan(scores.total[rows[0]]) and not set(taken[0].tied) <= set(shown.tolist()):
        best = recommended(rows, taken[0].tied)
        if best not in shown:
            shown, taken = np.append(shown, best), [*taken, taken[0]]
    # A dominating row scores at least as well, so only rows ranked before it, or tied with it, are compared.
    rivals = ranked[: _equals_end(ranked, shown, scores)]
    dominating = _clear_dominators(columns, shown, rivals, metrics)
    return Ranking(rows, shown, taken, dominating, scores.has_knee), scores


def _clear_dominators(
    columns: CandidateColumns, shown: Ints, ranked: Ints, metrics: Sequence[Metric]
) -> list[Ints | None]:
    """For each of `shown`, the first row of each architecture that dominates it.

    Whoever is better by less than the error in every number dominates nobody. None for a row that lacks a
    number.
    """
    distinction, names = Distinction(columns, metrics, ranked), columns.architecture.codes
    clear: list[Ints | None] = []
    for row, rivals in zip(shown.tolist(), dominators(columns, shown, ranked, metrics), strict=True):
        better = rivals
        if rivals is not None and len(rivals):
            better = rivals[distinction.apart(rivals, row)]
            better = better[first_of_each(names[better])]
        clear.append(better)
    return clear


def first_of(
    columns: CandidateColumns, fitting: Ints, objective: Objective, octaves: Floats, by: Collapse
) -> int | None:
    """The first row of the ranking of `fitting`. None where it lacks the objective: nothing is best."""
    scores = score(columns, fitting, objective)
    ranked = rank(columns, fitting, objective, scores, octaves)
    if not len(ranked) or np.isnan(scores.total[ranked[0]]):
        return None
    if by is Collapse.CONFIGURATION:
        return int(ranked[0])
    # A group that is represented by a later row may fall behind others, whose first rows are before that row.
    groups = _groups(columns, ranked, by)
    own = groups == groups[0]
    last = best_known(columns, ranked[own], groups[own], scores)[0]
    if last == ranked[0]:
        return int(last)
    before = groups[: int(np.flatnonzero(ranked == last)[0]) + 1]
    rivals = np.isin(groups, before)
    return int(best_known(columns, ranked[rivals], groups[rivals], scores)[0])


def _equals_end(ranked: Ints, shown: Ints, scores: Scores) -> int:
    """The position in `ranked` after the last row whose score equals that of the last shown row."""
    if not len(shown):
        return 0
    last = int(np.flatnonzero(ranked == shown[-1])[0])
    after = ranked[last:]
    below = scores.total[after] != scores.total[shown[-1]]
    return last + int(np.argmax(below)) if below.any() else len(ranked)


def rank(
    columns: CandidateColumns, rows: Ints, objective: Objective, scores: Scores, octaves: Floats
) -> Ints:
    """`rows`, which ascend, from best to worst.

    They are sorted by the metric, or by score where metrics are several (unknown last), then by the `octaves`
    between the typical image and the input, then by speed, then by top-1, then by name.
    """
    several_sizes = len(rows) > 0 and bool(np.ptp(octaves[rows]))
    if objective.single is not None and not several_sizes:
        return rows[np.argsort(columns.derived(_metric_order, objective.single)[rows])]
    # Equally fast and accurate rows keep the order of the columns, which is by name.
    keys: list[Ints | Floats] = [columns.speed_order[rows]]
    if several_sizes:
        keys.append(octaves[rows])
    # lexsort's last key comes first. NaN sorts last.
    if objective.single is not None:
        keys.append(costs_of(columns, objective.single)[rows])
    else:
        keys.append(-scores.total[rows])
    return rows[np.lexsort(keys)]


def _metric_order(columns: CandidateColumns, metric: Metric) -> Floats:
    """The place of each row among all, sorted by the metric (unknown last), then as in `speed_order`."""
    places = np.empty(len(columns))
    places[np.lexsort((columns.speed_order, costs_of(columns, metric)))] = np.arange(len(columns))
    return places


def collapse(columns: CandidateColumns, ranked: Ints, by: Collapse) -> Ints:
    """The best row of each architecture or checkpoint, in the order of `ranked`."""
    if by is Collapse.CONFIGURATION:
        return ranked
    return ranked[first_of_each(_groups(columns, ranked, by))]


def _represented(columns: CandidateColumns, ranked: Ints, scores: Scores, by: Collapse) -> Ints:
    """The row that represents each architecture or checkpoint, in the order of `ranked`.

    Of configurations that cannot be told apart from the best row, it is the best known.
    """
    if by is Collapse.CONFIGURATION:
        return ranked
    return best_known(columns, ranked, _groups(columns, ranked, by), scores)


def _groups(columns: CandidateColumns, rows: Ints, by: Collapse) -> Ints:
    """The codes of the architectures, or of the checkpoints, of some rows."""
    codes = columns.architecture.codes[rows]
    if by is Collapse.CHECKPOINT:
        # An architecture without a known checkpoint counts as a checkpoint.
        unnamed = columns.checkpoint.numbers(_is_unnamed)[rows] > 0
        named = columns.checkpoint.codes[rows]
        codes = np.where(unnamed, len(columns.checkpoint.values) + codes, named)
    return codes


def _is_unnamed(checkpoint: str | None) -> float:
    return checkpoint is None


def places(ranked: Ints, scores: Scores, wanted: int) -> list[Place]:
    """The places of the first `wanted` of `ranked`.

    A row shares the rank of the first leader that it cannot be told apart from, unless another of that rank
    is better than it by more than the error: beside a leader that is poorly known, all would be alike. Else
    it leads a rank of its own. Rows whose objective is unknown share a rank.
    """
    taken: list[Place | None] = [None] * len(ranked)
    left = np.arange(len(ranked))
    while len(left) and left[0] < wanted:
        leader = int(left[0])
        alike = ~scores.apart(ranked[left], int(ranked[leader]))
        alike[alike] = ~scores.beaten(ranked[left[alike]])
        place = Place(leader + 1, tuple(ranked[left[alike]].tolist()))
        for position in left[alike].tolist():
            taken[position] = place
        left = left[~alike]
    return [place for place in taken[:wanted] if place is not None]
