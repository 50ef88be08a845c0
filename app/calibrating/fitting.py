"""From the measurements of a target to the estimates of all that was not measured on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from app.estimating import estimator
from app.estimating.estimator import Calibration, Estimator, Field, Refusal, Source
from app.estimating.features import Network, features
from app.estimating.intervals import reach
from app.estimating.operator_times import Profile
from catalog.candidates import Category
from catalog.entities.configurations import Configuration, Target
from catalog.entities.estimates import Estimate, EstimateBasis, EstimatorAccuracy
from catalog.entities.measurements import Measurement, Success
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import AttributedOperators
from catalog.inventory import Inventory, Operators
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.estimates import find_basis, replace_estimates
from catalog.storage.finding_measurements import MeasurementQuery, find_measurements
from catalog.storage.native_workloads import NativeWorkload, native_workloads
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Provenance, Scenario, Status

NAME = f"archrank estimator {estimator.VERSION}"
"""What stored estimates say that they were made by."""
LEVEL = 0.9
"""The confidence level of the intervals of estimates."""
LEAST_NETWORKS = estimator.LEAST_PROFILES
"""A configuration in which fewer networks were measured has no estimates."""

_REFUSALS = {
    Refusal.STRANGE_OPERATORS: "Most of its time is in operators that no measured network has.",
    Refusal.TOO_WIDE: "What was measured says too little of it: its interval would span a factor of ten.",
}
_REMEDY = "Measure it with `archrank profile {}`."
# What is estimated. The memory of a process does not follow from the times of operators.
_BY_OPERATORS = {Metric.LATENCY_MS: True, Metric.PEAK_MEMORY_MB: False}
_NS_PER_MS, _MS_PER_S = 1e6, 1e3
# An error that users still call right.
_SMALL_ERROR = 0.1


@dataclass(frozen=True)
class Learnt:
    """The measurements of one configuration of a target, one for each network, from one environment."""

    configuration: Configuration
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class _Asked:
    """The workloads to estimate, and what is known of them without measuring."""

    natives: Sequence[NativeWorkload]
    inventory: Inventory

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        return tuple(one.counted.workload for one in self.natives)

    @cached_property
    def rows(self) -> dict[Workload, int]:
        return {workload: row for row, workload in enumerate(self.workloads)}

    def field(self, *, by_operators: bool) -> Field:
        networks = [
            Network(one.counted.workload, one.counted.counts, one.family)
            for one in self.natives
            if one.counted.counts
        ]
        return Field(self.workloads, features(networks), self.inventory if by_operators else None)


def learnt_from(session: ReadSession, target: str) -> list[Learnt]:
    """What the estimates of the target with the id `target` may stand on: by configuration, the newest
    measurement of each network in the environment that was measured last."""
    query = MeasurementQuery(target=target, status=Status.OK)
    by_configuration: dict[Configuration, dict[str, Measurement]] = {}
    for one in find_measurements(session, query, with_node_profiles=True):
        if not _teaches(one):
            continue
        of_configuration = by_configuration.setdefault(one.configuration, {})
        newest = next(iter(of_configuration.values()), one)
        if one.environment == newest.environment:
            of_configuration.setdefault(one.workload.id, one)
    return [
        Learnt(configuration, tuple(of_configuration.values()))
        for configuration, of_configuration in sorted(by_configuration.items(), key=lambda item: item[0].id)
        if len(of_configuration) >= LEAST_NETWORKS
    ]


def is_current(session: ReadSession, target: str) -> bool:
    """Whether the target's estimates stand on all that they may stand on, by today's estimator."""
    basis = find_basis(session, target)
    if basis is None or basis.estimator != NAME:
        return False
    may = {one.id for learnt in learnt_from(session, target) for one in learnt.measurements}
    return may == set(basis.measurements)


def refit(catalog: Catalog, target: Target, inventory: Inventory) -> EstimateBasis | None:
    """Estimate every native workload in each configuration of the target that has enough measurements, and
    put the estimates in the place of the former ones. Returns what they stand on, None where there is too
    little."""
    with catalog.read() as session:
        everything = learnt_from(session, target.id)
        asked = _Asked([one for one in native_workloads(session) if one.counted.counts], inventory)
    estimates: list[Estimate] = []
    accuracies: list[EstimatorAccuracy] = []
    for learnt in everything:
        for metric, by_operators in _BY_OPERATORS.items():
            calibration = _calibration(learnt, metric, asked)
            if len(calibration.rows) < LEAST_NETWORKS:
                continue
            fitted = estimator.fit(asked.field(by_operators=by_operators), calibration)
            made = list(_estimates(learnt.configuration, metric, asked, fitted))
            estimates += made
            accuracies.append(_accuracy(learnt.configuration, metric, fitted, made))
    if not estimates:
        return None
    basis = EstimateBasis(
        target=target,
        estimator=NAME,
        computed_at=datetime.now(UTC),
        measurements=tuple(sorted(one.id for learnt in everything for one in learnt.measurements)),
        accuracies=tuple(accuracies),
    )
    with catalog.write() as writing:
        replace_estimates(writing, basis, estimates)
    return basis


def _teaches(measurement: Measurement) -> bool:
    """Whether estimates are learnt from measurements of this kind."""
    return (
        measurement.provenance is Provenance.MEASURED
        and measurement.workload.form is Form.DEPLOYED
        and measurement.configuration.scenario is Scenario.SINGLE_STREAM
        and _value(measurement, Metric.LATENCY_MS) is not None
    )


def _value(measurement: Measurement, metric: Metric) -> float | None:
    """The number of `metric`, if it is known and positive."""
    values = measurement.outcome.values if isinstance(measurement.outcome, Success) else ()
    return next((one.value for one in values if one.metric is metric and one.value), None)


def _calibration(learnt: Learnt, metric: Metric, asked: _Asked) -> Calibration:
    """What was measured of `metric`. Networks at other sizes than the native one are left out."""
    numbers: dict[int, float] = {}
    profiles: dict[int, Profile] = {}
    for one in learnt.measurements:
        row, value = asked.rows.get(one.workload), _value(one, metric)
        if row is None or value is None:
            continue
        numbers[row] = value
        profile = one.outcome.node_profile if isinstance(one.outcome, Success) else None
        if profile is not None and profile.operators is not None and _BY_OPERATORS[metric]:
            profiles[row] = profile_of(profile.operators, value)
    return Calibration(
        np.array(list(numbers), dtype=np.int64), np.log(np.array(list(numbers.values()))), profiles
    )


def profile_of(attributed: AttributedOperators, latency_ms: float) -> Profile:
    """The operators of a network of this latency, with the times of their groups."""
    return Profile(
        operators=Operators(
            Category.of(attributed.kind),
            Category.of(attributed.before),
            Category.of(attributed.after),
            np.array(attributed.numbers, dtype=np.int64),
        ),
        group=np.array(attributed.group, dtype=np.int64),
        group_ns=np.array(attributed.group_ns),
        latency_ns=latency_ms * _NS_PER_MS,
    )


def _estimates(
    configuration: Configuration, metric: Metric, asked: _Asked, fitted: Estimator
) -> Iterator[Estimate]:
    """The estimates of all workloads, or the reasons why there are none. Throughput follows from latency."""
    found = fitted.estimates(LEVEL)
    for row, workload in enumerate(asked.workloads):
        refusal = found.refused[row]
        if refusal is not None:
            reason = f"{_REFUSALS[refusal]} {_REMEDY.format(workload.architecture)}"
            yield Estimate(workload, configuration, metric, None, absent_reason=reason)
            continue
        value, low, high = (float(column[row]) for column in (found.value, found.low, found.high))
        yield Estimate(workload, configuration, metric, value, low, high, found.level)
        if metric is Metric.LATENCY_MS:
            images = configuration.batch_size * _MS_PER_S
            speeds = images / value, images / high, images / low
            yield Estimate(workload, configuration, Metric.THROUGHPUT_IPS, *speeds, found.level)


def _accuracy(
    configuration: Configuration, metric: Metric, fitted: Estimator, made: Sequence[Estimate]
) -> EstimatorAccuracy:
    """How the measured networks were estimated by the source that estimates most networks."""
    source = Source.OPERATORS if Source.OPERATORS in fitted.errors else Source.WHOLE_NETWORKS
    errors, scores = np.abs(np.expm1(-fitted.errors[source])), fitted.scores[source]
    of_metric = [one for one in made if one.metric is metric]
    return EstimatorAccuracy(
        configuration=configuration,
        metric=metric,
        networks=len(errors),
        median_error=float(np.median(errors)),
        within_10=float((errors <= _SMALL_ERROR).mean()),
        coverage=float((scores <= reach(scores, LEVEL)).mean()),
        level=LEVEL,
        covered=sum(one.value is not None for one in of_metric),
        refused=sum(one.value is None for one in of_metric),
    )
