"""Who would be first under another confidence. Pure: arrays in, rows out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.ranking.budget.budget import Budget, BudgetFit, required_probabilities
from catalog.candidates.category import Bools, Ints
from catalog.candidates.columns import CandidateColumns

# None is no confidence: bounds are tested at the value. The others are those that people ask for.
_CONFIDENCES = (None, 0.9, 0.99)


@dataclass(frozen=True)
class OtherWinner:
    """The first `row` of the answer to the same question with another `confidence`, or without one (None).

    `row` is None where nothing would fit.
    """

    confidence: float | None
    row: int | None


def other_winners(
    columns: CandidateColumns,
    fit: BudgetFit,
    asked: Budget,
    winner: int | None,
    first_of: Callable[[Ints], int | None],
) -> tuple[OtherWinner, ...]:
    """Who wins under other confidences, where that is not `winner`. Each winner is given once.

    `fit` is the test of the candidates, under the confidence of `asked` or under any other. `first_of` finds
    the best of some rows.
    """
    if not any((columns.metrics[bound.metric].half_width > 0).any() for bound in asked.bounds):
        return ()
    return tuple(_changes(columns, fit, asked, winner, first_of))


def _changes(
    columns: CandidateColumns,
    fit: BudgetFit,
    asked: Budget,
    winner: int | None,
    first_of: Callable[[Ints], int | None],
) -> Iterator[OtherWinner]:
    last = winner
    for confidence in _CONFIDENCES:
        if confidence == asked.confidence:
            last = winner
            continue
        fitting = np.flatnonzero(_fits(columns, fit, replace(asked, confidence=confidence)))
        row = first_of(fitting) if len(fitting) else None
        if row not in (winner, last):
            yield OtherWinner(confidence, row)
        last = row


def _fits(columns: CandidateColumns, fit: BudgetFit, budget: Budget) -> Bools:
    """Which candidates fit under the confidence of `budget`, whose bounds are those of `fit`."""
    required = required_probabilities(budget, columns)
    if required is not None:
        return np.asarray(fit.usable & (fit.probability >= required))
    fits = fit.usable.copy()
    for test in fit.by_bound.values():
        fits &= test.slack >= 0
    return fits
