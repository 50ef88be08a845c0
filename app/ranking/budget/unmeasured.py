"""Bounds of what was not measured, from published series of other targets of the same class.

Pure: arrays in, arrays out. A series is a target and a configuration, whose batch size does not count where
it is the largest that fits. Two series are compared over the networks (architecture, input size) of both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from app.ranking.budget.floors import floor_of
from app.ranking.speed import image_ms
from catalog.candidates.category import Category, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn, MetricTable, speed_order
from catalog.entities.configurations import Configuration
from catalog.words.metrics import MEMORY_METRICS, Metric, Subject
from catalog.words.vocabulary import Precision, Provenance, Scenario

# Three coefficients are fitted. Of fewer networks, less than five would be left to show how well they fit.
_LEAST_IN_COMMON = 8
# Errors have heavier tails than normal ones, and a sample of a few networks may miss them. Of networks that
# were hidden from the three published GPUs, 91 % lie in intervals that would hold 95 % of normal errors of at
# least this standard deviation (tests/app/shipped/test_bounds.py). So they are called intervals of 90 %.
_LEAST_ERROR = 0.2
_NORMAL_LEVEL, _LEVEL = 0.95, 0.9
_KEEPS_WEIGHTS_IN_FP32 = (Precision.FP32, Precision.AMP_FP16, Precision.AMP_BF16)


@dataclass(frozen=True)
class Basis:
    """What bounds rest on: a published series of the target `source`. So many `networks` are on both targets.

    `error` is the standard deviation of the logarithms of their times around the fitted ones.
    """

    source: str
    configuration: Configuration
    networks: int
    error: float


@dataclass(frozen=True)
class Bounded:
    """Candidates that a target may have, all in one configuration, with intervals instead of measurements.

    `floors` are what their memory (MB) is at least, by metric: their weights, and the least that a measured
    network of the target takes beside its weights.
    """

    columns: CandidateColumns
    basis: Basis
    floors: Mapping[Metric, Floats]


@dataclass(frozen=True)
class _Series:
    """The `rows` of `columns` that are of one series, and each network's time (ms) and MACs (G)."""

    source: str
    configuration: Configuration
    columns: CandidateColumns
    rows: Ints
    times: Floats
    gmacs: Floats

    @cached_property
    def features(self) -> Floats:
        """What the time elsewhere follows from (networks x 3): 1, and the logarithms of time and MACs."""
        with np.errstate(divide="ignore"):
            return np.stack([np.ones(len(self.times)), np.log(self.times), np.log(self.gmacs)], axis=1)


@dataclass(frozen=True)
class _Fit:
    """How the logarithms of the times of a series follow from the features of a published one, `source`.

    They are a linear function of these with the `coefficients`, with normal errors of the standard deviation
    `error`, over so many `networks` (ordinary least squares). `covariance` is that of the coefficients over
    the variance of the errors.
    """

    source: _Series
    networks: int
    coefficients: Floats
    covariance: Floats
    error: float

    @property
    def degrees_of_freedom(self) -> int:
        """Those of the errors."""
        return self.networks - len(self.coefficients)

    def predicted(self, networks: Ints) -> tuple[Floats, Floats]:
        """The times (ms) of networks, and the half-widths of the 90 % intervals of their logarithms."""
        from scipy.special import stdtrit  # noqa: PLC0415 - 0.2 s that targets with estimates do not need

        features = self.source.features[networks]
        leverage = np.einsum("ij,jk,ik->i", features, self.covariance, features)
        reach = float(stdtrit(self.degrees_of_freedom, (1 + _NORMAL_LEVEL) / 2)) * max(
            self.error, _LEAST_ERROR
        )
        return np.exp(features @ self.coefficients), reach * np.sqrt(1 + leverage)


def bounded_candidates(
    target: CandidateColumns, published: Mapping[str, CandidateColumns]
) -> tuple[Bounded, ...]:
    """The candidates that the target may have of networks that it does not have in a configuration.

    `published` are the candidates of other targets of its class, by id. Only their published rows count.
    """
    codes: dict[tuple[str, int], int] = {}
    networks = {source: _network_codes(columns, codes) for source, columns in published.items()}
    own = _network_codes(target, codes)
    sources = [
        series
        for source, columns in published.items()
        for series in _series(source, columns, networks[source], len(codes), only_published=True)
    ]
    return tuple(
        bounded
        for series in _series("", target, own, len(codes), only_published=False)
        for bounded in _bounded(series, sources, networks)
    )


def _network_codes(columns: CandidateColumns, codes: dict[tuple[str, int], int]) -> Ints:
    """A code for the network of each candidate. New networks are added to `codes`."""
    names = [codes.setdefault(name, len(codes)) for name in columns.network.values]
    return np.array(names, dtype=np.int64)[columns.network.codes]


def _series(
    source: str, columns: CandidateColumns, networks: Ints, count: int, *, only_published: bool
) -> Iterator[_Series]:
    times = image_ms(columns)
    timed = columns.usable & np.isfinite(times)
    if only_published:
        timed &= columns.measurement.numbers(_is_published) > 0
    by_series: dict[Configuration, list[int]] = {}
    for code, configuration in enumerate(columns.configuration.values):
        if configuration.scenario is not Scenario.CONCURRENT:
            by_series.setdefault(configuration.series, []).append(code)
    for configuration, members in sorted(by_series.items(), key=lambda item: item[0].id):
        rows = np.flatnonzero(timed & np.isin(columns.configuration.codes, members))
        if len(rows):
            fastest = np.full(count, np.inf)
            np.minimum.at(fastest, networks[rows], times[rows])
            gmacs = np.full(count, np.nan)
            gmacs[networks[rows]] = columns.metrics[Metric.GMACS].value[rows]
            yield _Series(source, configuration, columns, rows, fastest, gmacs)


def _is_published(facts: MeasurementFacts) -> float:
    return float(facts.provenance is Provenance.PUBLISHED)


def _bounded(series: _Series, sources: list[_Series], networks: Mapping[str, Ints]) -> Iterator[Bounded]:
    """The candidates that `series` lacks. Each network is bounded by the source whose ratios vary least."""
    training = series.configuration.scenario is Scenario.TRAINING
    compared = [
        fit
        for source in sources
        if (source.configuration.scenario is Scenario.TRAINING) is training
        and (fit := _fit(series, source)) is not None
    ]
    held = np.isfinite(series.times)
    for fit in sorted(compared, key=lambda fit: (fit.error, fit.source.source, fit.source.configuration.id)):
        source = fit.source
        known = np.asarray(np.isfinite(source.features).all(axis=1), dtype=np.bool_)
        of_network = networks[source.source][source.rows]
        rows = source.rows[known[of_network] & ~held[of_network]]
        if len(rows):
            yield _with_bounds(series, fit, rows, networks[source.source][rows])
        held |= known


def _fit(series: _Series, source: _Series) -> _Fit | None:
    both = np.isfinite(series.times) & np.isfinite(source.features).all(axis=1)
    networks = int(np.count_nonzero(both))
    if networks < _LEAST_IN_COMMON:
        return None
    features, logarithms = source.features[both], np.log(series.times[both])
    coefficients = np.asarray(np.linalg.lstsq(features, logarithms, rcond=None)[0], dtype=np.float64)
    errors = logarithms - features @ coefficients
    error = float(np.sqrt(errors @ errors / (networks - len(coefficients))))
    covariance = np.asarray(np.linalg.pinv(features.T @ features), dtype=np.float64)
    return _Fit(source, networks, coefficients, covariance, error)


def _with_bounds(series: _Series, fit: _Fit, rows: Ints, networks: Ints) -> Bounded:
    source = fit.source
    columns = source.columns.take(rows)
    configuration = _shown(series)
    basis = Basis(source.source, source.configuration, fit.networks, fit.error)
    metrics = _metrics(columns, configuration, series, networks, fit)
    first = np.zeros(len(rows), dtype=np.int64)
    facts = MeasurementFacts("", Provenance.ESTIMATED, columns.measurement[0].measured_at, None, ())
    return Bounded(
        replace(
            columns,
            configuration=Category((configuration,), first),
            measurement=Category((facts,), first),
            training=Category((facts,), first),
            training_configuration=Category((None,), first),
            speed_order=speed_order(metrics),
            metrics=MetricTable(metrics),
        ),
        basis,
        {metric: _floor(metric, series, columns) for metric in MEMORY_METRICS},
    )


def _floor(metric: Metric, series: _Series, columns: CandidateColumns) -> Floats:
    own = series.columns.take(series.rows)
    beside = own.metrics[metric].value - floor_of(metric, own)
    least = float(np.nanmin(beside)) if not np.isnan(beside).all() else 0.0
    return floor_of(metric, columns) + max(0.0, least)


def _shown(series: _Series) -> Configuration:
    """The configuration of a series, with the batch size that most of its candidates have."""
    codes = series.columns.configuration.codes[series.rows]
    return series.columns.configuration.values[int(np.bincount(codes).argmax())]


def _metrics(
    columns: CandidateColumns, configuration: Configuration, series: _Series, networks: Ints, fit: _Fit
) -> dict[Metric, MetricColumn]:
    """What is known of the candidates: the bounds of their speed, what was counted, and accuracies."""
    times, half_width = fit.predicted(networks)
    interval = partial(_interval, half_width=half_width, degrees_of_freedom=fit.degrees_of_freedom)
    unknown = np.full(len(columns), np.nan)
    nothing = MetricColumn.of(unknown, unknown, unknown, unknown)
    metrics = {
        metric: nothing if metric.subject is Subject.CASE else columns.metrics[metric] for metric in Metric
    }
    if configuration.precision not in _KEEPS_WEIGHTS_IN_FP32:
        metrics[Metric.SIZE_MB] = nothing
    if configuration.precision is Precision.INT8:  # its accuracy is unknown until it is evaluated
        metrics |= {metric: nothing for metric in Metric if metric.subject is Subject.CHECKPOINT}
    if configuration.scenario is Scenario.TRAINING:
        metrics[Metric.TRAIN_THROUGHPUT_IPS] = interval(1000 / times)
        return metrics
    metrics[Metric.THROUGHPUT_IPS] = interval(1000 / times)
    if not np.isnan(series.columns.metrics[Metric.LATENCY_MS].value[series.rows]).all():
        metrics[Metric.LATENCY_MS] = interval(times * configuration.batch_size)
    return metrics


def _interval(centre: Floats, half_width: Floats, degrees_of_freedom: int) -> MetricColumn:
    reach, count = np.exp(half_width), len(centre)
    return MetricColumn.of(
        centre,
        centre / reach,
        centre * reach,
        np.full(count, _LEVEL),
        np.full(count, float(degrees_of_freedom)),
    )
