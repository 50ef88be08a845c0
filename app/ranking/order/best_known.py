"""Which of several configurations represents its architecture or checkpoint. Pure: arrays in, rows out.

Of configurations that cannot be told apart, one drew the luckier number. The best known of them is shown
instead: the one whose accuracy is that of its precision, and whose speed has the narrowest interval. Of
intervals that are about as wide, it is the one with the fewest doubts.
"""

import numpy as np

from app.ranking.groups import first_of_each
from app.ranking.order.margins import of_difference, speed_margin
from app.ranking.order.objective import Scores
from app.ranking.speed import image_ms
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.words.vocabulary import Precision, Provenance

# Narrower intervals are equally narrow where they differ by less than this: they are shown in whole per cent.
_SAME_WIDTH = 0.01


def best_known(columns: CandidateColumns, ranked: Ints, groups: Ints, scores: Scores) -> Ints:
    """The row that represents each group, in the order of `ranked`. `groups` are the codes of its rows.

    It is the group's first row, or the best known of the configurations that cannot be told apart from it:
    rows of the same checkpoint at the same input size, whose scores and times per image differ by less than
    the error.
    """
    first = first_of_each(groups)
    leader_of = np.zeros(groups.max(initial=-1) + 1, dtype=np.int64)
    leader_of[groups[first]] = first
    rivals = _configurations(columns, ranked, leader_of[groups])
    if len(rivals):
        rivals = rivals[_alike(columns, ranked[rivals], ranked[leader_of[groups[rivals]]], scores)]
    if not len(rivals):
        return np.asarray(ranked[first])
    contested = np.isin(groups[first], groups[rivals])
    held = np.concatenate([first[contested], rivals])
    # lexsort's last key comes first.
    order = held[np.lexsort((held, uncertainty(columns, ranked[held])))]
    chosen = np.concatenate([first[~contested], order[first_of_each(groups[order])]])
    return np.asarray(ranked[np.sort(chosen)])


def uncertainty(columns: CandidateColumns, rows: Ints) -> Floats:
    """The place of each row among all candidates by how little is known of it, the best known first.

    An accuracy that was published for another precision comes last. Intervals of the speed are compared by
    their widths in powers of two, and those about as wide by doubts, of which not being measured is one.
    Without an interval, the width is infinite.
    """
    return columns.derived(_uncertainty)[rows]


def _uncertainty(columns: CandidateColumns) -> Floats:
    widths = _widths(columns)
    octaves = np.round(np.log2(np.maximum(widths, _SAME_WIDTH)))
    transferred = columns.configuration.mask(lambda run: run.precision is not Precision.FP32)
    keys = np.stack([transferred, octaves, columns.measurement.numbers(_doubts), widths])
    order = np.lexsort(keys[::-1])  # the last key comes first
    ordered, places = keys[:, order], np.zeros(len(order))
    places[order[1:]] = np.cumsum((ordered[:, 1:] != ordered[:, :-1]).any(axis=0))
    return places


def _widths(columns: CandidateColumns) -> Floats:
    margins = speed_margin(columns, np.arange(len(columns)))
    return np.round(np.where(margins > 0, margins, np.inf) / _SAME_WIDTH) * _SAME_WIDTH


def _doubts(measurement: MeasurementFacts) -> float:
    return len(measurement.doubts) + (measurement.provenance is not Provenance.MEASURED)


def _configurations(columns: CandidateColumns, ranked: Ints, leaders: Ints) -> Ints:
    """The positions of `ranked` that have the checkpoint and the input size of their leader."""
    same = (columns.checkpoint.codes[ranked] == columns.checkpoint.codes[ranked[leaders]]) & (
        columns.input_size[ranked] == columns.input_size[ranked[leaders]]
    )
    return np.flatnonzero(same & (leaders != np.arange(len(ranked))))


def _alike(columns: CandidateColumns, rows: Ints, leaders: Ints, scores: Scores) -> Bools:
    """Which rows can be told apart from their leader neither by the objective nor by their time per image."""
    ratios = image_ms(columns, rows) / image_ms(columns, leaders)
    errors = of_difference(speed_margin(columns, rows), speed_margin(columns, leaders))
    return np.asarray((np.abs(np.log(ratios)) <= errors) & ~scores.apart(rows, leaders))
