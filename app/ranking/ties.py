"""What sets candidates apart that share a rank, and which of them to take. Pure: arrays in, text out."""

from collections.abc import Iterator, Sequence

import numpy as np

from app.ranking.best_known import uncertainty
from app.ranking.objective import Objective
from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.words.metrics import SPEED_METRICS, Metric

# Smaller differences are shown as none: an accuracy with a decimal, a speed or a size in whole per cent.
_SAME_ACCURACY = 0.05
_SAME_RATIO = 0.005
# A quantity of zero has no logarithm.
_LEAST_QUANTITY = 1e-300


def tie_sentences(
    columns: CandidateColumns, tied: Sequence[int], objective: Objective, times: Floats, octaves: Floats
) -> dict[int, str]:
    """A sentence for each of the `tied` rows, the leader first, that something sets apart.

    One of them is recommended, with the reason. It is of those whose input is nearest to the typical image,
    by the `octaves` between them. `times` are the milliseconds per image. Both are of all candidates.
    """
    rows = np.array(tied, dtype=np.int64)
    titles = _titles_by_row(columns, rows, objective, times)
    sentences = {
        row: f"It is the {' and the '.join(held)} of the {len(tied)} tied." for row, held in titles.items()
    }
    nearest = rows[octaves[rows] == octaves[rows].min()]
    among_nearest = _titles_by_row(columns, nearest, objective, times) if len(nearest) > 1 else {}
    recommended = next(iter(among_nearest), int(nearest[0]))
    return sentences | {
        recommended: _recommendation(
            len(rows), len(nearest), among_nearest.get(recommended, []), titles.get(recommended, [])
        )
    }


def _recommendation(tied: int, nearest: int, among_nearest: Sequence[str], titles: Sequence[str]) -> str:
    """Why a row is recommended of its `tied` ones, of which so many are the `nearest` to the typical image.

    It has titles among the nearest, and among all.
    """
    recommended = f"Recommended of the {tied} tied, because"
    if nearest == tied:
        first, *others = among_nearest or ["first by its value, and nothing else sets them apart"]
        reason = f"{recommended} it is {'the ' if among_nearest else ''}{first}."
    elif nearest == 1:
        others = list(titles)
        reason = f"{recommended} its input is the nearest to your images."
    else:
        first = f"the {among_nearest[0]}" if among_nearest else "the first by its value"
        others = [title for title in titles if title not in among_nearest[:1]]
        reason = f"{recommended} it is {first} of the {nearest} whose inputs are the nearest to your images."
    return reason + (f" It is also the {' and the '.join(others)}." if others else "")


def _titles_by_row(
    columns: CandidateColumns, rows: Ints, objective: Objective, times: Floats
) -> dict[int, list[str]]:
    titles: dict[int, list[str]] = {}
    for title, row in _titles(columns, rows, objective, times):
        titles.setdefault(row, []).append(title)
    return titles


def _titles(
    columns: CandidateColumns, rows: Ints, objective: Objective, times: Floats
) -> Iterator[tuple[str, int]]:
    """What a single one of `rows` is, the most useful title first.

    Nothing that the objective holds is a title, because it is what cannot be told apart.
    """
    if Metric.TOP1 not in objective.metrics:
        yield from _single("most accurate", rows, -columns.metrics[Metric.TOP1].value[rows], _SAME_ACCURACY)
    if not set(SPEED_METRICS) & set(objective.metrics):
        yield from _single("fastest", rows, _logarithm(times[rows]), _SAME_RATIO)
    if Metric.PARAMS_M not in objective.metrics:
        yield from _single(
            "lightest", rows, _logarithm(columns.metrics[Metric.PARAMS_M].value[rows]), _SAME_RATIO
        )
    doubts, widths = uncertainty(columns, rows)
    best, second = np.lexsort((widths, doubts))[:2]  # the last key comes first
    if (doubts[best], widths[best]) != (doubts[second], widths[second]):
        yield "best known", int(rows[best])


def _single(title: str, rows: Ints, costs: Floats, same: float) -> Iterator[tuple[str, int]]:
    """The title and its row, where all costs are known and one is the least by more than `same`."""
    first, second = np.argsort(costs)[:2]
    if not np.isnan(costs).any() and float(costs[second]) - float(costs[first]) > same:
        yield title, int(rows[first])


def _logarithm(values: Floats) -> Floats:
    return np.log(np.maximum(values, _LEAST_QUANTITY))
