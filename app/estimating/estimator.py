"""Estimating every network on a target in one configuration, from a few that were measured. Pure.

    estimator = fit(field, Calibration(rows, log_ms, profiles))
    estimates = estimator.estimates(level=0.9)

Two sources are known. Where the runtime gave node profiles, a network is the sum of its operators, and a
process corrects what sums miss. Where it did not, a process estimates whole networks, from their features and
from references: what other targets say of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.estimating import by_operators, process, whole_networks
from app.estimating.features import Features
from app.estimating.intervals import left_out, reach
from app.estimating.kernels import Likeness, Part, constant
from app.estimating.operator_times import Profile
from app.estimating.process import Prior
from app.estimating.references import Completed
from app.estimating.whole_networks import Known, Posterior
from catalog.candidates import Bools, Floats, Ints
from catalog.entities.networks import Workload
from catalog.inventory import Inventory

VERSION = 1
"""It is raised with every change that changes estimates. Stored estimates name it."""
# Profiles of fewer networks say too little of operators.
LEAST_PROFILES = 8
LEAST_MEASURED = 6
# A network that spends more of its time in sorts of operators that were never measured is not estimated by
# them.
_TOO_STRANGE = 0.5
# An interval that spans more than a factor of ten helps no decision.
_TOO_WIDE = float(np.log(10.0))
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
    """

    workloads: tuple[Workload, ...]
    features: Features
    inventory: Inventory | None = None
    references: Completed | None = None


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was measured: the networks `rows` of a field, the logarithms of their times in ms, and the node
    profiles of those that have one, by row."""

    rows: Ints
    log_ms: Floats
    profiles: Mapping[int, Profile]


@dataclass(frozen=True, eq=False)
class Estimates:
    """The estimates of n networks, in ms. `refused` is None where there is one. Intervals are at `level`."""

    value: Floats
    low: Floats
    high: Floats
    level: float
    source: tuple[Source, ...]
    refused: tuple[Refusal | None, ...]


@dataclass(frozen=True, eq=False)
class Estimator:
    """What a calibration taught. `mean` and `deviation` are of the logarithm of each network's time in ms.

    `errors` are the logarithms by which the calibrated networks were missed, when each was left out, and
    `scores` the same in standard deviations.
    """

    mean: Floats
    deviation: Floats
    scores: Mapping[Source, Floats]
    errors: Mapping[Source, Floats]
    source: tuple[Source, ...]
    strange: Floats

    def estimates(self, level: float = 0.9) -> Estimates:
        """Every network's estimate."""
        reaches = {source: reach(scores, level) for source, scores in self.scores.items()}
        half = self.deviation * np.array([reaches[source] for source in self.source])
        refused = tuple(
            Refusal.STRANGE_OPERATORS
            if strange > _TOO_STRANGE and source is Source.OPERATORS
            else Refusal.TOO_WIDE
            if 2 * width > _TOO_WIDE
            else None
            for strange, source, width in zip(self.strange, self.source, half, strict=True)
        )
        return Estimates(
            np.exp(self.mean),
            np.exp(self.mean - half),
            np.exp(self.mean + half),
            level,
            self.source,
            refused,
        )


def fit(field: Field, calibration: Calibration) -> Estimator:
    """The estimator of the field that this calibration teaches. Operators are the first source, and whole
    networks estimate those that the inventory lacks.

    Raises:
        ValueError: fewer than LEAST_MEASURED networks were measured.
    """
    if len(calibration.rows) < LEAST_MEASURED:
        raise ValueError(f"{len(calibration.rows)} networks are too few to estimate others")
    posteriors = {Source.WHOLE_NETWORKS: _whole(field, calibration)}
    strange = np.zeros(len(field.workloads))
    listed = np.full(len(field.workloads), -1)
    if field.inventory is not None:
        places = {workload: place for place, workload in enumerate(field.inventory.workloads)}
        listed = np.array([places.get(workload, -1) for workload in field.workloads])
        profiled = np.array(
            [row in calibration.profiles and listed[row] >= 0 for row in calibration.rows], dtype=np.bool_
        )
        if profiled.sum() >= LEAST_PROFILES:
            posteriors[Source.OPERATORS], strange = _by_operators(field, calibration, listed, profiled)
    by_operators_too = Source.OPERATORS in posteriors
    source = tuple(
        Source.OPERATORS if by_operators_too and place >= 0 else Source.WHOLE_NETWORKS for place in listed
    )
    chosen = np.array([one is Source.OPERATORS for one in source], dtype=np.bool_)
    first = posteriors.get(Source.OPERATORS, posteriors[Source.WHOLE_NETWORKS])
    second = posteriors[Source.WHOLE_NETWORKS]
    return Estimator(
        np.where(chosen, first.mean, second.mean),
        np.where(chosen, first.deviation, second.deviation),
        {name: one.scores for name, one in posteriors.items()},
        {name: one.errors for name, one in posteriors.items()},
        source,
        strange,
    )


def _whole(field: Field, calibration: Calibration) -> Posterior:
    known = Known(field.features, field.references)
    return whole_networks.estimate(known, calibration.rows, calibration.log_ms)


def _by_operators(
    field: Field, calibration: Calibration, listed: Ints, profiled: Bools
) -> tuple[Posterior, Floats]:
    """The posterior of every network of the field that the inventory lists, and the share of its time in
    strange operators. Of the others, it is that of an arbitrary network."""
    assert field.inventory is not None  # noqa: S101 - the caller has asked
    rows, log_ms = calibration.rows[profiled], calibration.log_ms[profiled]
    profiles = [calibration.profiles[int(row)] for row in rows]
    found = by_operators.estimate(profiles, listed[rows], field.inventory)
    place = np.maximum(listed, 0)
    prior = Prior(found.prior.mean[place] + _MS_OF_NS, found.prior.doubt[place])
    return corrected(prior, field.features, rows, log_ms), found.strange[place]


def corrected(prior: Prior, features: Features, rows: Ints, log_ms: Floats) -> Posterior:
    """The posterior of sums over operators. A process learns what sums miss of all networks alike, of large
    against small networks, and of a family."""
    parts = [
        Part(Likeness.LINEAR, constant(len(features.family)), 0.1, 0.0),
        Part(Likeness.LINEAR, features.sizes, 0.05, 0.7),
        Part(Likeness.SAME, features.family, 0.03, 0.7),
    ]

    def refit(learnt: Ints, asked: Ints) -> tuple[Floats, Floats]:
        return process.fit(parts, prior, rows[learnt], log_ms[learnt]).posterior(rows[asked])

    means, deviations = left_out(log_ms, refit)
    fitted = process.fit(parts, prior, rows, log_ms)
    everything = np.arange(len(features.family))
    return Posterior(*fitted.posterior(everything), errors=log_ms - means, left_out=deviations)
