"""What to measure next, so that the answer improves most. Pure: arrays in, arrays out.

A candidate is worth what it would gain over the best that was measured, times the probability that it fits:
the expected improvement (Jones, Schonlau and Welch 1998, doi:10.1023/A:1008306431147) under a constraint
(Gardner et al. 2014).
"""

import numpy as np

from catalog.candidates.category import Bools, Floats


def expected_improvement(probability: Floats, objective: Floats, best: float | None) -> Floats:
    """What measuring each candidate gains on average, in the unit of `objective`, where more is better.

    `probability` is that the candidate fits the budget. `best` is the objective of the best candidate that
    was measured and fits. Without one, every candidate that may fit improves the answer, and the worst of
    them by nothing. An unknown objective or probability (NaN) gains nothing.
    """
    known = ~np.isnan(objective) & ~np.isnan(probability)
    if not known.any():
        return np.zeros(len(objective))
    floor = float(objective[known].min()) if best is None else best
    gains = np.where(known, np.maximum(0.0, objective - floor), 0.0)
    return np.where(known, probability, 0.0) * gains


def next_to_measure(
    probability: Floats, objective: Floats, best: float | None, measured: Bools, *, least: float = 0.0
) -> int | None:
    """The candidate to measure next. None where no candidate that was not `measured` gains more than
    `least`."""
    gains = expected_improvement(probability, objective, best)
    gains[measured] = 0.0
    chosen = int(np.argmax(gains)) if len(gains) else 0
    return chosen if len(gains) and gains[chosen] > least else None


def contenders(probability: Floats, objective: Floats, bar: float, plausible: float) -> Bools:
    """Which candidates could displace one whose objective is `bar`: they are better, and fit with a
    probability above `plausible`."""
    return np.asarray((objective > bar) & (probability > plausible))
