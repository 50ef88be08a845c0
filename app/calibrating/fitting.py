"""From the measurements of a target to the estimates of all that was not measured on it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import exp, hypot, log

import numpy as np

from app.calibrating.elsewhere import Column, columns_of, fitted_column, looked_at
from app.calibrating.evidence import TO_METRIC, Series, all_series, run_difference
from app.calibrating.reference_machines import usual_efficiency, usual_memory
from app.calibrating.times import estimates_of_times
from app.estimating import estimator
from app.estimating.estimator import Calibration, Estimates, Estimator, Field, Refusal
from app.estimating.features import Features, features
from app.estimating.intervals import coverage
from app.estimating.operator_times import Profile
from app.estimating.references import References
from app.estimating.whole_networks import Quantity
from app.estimating.work import Network
from app.ranking.speed import time_per_image
from catalog.candidates.category import Category, Floats, Ints
from catalog.entities.configurations import Configuration, Target
from catalog.entities.estimates import Estimate, EstimateBasis, EstimatorAccuracy, Similarity
from catalog.entities.measurements import Measurement, Success
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import AttributedOperators
from catalog.inventory import Inventory, Operators
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.estimates import drop_estimates, find_basis, replace_estimates
from catalog.storage.facts.native_workloads import (
    DescribedWorkload,
    described_workloads,
    evaluated_workloads,
    native_workloads,
)
from catalog.storage.summaries.speeds import find_speeds, published_workloads
from catalog.words.metrics import MEMORY_METRICS, Metric
from catalog.words.vocabulary import BatchPolicy, Device, Form, Provenance, RuntimeName, Scenario

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
_NS_PER_MS = 1e6
# An error that users still call right.
_SMALL_ERROR = 0.1
# A process takes the cube of their number in time. More narrow estimates by little.
_MOST_LEARNT = 150
_SEED = 14
# Of these numbers of speed, the first that enough networks have is estimated. Others follow from it.
_SPEEDS = (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.TRAIN_THROUGHPUT_IPS)


@dataclass(frozen=True)
class _Asked:
    """The workloads to estimate in a configuration, and what is known of them without measuring."""

    described: Sequence[DescribedWorkload]
    inventory: Inventory
    configuration: Configuration
    workloads: tuple[Workload, ...] = field(init=False)
    rows: Mapping[Workload, int] = field(init=False)

    def __post_init__(self) -> None:
        workloads = tuple(one.counted.workload for one in self.described)
        object.__setattr__(self, "workloads", workloads)
        object.__setattr__(self, "rows", {workload: row for row, workload in enumerate(workloads)})

    def field(self, quantity: Quantity, references: References | None = None) -> Field:
        known = features(networks_of(self.described), self.inventory)
        if quantity is Quantity.MEMORY:
            return Field(self.workloads, known, references=references, quantity=quantity)
        usual = usual_efficiency(self.inventory, self.configuration)
        launches = _launches(self.configuration, known)
        return Field(self.workloads, known, self.inventory, references, quantity, usual, launches)


def _launches(configuration: Configuration, known: Features) -> Floats | None:
    """How many operators of each network the runtime starts on a GPU, one after the other. A batch that fills
    the GPU keeps it busy meanwhile."""
    if (
        configuration.device is not Device.CUDA
        or configuration.compiled
        or configuration.batch_policy is not BatchPolicy.FIXED
    ):
        return None
    return known.nodes if configuration.runtime is RuntimeName.ONNXRUNTIME else known.launches


@dataclass(frozen=True, eq=False)
class _Learnt:
    """The measurements of one metric in a series that an estimator learns from: one for each row."""

    series: Series
    metric: Metric
    rows: Ints
    measurements: tuple[Measurement, ...]
    logarithms: tuple[float, ...]
    """Of ms an image, or of MB."""

    @property
    def is_time(self) -> bool:
        return self.metric in TO_METRIC

    def calibration(self) -> Calibration:
        """What the estimator learns. The times of nodes say nothing of memory."""
        profiles: dict[int, Profile] = {}
        for row, one, logarithm in zip(self.rows.tolist(), self.measurements, self.logarithms, strict=True):
            held = one.outcome.node_profile if isinstance(one.outcome, Success) else None
            if self.is_time and held is not None and held.operators is not None:
                profiles[row] = profile_of(held.operators, float(np.exp(logarithm)))
        return Calibration(self.rows, np.array(self.logarithms), profiles)


def networks_of(described: Iterable[DescribedWorkload]) -> list[Network]:
    """The networks that were counted, as an estimator knows them."""
    return [
        Network(one.counted.workload, one.counted.counts, one.family)
        for one in described
        if one.counted.counts
    ]


def is_current(session: ReadSession, target: str) -> bool:
    """Whether the target's estimates stand on all that they may stand on, by today's estimator. A target
    without estimates, of which too little was measured, is current."""
    basis, may = find_basis(session, target), _usable(all_series(session, target))
    if basis is None:
        return not may
    return basis.estimator == NAME and set(basis.measurements) == {
        one.id for series in may for one in series.measurements
    }


def has_enough(session: ReadSession, target: str) -> bool:
    """Whether enough was measured of the target to estimate anything."""
    return bool(_usable(all_series(session, target)))


def refit(catalog: Catalog, target: Target, inventory: Inventory) -> EstimateBasis | None:
    """Estimate every network in each configuration of the target that has enough measurements, and put the
    estimates in the place of the former ones. Returns what they stand on. Where there is too little, the
    former estimates are removed, and the answer is None."""
    with catalog.read() as session:
        series = _usable(all_series(session, target.id, with_node_profiles=True))
        made = list(_fitted(session, target, series, inventory))
        has_estimates = find_basis(session, target.id) is not None
    estimates = [estimate for of_metric, _ in made for estimate in of_metric]
    if not estimates:
        if has_estimates:
            with catalog.write() as writing:
                drop_estimates(writing, target.id)
        return None
    basis = EstimateBasis(
        target=target,
        estimator=NAME,
        computed_at=datetime.now(UTC),
        measurements=tuple(sorted(one.id for of_series in series for one in of_series.measurements)),
        accuracies=tuple(accuracy for _, accuracy in made),
    )
    with catalog.write() as writing:
        replace_estimates(writing, basis, estimates)
    return basis


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


def too_few(session: ReadSession, target: str) -> tuple[tuple[Configuration, int], ...]:
    """The configurations of the target in which too few networks were measured to estimate others, with their
    number."""
    return tuple(
        (one.configuration, len(one.measurements))
        for one in all_series(session, target)
        if len(one.measurements) < LEAST_NETWORKS
    )


def _usable(series: Sequence[Series]) -> list[Series]:
    return [one for one in series if len(one.measurements) >= LEAST_NETWORKS]


def _fitted(
    session: ReadSession, target: Target, series: Sequence[Series], inventory: Inventory
) -> Iterator[tuple[list[Estimate], EstimatorAccuracy]]:
    """The estimates of each metric of each series. Series with the most profiles come first: what is
    estimated in one of them is a reference for the next."""
    columns: dict[Scenario, list[Column]] = {}
    for one in sorted(series, key=lambda each: (-_profiles(each), each.configuration.id)):
        scenario = one.configuration.scenario
        if scenario not in columns:
            speeds = find_speeds(session, target.kind, scenario)
            columns[scenario] = columns_of(
                speed for speed in speeds if speed.level is None or speed.target != target.id
            )
        asked = _Asked(_described(session, target, one), inventory, one.configuration)
        for metric in _metrics(one):
            learnt = _learnt(one, metric, asked)
            if len(learnt.rows) < LEAST_NETWORKS:
                continue
            yield _of_metric(target, learnt, asked, columns[scenario])


def _of_metric(
    target: Target, learnt: _Learnt, asked: _Asked, columns: list[Column]
) -> tuple[list[Estimate], EstimatorAccuracy]:
    if not learnt.is_time:
        return _with_accuracy(learnt, asked, *_of_memory(learnt, asked))
    own = _own_column(target, learnt)
    elsewhere = looked_at(columns, own, asked.workloads, learnt.rows)
    known = asked.field(Quantity.TIME, elsewhere.references)
    fitted, estimates = estimates_of_times(known, learnt.calibration(), LEVEL)
    similar = elsewhere.similar(fitted.agreements)
    columns[:] = [one for one in columns if not _replaced(one, own)]
    numbers = zip(fitted.mean.tolist(), fitted.deviation.tolist(), strict=True)
    columns.append(fitted_column(own, asked.workloads, dict(enumerate(numbers))))
    return _with_accuracy(learnt, asked, fitted, estimates, similar)


def _of_memory(learnt: _Learnt, asked: _Asked) -> tuple[Estimator, Estimates]:
    """The estimates of memory, and the estimator of those networks that a reference machine knows. How well
    these are estimated says nothing of the others, which have wider intervals."""
    calibration = learnt.calibration()
    alone = estimator.fit(asked.field(Quantity.MEMORY), calibration)
    usual = usual_memory(asked.inventory, asked.configuration, asked.workloads)
    if usual is None:
        return alone, alone.estimates(LEVEL)
    fitted = estimator.fit(asked.field(Quantity.MEMORY, usual), calibration)
    is_unknown = np.isnan(usual.log_times[:, 0])
    return fitted, fitted.estimates(LEVEL).otherwise(alone.estimates(LEVEL), is_unknown)


def _replaced(one: Column, own: Column) -> bool:
    return (one.target, one.configuration, one.software) == (own.target, own.configuration, own.software)


def _own_column(target: Target, learnt: _Learnt) -> Column:
    first = learnt.measurements[0]
    measured = {
        one.workload.id: logarithm
        for one, logarithm in zip(learnt.measurements, learnt.logarithms, strict=True)
    }
    return Column(target.id, learnt.series.configuration, first.environment.runtime_version, measured)


def _profiles(series: Series) -> int:
    return sum(
        isinstance(one.outcome, Success) and one.outcome.node_profile is not None
        for one in series.measurements
    )


def _described(session: ReadSession, target: Target, series: Series) -> list[DescribedWorkload]:
    """The workloads to estimate: every native one, those at other sizes at which an accuracy is published,
    those that were measured, and for a published series those that are published of other targets."""
    ids = {one.workload.id for one in series.measurements}
    if any(one.provenance is Provenance.PUBLISHED for one in series.measurements):
        ids.update(published_workloads(session, target.kind, series.configuration.scenario))
    described = [
        *native_workloads(session),
        *evaluated_workloads(session),
        *described_workloads(session, ids),
    ]
    if series.configuration.scenario is Scenario.TRAINING:
        # A network that trains in another form than it is deployed in is estimated in that form alone.
        trained = {
            one.counted.workload.architecture
            for one in described
            if one.counted.workload.form is Form.TRAINING
        }
        described = [
            one
            for one in described
            if one.counted.workload.form is Form.TRAINING or one.counted.workload.architecture not in trained
        ]
    unique = {one.counted.workload.id: one for one in described if one.counted.counts}
    return list(unique.values())


def _metrics(series: Series) -> list[Metric]:
    """What is estimated of a series: one number of speed, and each number of memory that enough networks
    have."""

    def is_enough(metric: Metric) -> bool:
        return len(series.numbers(metric)) >= LEAST_NETWORKS

    return [*[one for one in _SPEEDS if is_enough(one)][:1], *filter(is_enough, MEMORY_METRICS)]


def _learnt(series: Series, metric: Metric, asked: _Asked) -> _Learnt:
    """What was measured of `metric`, of the networks that were counted."""
    numbers = [(one, value) for one, value in series.numbers(metric) if one.workload in asked.rows]
    if len(numbers) > _MOST_LEARNT:
        order = np.random.default_rng(_SEED).permutation(len(numbers))[:_MOST_LEARNT]
        numbers = [numbers[place] for place in sorted(order.tolist())]
    times = [
        time_per_image(metric, value, one.configuration) if metric in TO_METRIC else value
        for one, value in numbers
    ]
    return _Learnt(
        series,
        metric,
        np.array([asked.rows[one.workload] for one, _ in numbers], dtype=np.int64),
        tuple(one for one, _ in numbers),
        tuple(np.log(times).tolist()),
    )


def _with_accuracy(
    learnt: _Learnt,
    asked: _Asked,
    fitted: Estimator,
    found: Estimates,
    similar: tuple[Similarity, ...] = (),
) -> tuple[list[Estimate], EstimatorAccuracy]:
    made = list(_estimates(learnt, asked, found))
    errors, scores = np.abs(np.expm1(-fitted.errors)), fitted.scores
    of_metric = [one for one in made if one.metric is learnt.metric]
    return made, EstimatorAccuracy(
        configuration=learnt.series.configuration,
        metric=learnt.metric,
        networks=len(errors),
        median_error=float(np.median(errors)),
        within_10=float((errors <= _SMALL_ERROR).mean()),
        coverage=coverage(scores, LEVEL, fitted.least_scale),
        level=LEVEL,
        covered=sum(one.value is not None for one in of_metric),
        refused=sum(one.value is None for one in of_metric),
        similar=similar,
    )


def _estimates(learnt: _Learnt, asked: _Asked, found: Estimates) -> Iterator[Estimate]:
    """The estimates of all workloads, or the reasons why there are none. Throughput follows from latency.

    A network that was measured has its own configuration: the largest batch that fits differs. An estimate of
    a published series says what another run finds, as the published numbers do: what the estimate misses and
    what two runs differ by are independent.
    """
    between_runs = run_difference(learnt.measurements, learnt.metric, LEVEL)
    own = {one.workload: one.configuration for one in learnt.series.measurements}
    for row, workload in enumerate(asked.workloads):
        configuration = own.get(workload, learnt.series.configuration)
        refusal = found.refused[row]
        if refusal is not None:
            reason = f"{_REFUSALS[refusal]} {_REMEDY.format(workload.architecture)}"
            yield Estimate(workload, configuration, learnt.metric, None, absent_reason=reason)
            continue
        value, below, above = (float(column[row]) for column in (found.value, found.low, found.high))
        factor = exp(hypot(log(above / below) / 2, between_runs))
        low, high = value / factor, value * factor
        if not learnt.is_time:
            yield Estimate(workload, configuration, learnt.metric, value, low, high, found.level)
            continue
        yield _of_speed(workload, configuration, learnt.metric, (value, low, high))
        if learnt.metric is Metric.LATENCY_MS:
            yield _of_speed(workload, configuration, Metric.THROUGHPUT_IPS, (value, low, high))


def _of_speed(
    workload: Workload, configuration: Configuration, metric: Metric, ms: tuple[float, float, float]
) -> Estimate:
    """The estimate of a number of speed, from ms an image with its interval."""
    value, *ends = (TO_METRIC[metric](one, configuration) for one in ms)
    return Estimate(workload, configuration, metric, value, min(ends), max(ends), LEVEL)
