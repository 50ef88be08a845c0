"""What sets candidates apart that share a rank, and which of them to take. Pure: arrays in, text out."""

from collections.abc import Iterator, Sequence

import numpy as np

from app.ranking.objective import Objective
from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import Provenance

# Smaller differences are shown as none: an accuracy with a decimal, a speed or a size in whole per cent.
_SAME_ACCURACY = 0.05
_SAME_RATIO = 0.005
# A quantity of zero has no logarithm.
_LEAST_QUANTITY = 1e-300


def tie_sentences(
    columns: CandidateColumns, tied: Sequence[int], objective: Objective, times: Floats
) -> dict[int, str]:
    """A sentence for each of the `tied` rows, the leader first, that something sets apart.

    One of them is recommended, with the reason. `times` are the milliseconds per image of all candidates.
    """
    rows = np.array(tied, dtype=np.int64)
    titles: dict[int, list[str]] = {}
    for title, row in _titles(columns, rows, objective, times):
        titles.setdefault(row, []).append(title)
    recommended = next(iter(titles), tied[0])
    sentences = {
        row: f"It is the {' and the '.join(held)} of the {len(tied)} tied." for row, held in titles.items()
    }
    first, *others = titles.get(recommended, ["first by its value, and nothing else sets them apart"])
    reason = f"Recommended of the {len(tied)} tied, because it is {'the ' if titles else ''}{first}."
    if others:
        reason += f" It is also the {' and the '.join(others)}."
    return sentences | {recommended: reason}


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
    yield from _single("best known", rows, np.array([_doubt(columns, int(row)) for row in rows]), _SAME_RATIO)


def _single(title: str, rows: Ints, costs: Floats, same: float) -> Iterator[tuple[str, int]]:
    """The title and its row, where all costs are known and one is the least by more than `same`."""
    first, second = np.argsort(costs)[:2]
    if not np.isnan(costs).any() and float(costs[second]) - float(costs[first]) > same:
        yield title, int(rows[first])


def _logarithm(values: Floats) -> Floats:
    return np.log(np.maximum(values, _LEAST_QUANTITY))


def _doubt(columns: CandidateColumns, row: int) -> float:
    """How little is known of a row's speed: its doubts, and then how wide its interval is."""
    measurement = columns.measurement[row]
    widths = [columns.metrics[metric].half_width[row] for metric in SPEED_METRICS]
    width = max(widths) or np.inf
    unmeasured = measurement.provenance is not Provenance.MEASURED
    return float(unmeasured + len(measurement.doubts) + width / (1 + width) if np.isfinite(width) else np.inf)
