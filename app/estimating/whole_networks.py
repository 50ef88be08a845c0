"""Estimating networks as wholes: from their features, and from what other targets say of them. Pure.

It is the source of published targets, of which nothing is known but the times of whole networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from app.estimating import additive, intervals, process, references
from app.estimating.features import Features
from app.estimating.kernels import Likeness, Part, constant
from app.estimating.process import Prior
from app.estimating.references import Completed
from catalog.candidates.category import Floats, Ints

# Networks within this distance have the same deviation. Any two of them are about 1.4 apart. Without
# references, deviations are larger and reach farther.
_NEAR_LENGTH, _FAR_LENGTH = 0.8, 1.2
# Networks whose sums are within this factor, in logarithms, are missed alike: those of the smallest are too
# large, because all of a small network stays in the cache.
_SUM_LENGTH = 1.5
# Networks that were chosen to lie far apart are missed by less than their deviations when they are left out,
# and the others are not. So the scores never say that deviations are less than so much of what they seem.
# Chosen on every second published table, and judged on the others. Sums over operators and memory do without.
_LEAST_SCALE = 0.6
# A weight may be twice or half of what was chosen.
_SPREAD = 0.7


class Quantity(StrEnum):
    """What is estimated. It decides what a number is a sum of."""

    TIME = "time"
    MEMORY = "memory"


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of n networks before the target is measured."""

    features: Features
    references: Completed | None = None
    quantity: Quantity = Quantity.TIME
    has_sums: bool = False
    """Whether the first reference is the sums over operators."""
    launches: Floats | None = None
    """How many operators of each network a CPU starts on a device, which may wait for it. None where nothing
    waits so."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """The mean and the standard deviation of the logarithm of each network's time.

    `errors` are how far the measured networks lay from their means, when each was left out, and `left_out`
    the standard deviations that they had then. `least_scale` is the least that these are worth.
    """

    mean: Floats
    deviation: Floats
    errors: Floats
    left_out: Floats
    least_scale: float = 0.0

    @property
    def scores(self) -> Floats:
        """The errors in standard deviations, without their signs."""
        return np.asarray(np.abs(self.errors) / self.left_out)

    def reach(self, level: float) -> float:
        """How many standard deviations an interval at `level` reaches."""
        return intervals.reach(self.scores, level, self.least_scale)


def estimate(known: Known, rows: Ints, log_times: Floats) -> Posterior:
    """The posterior of all networks, where the networks `rows` took these times.

    References that are not of the target's class may mislead. So each way to use them is tried, and the one
    that misses the measured networks least is kept, when each of them is left out.
    """
    posteriors = [_estimate(way, rows, log_times) for way in _ways(known)]
    return min(posteriors, key=lambda one: float(np.abs(one.errors).mean()))


@dataclass(frozen=True, eq=False)
class _Way:
    known: Known
    parts: Sequence[Part]


def _ways(known: Known) -> list[_Way]:
    """References as the prior mean, references as the prior mean of a loose kernel, and no references.

    Where a CPU starts each operator, references of the class may be of a device that was busy all the time.
    So no references are tried beside them.
    """
    alone = replace(known, references=None)
    if known.references is None:
        return [_Way(known, parts_of(known))]
    if known.references.alike.any():
        ways = [_Way(known, parts_of(known))]
        return [*ways, _Way(alone, parts_of(alone))] if known.launches is not None else ways
    loose = [*parts_of(alone), *_parts_of_directions(known.references)]
    return [_Way(known, parts_of(known)), _Way(known, loose), _Way(alone, parts_of(alone))]


def _estimate(way: _Way, rows: Ints, log_times: Floats) -> Posterior:
    def refit(learnt: Ints, asked: Ints) -> tuple[Floats, Floats]:
        held = rows[learnt]
        prior = prior_of(way.known, held, log_times[learnt])
        return process.fit(way.parts, prior, held, log_times[learnt]).posterior(rows[asked])

    means, deviations = intervals.left_out(log_times, refit)
    fitted = process.fit(way.parts, prior_of(way.known, rows, log_times), rows, log_times)
    everything = np.arange(len(way.known.features.family))
    is_whole = way.known.quantity is Quantity.TIME and not way.known.has_sums
    return Posterior(
        *fitted.posterior(everything),
        errors=log_times - means,
        left_out=deviations,
        least_scale=_LEAST_SCALE if is_whole else 0.0,
    )


def prior_of(known: Known, rows: Ints, log_times: Floats) -> Prior:
    """What is expected of each network, before its features and its family are looked at."""
    if known.references is not None:
        return references.prior(known.references, rows, log_times)
    summands = known.features.memory if known.quantity is Quantity.MEMORY else known.features.time
    if known.launches is not None:
        mean = additive.fit_launched(summands, known.launches, rows, log_times)
    else:
        mean = additive.fit(summands, rows, log_times)
    return Prior(mean, np.zeros(len(mean)))


def parts_of(known: Known) -> list[Part]:
    """The kernel. The deviations of its parts before anything is measured were chosen on four published
    tables (docs/decisions/0018): the better the prior mean, the less is left to explain."""
    features, count = known.features, len(known.features.family)
    if known.has_sums and known.references is not None:
        sums = known.references.log_times[:, :1]
        # What sums miss of all alike, of quick networks, of large against small ones, and of a family.
        return [
            Part(Likeness.LINEAR, constant(count), 0.1, 0.0),
            Part(Likeness.NEAR, sums / _SUM_LENGTH, 0.15, _SPREAD),
            Part(Likeness.LINEAR, features.sizes, 0.05, _SPREAD),
            Part(Likeness.SAME, features.family, 0.03, _SPREAD),
        ]
    if known.references is None and known.quantity is Quantity.TIME:
        return [
            Part(Likeness.LINEAR, constant(count), 1.0, 0.0),
            Part(Likeness.LINEAR, features.sizes, 0.1, _SPREAD),
            Part(Likeness.LINEAR, features.shares, 0.3, _SPREAD),
            Part(Likeness.LINEAR, features.make_up, 0.05, _SPREAD),
            Part(Likeness.NEAR, features.described / _FAR_LENGTH, 0.12, _SPREAD),
            Part(Likeness.SAME, features.family, 0.1, _SPREAD),
        ]
    parts = [
        Part(Likeness.LINEAR, constant(count), 0.5, 0.0),
        Part(Likeness.LINEAR, features.sizes, 0.05, _SPREAD),
        Part(Likeness.LINEAR, features.make_up, 0.05, _SPREAD),
        Part(Likeness.NEAR, features.described / _NEAR_LENGTH, 0.1, _SPREAD),
        Part(Likeness.SAME, features.family, 0.08, _SPREAD),
    ]
    if known.quantity is Quantity.TIME:
        parts.append(Part(Likeness.LINEAR, features.shares, 0.4, _SPREAD))
    return parts if known.references is None else [*parts, *_parts_of_directions(known.references)]


def _parts_of_directions(references: Completed) -> list[Part]:
    directions = references.directions
    return [
        Part(Likeness.LINEAR, directions, 0.06, _SPREAD),
        Part(Likeness.NEAR, directions / _NEAR_LENGTH, 0.04, _SPREAD),
    ]
