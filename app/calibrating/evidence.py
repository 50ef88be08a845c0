"""What the estimates of a target may stand on: its measurements, a series for each configuration."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf, log
from statistics import median

import numpy as np
from scipy.special import stdtrit

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import Measurement, MetricValue, Success
from catalog.storage.database import ReadSession
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Provenance, Scenario, Status

_MS_PER_S = 1e3
# Of which scenarios estimates are made.
_SCENARIOS = (Scenario.SINGLE_STREAM, Scenario.TRAINING)


@dataclass(frozen=True)
class Series:
    """Measurements of a target in one configuration and one environment, one for each network. Where the
    batch is the largest that fits, its size differs from network to network, and `configuration` has that of
    most."""

    configuration: Configuration
    measurements: tuple[Measurement, ...]

    def numbers(self, metric: Metric) -> list[tuple[Measurement, float]]:
        """The measurements that have the metric, with its numbers."""
        return [(one, value) for one in self.measurements if (value := number_of(one, metric)) is not None]


def run_difference(measurements: Iterable[Measurement], metric: Metric, level: float) -> float:
    """Half of the interval, at the confidence `level`, of what another run of a published series differs by:
    of the logarithms of the numbers. The interval of a published number says it, which is the median one
    here. 0 where nothing was published."""
    published = [one for one in measurements if one.provenance is Provenance.PUBLISHED]
    numbers = [value for one in published if (value := _value_of(one, metric)) is not None]
    halves = [
        log(one.high / one.low)
        / 2
        * float(np.divide(*stdtrit(one.degrees_of_freedom or inf, (1 + np.array([level, one.level])) / 2)))
        for one in numbers
        if one.low is not None and one.high is not None and one.level is not None
    ]
    return median(halves) if halves else 0.0


def all_series(session: ReadSession, target: str, *, with_node_profiles: bool = False) -> list[Series]:
    """What was measured on the target with the id `target`: by configuration, the newest measurement of each
    network in the environment that was measured last."""
    query = MeasurementQuery(target=target, status=Status.OK)
    found: dict[Configuration, dict[str, Measurement]] = {}
    for one in find_measurements(session, query, with_node_profiles=with_node_profiles):
        if not _teaches(one):
            continue
        series = found.setdefault(one.configuration.series, {})
        newest = next(iter(series.values()), one)
        if one.environment == newest.environment:
            series.setdefault(one.workload.id, one)
    return [
        Series(_most_frequent(series), tuple(series.values()))
        for _, series in sorted(found.items(), key=lambda item: item[0].id)
    ]


def number_of(measurement: Measurement, metric: Metric) -> float | None:
    """The number of `metric`, if it is known and positive."""
    found = _value_of(measurement, metric)
    return None if found is None else found.value


TO_METRIC: Mapping[Metric, Callable[[float, Configuration], float]] = {
    Metric.LATENCY_MS: lambda ms, configuration: ms * configuration.batch_size,
    Metric.THROUGHPUT_IPS: lambda ms, _: _MS_PER_S / ms,
    Metric.TRAIN_THROUGHPUT_IPS: lambda ms, _: _MS_PER_S / ms,
}
"""From the time of an image in ms to a number of speed."""


def _value_of(measurement: Measurement, metric: Metric) -> MetricValue | None:
    values = measurement.outcome.values if isinstance(measurement.outcome, Success) else ()
    return next((one for one in values if one.metric is metric and one.value), None)


def _teaches(measurement: Measurement) -> bool:
    """Whether estimates are learnt from measurements of this kind."""
    scenario = measurement.configuration.scenario
    return (
        measurement.provenance in (Provenance.MEASURED, Provenance.PUBLISHED)
        and scenario in _SCENARIOS
        and (measurement.workload.form is Form.DEPLOYED or scenario is Scenario.TRAINING)
        and any(number_of(measurement, metric) is not None for metric in TO_METRIC)
    )


def _most_frequent(series: Mapping[str, Measurement]) -> Configuration:
    counts: dict[Configuration, int] = {}
    for one in series.values():
        counts[one.configuration] = counts.get(one.configuration, 0) + 1
    return max(counts, key=lambda one: (counts[one], one.id))
