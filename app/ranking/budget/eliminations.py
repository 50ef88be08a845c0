"""How many candidates each bound eliminates. Pure: arrays in, numbers out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.ranking.budget.budget import BudgetFit
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric

# More combinations than a reader looks at. The API documents this number.
_MAX_COMBINATIONS = 20


@dataclass(frozen=True)
class Elimination:
    """Counts of candidates, before collapse.

    For each bound: `eliminated` counts the candidates outside it, `eliminated_only_by` those that fit without
    it, and `unknown` those that it could not judge. A candidate may be outside several bounds. `together`
    counts candidates by exactly the bounds that eliminated them, for the most frequent combinations. Every
    candidate is `fitting`, `failed`, `undecided` (within every bound that can be judged) or in a combination.
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
    for bit, (bound, test) in enumerate(fit.by_bound.items()):
        outside = test.judged & ~test.within & fit.usable
        eliminated[bound.metric] = int(np.count_nonzero(outside))
        alone[bound.metric] = int(np.count_nonzero(~fit.fits & test.judged & fit.admitted_without(bound)))
        unknown[bound.metric] = int(np.count_nonzero(~test.judged & fit.usable))
        code += outside.astype(np.int64) << bit  # a bit for each bound that eliminates
    codes, counts = np.unique(code[code > 0], return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:_MAX_COMBINATIONS]
    metrics = [bound.metric for bound in fit.by_bound]
    together = {
        tuple(metric for bit, metric in enumerate(metrics) if code >> bit & 1): count
        for code, count in zip(codes[frequent].tolist(), counts[frequent].tolist(), strict=True)
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


def doubtful_eliminations(columns: CandidateColumns, fit: BudgetFit) -> Mapping[Metric, int]:
    """How many of the candidates that each bound eliminates have a doubt about that number."""
    return {
        bound.metric: int(
            np.count_nonzero(test.judged & ~test.within & fit.usable & columns.is_doubtful(bound.metric))
        )
        for bound, test in fit.by_bound.items()
    }
