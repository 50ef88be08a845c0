"""What sets candidates apart that share a rank, and which of them to take. Pure: arrays in, text out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from app.ranking.order.best_known import uncertainty
from app.ranking.order.margins import by_logarithm, margin, of_difference
from app.ranking.order.objective import Objective, objective_costs
from app.ranking.reasons.comparing import Named, Times
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import SPEED_METRICS, Metric

# Smaller differences are shown as none: an accuracy with a decimal, a speed or a size in whole per cent. What
# is within the error of both numbers is no difference either.
_SAME_ACCURACY = 0.05
_SAME_RATIO = 0.005
# Of two numbers that cannot be told apart but differ by more, the better one is the better bet.
_CLOSE = 0.1
# The error of a difference is so many times that of two equal errors.
_OF_TWO = sqrt(2)
SURE = 0.9
"""The least probability of keeping the budget with which a row is said to keep it surely."""
# A quantity of zero has no logarithm.
_LEAST_QUANTITY = 1e-300


@dataclass(frozen=True)
class _Quality:
    """What some of the tied rows have more of: a lower cost. Costs are NaN where unknown.

    `title` is what the best row is, and `many` what several rows are that cannot be told apart from it.
    """

    title: str
    many: str
    costs: Floats
    errors: Floats

    def best_of(self, places: Ints) -> Ints:
        """Those of these places that cannot be told apart from the best. All, where one is unknown."""
        costs, errors = self.costs[places], self.errors[places]
        if np.isnan(costs).any():
            return places
        best = int(np.argmin(costs))
        return np.asarray(places[costs - costs[best] <= of_difference(errors, errors[best])])


RECOMMENDED = "Recommended of the"
"""How the sentence of the recommended row begins."""


def tie_sentences(
    columns: CandidateColumns,
    tied: Sequence[int],
    objective: Objective,
    times: Times,
    octaves: Floats,
    probability: Floats,
    named: Named,
) -> dict[int, str]:
    """Sentences for each of the `tied` rows, the leader first, that something sets apart.

    One of them is recommended, with the reason, and the leader names it. It is of those that surely keep the
    budget, by the `probability` of each candidate, where one does. Of these it is of those that a single
    quantity of the objective puts close to the best: a wide interval ties what is twice as large. Of these it
    is of those whose input is nearest to the typical image, by the `octaves` between them, and of these one
    whose licence allows commercial use, where one does. Of these it is the most accurate, the fastest, the
    lightest or the surest in speed. What the objective holds does not decide among them, because it is what
    cannot be told apart.
    """
    rows, count = np.array(tied, dtype=np.int64), len(tied)
    qualities = list(_qualities(columns, rows, objective, times))
    titles: dict[int, list[str]] = {}
    for quality in qualities:
        if len(best := quality.best_of(np.arange(count))) == 1:
            titles.setdefault(tied[int(best[0])], []).append(quality.title)
    sentences = {
        row: f"It is the {' and the '.join(held)} of the {count} tied." for row, held in titles.items()
    }
    recommended, reason, used = _recommended(columns, rows, objective, qualities, octaves, probability)
    also = [title for title in titles.get(recommended, []) if title != used]
    leader = tied[0]
    if recommended != leader:
        of_them = f"Of the {count} tied, {named(recommended, leader)} is recommended."
        sentences[leader] = f"{sentences[leader]} {of_them}" if leader in sentences else of_them
    more = f" It is also the {' and the '.join(also)}." if also else ""
    return sentences | {recommended: f"{RECOMMENDED} {count} tied, because {reason}.{more}"}


def recommended_of(
    columns: CandidateColumns,
    tied: Sequence[int],
    objective: Objective,
    times: Times,
    octaves: Floats,
    probability: Floats,
) -> int:
    """The row to take of the `tied` rows, as `tie_sentences` says it."""
    rows = np.array(tied, dtype=np.int64)
    qualities = list(_qualities(columns, rows, objective, times))
    return _recommended(columns, rows, objective, qualities, octaves, probability)[0]


def _recommended(
    columns: CandidateColumns,
    rows: Ints,
    objective: Objective,
    qualities: Sequence[_Quality],
    octaves: Floats,
    probability: Floats,
) -> tuple[int, str, str | None]:
    """The row to take, why, and the title that decided. None where none did."""
    places, clauses = np.arange(len(rows)), list[str]()
    sure = probability[rows] >= SURE
    free = columns.commercial_use.take(rows).mask(lambda use: use is True)
    close = f"within {100 * _CLOSE:.0f} % of the best {objective.single}"
    for having, many, single in (
        (
            lambda places: sure[places],
            f"that keep the budget with a probability of at least {100 * SURE:.0f} %",
            f"it keeps the budget with a probability of at least {100 * SURE:.0f} %, alone of ",
        ),
        (lambda places: _is_close(columns, rows[places], objective), close, f"it is {close}, alone of "),
        (
            lambda places: octaves[rows[places]] == octaves[rows[places]].min(),
            "whose inputs are the nearest to your images",
            "its input is the nearest to your images",
        ),
        (
            lambda places: free[places],
            "whose licences allow commercial use",
            "its licence allows commercial use, alone of ",
        ),
    ):
        kept = places[having(places)]
        if not 0 < len(kept) < len(places):
            continue
        if len(kept) == 1:
            among = f"the {len(places)} {clauses[0]}" if clauses else "them"
            reason = f"{single}{among}" if single.endswith(" ") else single
            return int(rows[kept[0]]), reason, None
        places = kept
        clauses.append(many)
    for quality in qualities:
        kept = quality.best_of(places)
        if len(kept) == 1 < len(places):
            return int(rows[kept[0]]), f"it is the {quality.title}{_of(places, clauses)}", quality.title
        if len(kept) < len(places):
            places = kept
            clauses.append(quality.many)
    if not clauses:
        return int(rows[0]), "it is first by its value, and nothing else sets them apart", None
    return int(rows[places[0]]), f"it is the first by its value{_of(places, clauses)}", None


def _is_close(columns: CandidateColumns, rows: Ints, objective: Objective) -> Bools:
    """Which rows are close to the best of them in the objective, where it is a single quantity."""
    if objective.single is None or not by_logarithm(objective.single):
        return np.ones(len(rows), dtype=np.bool_)
    costs = objective_costs(columns, objective, rows)[:, 0]
    return np.asarray(costs <= costs.min() + np.log1p(_CLOSE))


def _of(places: Ints, clauses: Sequence[str]) -> str:
    return f" of the {len(places)} {' and '.join(clauses)}" if clauses else ""


def _qualities(
    columns: CandidateColumns, rows: Ints, objective: Objective, times: Times
) -> Iterator[_Quality]:
    """What sets `rows` apart, the most useful quality first."""
    if Metric.TOP1 not in objective.metrics:
        top1, errors = columns.metrics[Metric.TOP1].value[rows], margin(columns, Metric.TOP1, rows)
        errors = np.maximum(errors, _SAME_ACCURACY / _OF_TWO)
        yield _Quality("most accurate", "that are the most accurate", -top1, errors)
    if not set(SPEED_METRICS) & set(objective.metrics):
        to = " to train" if times.training else ""
        errors = np.maximum(times.errors[rows], _SAME_RATIO / _OF_TWO)
        yield _Quality(f"fastest{to}", f"that are the fastest{to}", _logarithm(times.ms[rows]), errors)
    if Metric.PARAMS_M not in objective.metrics:
        params = _logarithm(columns.metrics[Metric.PARAMS_M].value[rows])
        yield _Quality("lightest", "that are the lightest", params, np.full(len(rows), _SAME_RATIO / _OF_TWO))
    ignorance, exact = uncertainty(columns, rows), np.zeros(len(rows))
    yield _Quality("surest in speed", "that are the surest in speed", ignorance, exact)


def _logarithm(values: Floats) -> Floats:
    return np.log(np.maximum(values, _LEAST_QUANTITY))
