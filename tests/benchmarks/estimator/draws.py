"""Draws of calibration networks, and how well the rest is estimated from each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalog.candidates.category import Bools, Floats, Ints

LEVEL = 0.9


@dataclass(frozen=True)
class Split:
    """Networks to measure, and networks to estimate: none of the same architecture. Where `strange`, none of
    the same family."""

    shown: Ints
    kept: Ints


def splits(
    candidates: Ints, architectures: Sequence[str], families: Sequence[str], count: int, seed: int
) -> tuple[Split, Split]:
    """A random draw of `count` of the candidates. The second split keeps the families that were not drawn."""
    rng = np.random.default_rng((seed, count))
    shown = np.sort(rng.choice(candidates, size=count, replace=False))
    return of_shown(shown, candidates, architectures, families)


def of_shown(
    shown: Ints, candidates: Ints, architectures: Sequence[str], families: Sequence[str]
) -> tuple[Split, Split]:
    """The splits of this draw."""
    drawn = {architectures[row] for row in shown}
    drawn_families = {families[row] for row in shown}
    kept = np.array([row for row in candidates if architectures[row] not in drawn], dtype=np.int64)
    strange = np.array([row for row in kept if families[row] not in drawn_families], dtype=np.int64)
    return Split(shown, kept), Split(shown, strange)


@dataclass(frozen=True)
class Score:
    """How well the networks that were kept were estimated: the median of the relative errors, the shares
    within 10 % and 20 %, and the share whose interval holds the truth, and half an interval at the median."""

    median: float
    within_10: float
    within_20: float
    covered: float
    half_width: float
    rank: float

    @classmethod
    def of(cls, truth: Floats, mean: Floats, deviation: Floats, reach: float) -> "Score":
        """The score of logarithms."""
        errors = np.abs(np.expm1(mean - truth))
        covered: Bools = np.abs(mean - truth) <= reach * deviation
        ranks = (
            np.corrcoef(truth.argsort().argsort(), mean.argsort().argsort())[0, 1] if len(truth) > 2 else 1.0
        )
        return cls(
            float(np.median(errors)),
            float((errors <= 0.1).mean()),
            float((errors <= 0.2).mean()),
            float(covered.mean()),
            float(np.median(np.expm1(reach * deviation))),
            float(ranks),
        )


def mean_of(scores: Sequence[Score]) -> Score:
    """The mean of each figure."""
    return Score(*np.mean([[*vars(one).values()] for one in scores], axis=0))
