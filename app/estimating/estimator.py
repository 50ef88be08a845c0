"""Estimating every network on a target in one configuration, from a few that were measured. Pure.

    estimator = fit(field, Calibration(rows, log_ms, profiles))
    estimates = estimator.estimates(level=0.9)

What is known of a network elsewhere is a reference: its time on another target or in another configuration.
Where the runtime gave node profiles, the sum over the network's operators is a reference too, and the best
one. A process learns how the target differs from its references. Without any, it estimates from features
alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from threadpoolctl import threadpool_limits

from app.estimating import by_operators, whole_networks
from app.estimating.efficiency import Efficiency
from app.estimating.features import Features
from app.estimating.intervals import reach
from app.estimating.operator_times import Profile
from app.estimating.references import References, beside, completed
from app.estimating.whole_networks import Known, Quantity
from catalog.candidates.category import Bools, Floats, Ints
from catalog.entities.networks import Workload
from catalog.inventory import Inventory

VERSION = 13
"""It is raised with every change that changes estimates. Stored estimates name it."""
# Profiles of fewer networks say too little of operators.
LEAST_PROFILES = 8
LEAST_MEASURED = 6
# A network that spends more of its time in sorts of operators that were never measured is not estimated by
# them.
TOO_STRANGE = 0.5
# An interval that spans more than a factor of ten helps no decision.
_TOO_WIDE = float(np.log(10.0))
_LEAST_IN_COMMON = 2
_MS_OF_NS = float(np.log(1e-6))


class Source(StrEnum):
    """What an estimate stands on."""

    OPERATORS = "operators"
    WHOLE_NETWORKS = "whole_networks"


class Refusal(StrEnum):
    """Why a network is not estimated."""

    STRANGE_OPERATORS = "strange_operators"
    TOO_WIDE = "too_wide"


@dataclass(frozen=True, eq=False)
class Field:
    """n networks that can be estimated: what is known of them without measuring, in one order.

    `inventory` may lack some of them. `references` are what other targets say of them, where there are any.
    `usual` is what reference machines say of operators. `launches` is how many operators of each a CPU starts
    on a device, which may wait for it, where that is so.
    """

    workloads: tuple[Workload, ...]
    features: Features
    inventory: Inventory | None = None
    references: References | None = None
    quantity: Quantity = Quantity.TIME
    usual: Efficiency | None = None
    launches: Floats | None = None


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was measured: the networks `rows` of a field, the logarithms of their times in ms, or of their
    memory in MB, and the node profiles of those that have one, by row."""

    rows: Ints
    log_ms: Floats
    profiles: Mapping[int, Profile]


@dataclass(frozen=True, eq=False)
class Estimates:
    """The estimates of n networks, in the unit of what was measured. `refused` is None where there is one.
    Intervals are at `level`."""

    value: Floats
    low: Floats
    high: Floats
    level: float
    refused: tuple[Refusal | None, ...]

    def otherwise(self, others: "Estimates", rows: Bools) -> "Estimates":
        """These estimates, and those of `others` for the networks `rows`. Both are at the same level."""
        refusals = zip(rows.tolist(), self.refused, others.refused, strict=True)
        return Estimates(
            np.where(rows, others.value, self.value),
            np.where(rows, others.low, self.low),
            np.where(rows, others.high, self.high),
            self.level,
            tuple(theirs if is_other else own for is_other, own, theirs in refusals),
        )


@dataclass(frozen=True, eq=False)
class Agreement:
    """How the target differs from a reference: over so many `networks` that both have, its times are `factor`
    times those of the reference, and `spread` is the standard deviation of the logarithm around it. The
    smaller the spread, the more alike the two are."""

    networks: int
    factor: float
    spread: float


@dataclass(frozen=True, eq=False)
class Estimator:
    """What a calibration taught. `mean` and `deviation` are of the logarithm of each network's number.

    Those of the calibrated networks are what the others say of them. `errors` are the logarithms by which
    they were missed, when each was left out, and `scores` the same in standard deviations, which are worth
    `least_scale` at least. `agreements` are those with the field's references. None where fewer than two
    networks are in both.
    """

    mean: Floats
    deviation: Floats
    scores: Floats
    errors: Floats
    source: Source
    strange: Floats
    agreements: tuple[Agreement | None, ...] = ()
    least_scale: float = 0.0

    def estimates(self, level: float = 0.9) -> Estimates:
        """Every network's estimate."""
        half = self.deviation * reach(self.scores, level, self.least_scale)
        refused = tuple(
            Refusal.STRANGE_OPERATORS
            if strange > TOO_STRANGE
            else Refusal.TOO_WIDE
            if 2 * width > _TOO_WIDE
            else None
            for strange, width in zip(self.strange, half, strict=True)
        )
        return Estimates(
            np.exp(self.mean), np.exp(self.mean - half), np.exp(self.mean + half), level, refused
        )


def fit(field: Field, calibration: Calibration) -> Estimator:
    """The estimator of the field that this calibration teaches.

    Raises:
        ValueError: fewer than LEAST_MEASURED networks were measured.
    """
    if len(calibration.rows) < LEAST_MEASURED:
        raise ValueError(f"{len(calibration.rows)} networks are too few to estimate others")
    # The matrices are small. Threads that wait for one another take twice the time.
    with threadpool_limits(1):
        return _fit(field, calibration)


def _fit(field: Field, calibration: Calibration) -> Estimator:
    rows, log_ms = calibration.rows, calibration.log_ms
    strange = np.zeros(len(field.workloads))
    source, held = Source.WHOLE_NETWORKS, field.references
    if (sums := _sums(field, calibration)) is not None:
        source, strange = Source.OPERATORS, sums.strange
        held = beside(sums.references, held)
    known = Known(
        field.features,
        None if held is None else completed(held, field.features),
        field.quantity,
        has_sums=source is Source.OPERATORS,
        launches=field.launches,
    )
    found = whole_networks.estimate(known, rows, log_ms)
    mean, deviation = found.mean.copy(), found.deviation.copy()
    mean[rows], deviation[rows] = log_ms - found.errors, found.left_out
    agreements = () if field.references is None else _agreements(field.references, rows, log_ms)
    return Estimator(
        mean, deviation, found.scores, found.errors, source, strange, agreements, found.least_scale
    )


@dataclass(frozen=True, eq=False)
class _Sums:
    """The sums over operators of all networks as a reference, NaN where the inventory lacks one, and the
    share of each network's time in operators of sorts that no profile has."""

    references: References
    strange: Floats


def _sums(field: Field, calibration: Calibration) -> _Sums | None:
    """The sums over operators. None where too few networks have profiles."""
    if field.inventory is None:
        return None
    places = {workload: place for place, workload in enumerate(field.inventory.workloads)}
    listed = np.array([places.get(workload, -1) for workload in field.workloads])
    rows = [int(row) for row in calibration.rows if int(row) in calibration.profiles and listed[row] >= 0]
    if len(rows) < LEAST_PROFILES:
        return None
    profiles = [calibration.profiles[row] for row in rows]
    found = by_operators.estimate(profiles, listed[rows], field.inventory, field.usual)
    is_listed, place = listed >= 0, np.maximum(listed, 0)
    mean = np.where(is_listed, found.prior.mean[place] + _MS_OF_NS, np.nan)
    doubt = np.where(is_listed, found.prior.doubt[place], 0.0)
    references = References(mean[:, None], np.ones(1, dtype=np.bool_), doubt[:, None])
    return _Sums(references, np.where(is_listed, found.strange[place], 0.0))


def _agreements(references: References, rows: Ints, log_ms: Floats) -> tuple[Agreement | None, ...]:
    """How what was measured agrees with each reference."""
    apart = log_ms[:, None] - references.log_times[rows]
    return tuple(map(_agreement, apart.T))


def _agreement(apart: Floats) -> Agreement | None:
    both: Floats = apart[~np.isnan(apart)]
    if len(both) < _LEAST_IN_COMMON:
        return None
    return Agreement(len(both), float(np.exp(np.median(both))), float(both.std(ddof=1)))
