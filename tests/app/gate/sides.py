"""Measurements of protocol 3 whose errors are given, on both sides of a comparison."""

from datetime import timedelta
from math import exp
from typing import Any

from scipy.special import stdtrit

from app.checking.sources import Side
from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement, MetricValue
from catalog.words.metrics import Metric
from tests.builders import NOON, make_environment, make_measurement

FREEDOM = 20.0
OLD, NEW = make_environment("onnxruntime 1.30.0"), make_environment("onnxruntime 1.31.1")


def metric_value(metric: Metric, value: float, error: float = 0.01) -> MetricValue:
    """A number whose logarithm has the standard error `error`."""
    reach = exp(float(stdtrit(FREEDOM, 0.975)) * error)
    return MetricValue(
        metric, value, value / reach, value * reach, 0.95, processes=3, degrees_of_freedom=FREEDOM
    )


def measured(
    architecture: str = "resnet18",
    latency_ms: float = 10.0,
    *,
    error: float = 0.01,
    hour: float = 0,
    environment: Environment = OLD,
    protocol_version: int = 3,
    **fields: Any,
) -> Measurement:
    """A measurement that was taken so many hours after noon."""
    made = make_measurement(
        architecture,
        environment=environment,
        protocol=f"{protocol_version}: a test",
        protocol_version=protocol_version,
        measured_at=NOON + timedelta(hours=hour),
        **fields,
    )
    return with_latency(made, latency_ms, error)


def with_latency(made: Measurement, latency_ms: float, error: float) -> Measurement:
    """The measurement with another latency. One that failed stays as it is."""
    from dataclasses import replace

    from catalog.entities.measurements import Success

    if not isinstance(made.outcome, Success):
        return made
    others = tuple(one for one in made.outcome.values if one.metric is not Metric.LATENCY_MS)
    latency = metric_value(Metric.LATENCY_MS, latency_ms, error)
    return replace(made, outcome=replace(made.outcome, values=(latency, *others)))


def side(*measurements: Measurement, name: str = "a side") -> Side:
    return Side(name, measurements)
