"""Which estimated candidates to measure, so that an answer stands on measurements. Pure, given an answer.

An answer is verified when its first rows are measured, and no candidate that is not measured could plausibly
take the place of one of them. Until then, measuring is worth most where the gain over the first rows is large
and the candidate likely keeps the budget: the expected improvement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.questions.answers.recommend import Answer
from app.ranking.order.objective import score
from catalog.candidates.category import Bools, Floats, Ints
from catalog.words.vocabulary import Provenance

PLAUSIBLE = 0.05
"""A candidate that keeps the budget with a smaller probability is not worth measuring."""
TOP = 3
"""How many of the first recommendations are verified, unless another number is asked for."""


@dataclass(frozen=True)
class Unverified:
    """The rows of the answer's columns that are worth measuring, what is worth most first. Each is of another
    case. `top` rows are to be verified. `are_measured` says whether there are any, and all were measured."""

    top: int
    rows: tuple[int, ...]
    are_measured: bool

    @property
    def is_verified(self) -> bool:
        """Whether the first rows are measured, and nothing else is worth measuring."""
        return self.are_measured and not self.rows


def unverified(answer: Answer, top: int = TOP) -> Unverified:
    """What to measure so that the first `top` recommendations of the answer stand on measurements."""
    columns, fit = answer.columns, answer.fit
    estimated = columns.measurement.mask(lambda facts: facts.provenance is Provenance.ESTIMATED)
    likely = columns.usable & (fit.probability > PLAUSIBLE)
    scores = score(columns, np.flatnonzero(likely), answer.objective)
    # An estimated candidate may be as good as its interval allows. A measured one is as good as its number.
    best = np.where(estimated, scores.total + np.nan_to_num(scores.margin), scores.total)
    held = _best_measured(columns.architecture.codes, best, ~estimated & fit.fits)
    bar = held[top - 1] if len(held) >= top else float(np.nanmin(best, initial=0.0))
    gains = np.where(estimated & likely, np.nan_to_num(fit.probability) * (best - bar), np.nan)
    worth = np.nan_to_num(gains, nan=-1.0)
    # Where the first rows are not all measured yet, an estimate that is no better than the worst may be one.
    least = 0.0 if len(held) >= top else -np.inf
    candidates = np.flatnonzero(~np.isnan(gains) & (gains > least))
    ordered = candidates[np.lexsort((columns.speed_order[candidates], -worth[candidates]))]
    first = [columns.measurement[recommended.row] for recommended in answer.recommendations[:top]]
    are_measured = bool(first) and all(facts.provenance is Provenance.MEASURED for facts in first)
    return Unverified(top, tuple(_first_of_each_case(columns.measurement.codes, ordered)), are_measured)


def _best_measured(architectures: Ints, best: Floats, measured: Bools) -> list[float]:
    """The best of each architecture that was measured and fits, the best first."""
    found: dict[int, float] = {}
    for row in np.flatnonzero(measured & ~np.isnan(best)).tolist():
        name = int(architectures[row])
        found[name] = max(found.get(name, -np.inf), float(best[row]))
    return sorted(found.values(), reverse=True)


def _first_of_each_case(cases: Ints, rows: Sequence[int] | Ints) -> list[int]:
    """Of rows that share a case, the first."""
    seen: dict[int, int] = {}
    for row in rows:
        seen.setdefault(int(cases[row]), int(row))
    return list(seen.values())
