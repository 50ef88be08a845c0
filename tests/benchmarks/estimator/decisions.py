"""Decisions replayed: the most accurate network within a budget, by estimates alone and with measuring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from catalog.candidates.category import Bools, Floats, Ints
from catalog.entities.estimates import DEGREES_OF_FREEDOM
from tests.benchmarks.estimator.draws import LEVEL
from tests.benchmarks.estimator.improvement import next_to_measure

CONFIDENCE = 0.95
_SCALES_OF_HALF = float(stdtrit(DEGREES_OF_FREEDOM, (1 + LEVEL) / 2))
"""How many scales of its distribution half of an estimate's interval is."""
MEASUREMENTS = 5
_BUDGETS = np.linspace(0.05, 0.95, 19)


@dataclass(frozen=True)
class Replay:
    """Picks over all budgets of all draws. `over` is the share of unverified picks that break the budget, and
    `empty` that of budgets for which nothing was sure enough. `regret` is the mean of the top-1 points that
    the verified pick is below the best, after at most MEASUREMENTS measurements. `violations` are verified
    picks that break the budget. `regret_unverified` counts the picks that keep it."""

    over: float
    empty: float
    violations: int
    regret: float
    regret_unverified: float
    measurements: float
    picks: int

    @classmethod
    def of(cls, choices: Sequence["Choice"]) -> "Replay":
        picked = [one for one in choices if one.unverified_over is not None]
        kept = [one.unverified_regret for one in picked if not one.unverified_over]
        return cls(
            over=float(np.mean([bool(one.unverified_over) for one in picked])) if picked else 0.0,
            empty=1 - len(picked) / len(choices),
            violations=sum(one.violated for one in choices),
            regret=float(np.mean([one.regret for one in choices])),
            regret_unverified=float(np.mean(kept)) if kept else np.nan,
            measurements=float(np.mean([one.measurements for one in choices])),
            picks=len(picked),
        )


@dataclass(frozen=True)
class Choice:
    """What was chosen for one budget. `unverified_over` is None where nothing was sure enough."""

    unverified_over: bool | None
    unverified_regret: float
    violated: bool
    regret: float
    measurements: int


def replay(
    truth: Floats, mean: Floats, half: Floats, top1: Floats, shown: Ints, among: Bools
) -> list[Choice]:
    """One choice for each budget that splits the networks `among` evenly.

    `half` is half of each interval of the logarithms. The networks `shown` were measured.
    """
    rows = np.flatnonzero(among & ~np.isnan(top1) & ~np.isnan(truth))
    measured = np.isin(rows, shown)
    true, accuracy = truth[rows], top1[rows]
    choices = []
    for limit in np.quantile(true, _BUDGETS):
        probability = stdtr(DEGREES_OF_FREEDOM, _SCALES_OF_HALF * (limit - mean[rows]) / half[rows])
        probability[measured] = true[measured] <= limit
        best = accuracy[true <= limit].max()
        sure = np.flatnonzero(probability >= CONFIDENCE)
        over: bool | None = None
        regret = np.nan
        if len(sure):
            pick = sure[np.argmax(accuracy[sure])]
            over, regret = bool(true[pick] > limit), float(best - accuracy[pick])
        verified, steps = _verified(true, accuracy, probability, measured, float(limit))
        choices.append(
            Choice(
                over,
                regret,
                bool(verified is not None and true[verified] > limit),
                float(best - (accuracy.min() if verified is None else accuracy[verified])),
                steps,
            )
        )
    return choices


def _verified(
    true: Floats, accuracy: Floats, probability: Floats, measured: Bools, limit: float
) -> tuple[int | None, int]:
    """The best network that was measured and fits, after at most MEASUREMENTS more, and how many there
    were."""
    measured, steps = measured.copy(), 0
    while True:
        fitting = np.flatnonzero(measured & (true <= limit))
        best = int(fitting[np.argmax(accuracy[fitting])]) if len(fitting) else None
        if steps == MEASUREMENTS:
            return best, steps
        chosen = next_to_measure(
            probability, accuracy, None if best is None else float(accuracy[best]), measured
        )
        if chosen is None:
            return best, steps
        measured[chosen] = True
        steps += 1
