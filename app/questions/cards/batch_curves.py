"""Throughput against batch size: which measurements of an architecture make a curve. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from catalog.entities.measurements import Measurement
from catalog.words.vocabulary import BatchPolicy, Provenance, Scenario


@dataclass(frozen=True)
class BatchCurve:
    """Measurements that differ only in the batch size, the smallest batch first.

    The workload, the target, the environment and the rest of the configuration are the same. Each point is
    the latest measurement of its batch size. A failure is a point too.
    """

    points: tuple[Measurement, ...]


def batch_curves(measurements: Iterable[Measurement]) -> list[BatchCurve]:
    """The curves of at least two batch sizes among `measurements`, which are ordered from the newest.

    Curves of inference come before those of training, each ordered by target, input size and configuration.
    Published measurements make no curve, because their batch shrank to what fitted.
    """
    by_case: dict[tuple[object, ...], dict[int, Measurement]] = {}
    for measurement in measurements:
        configuration = measurement.configuration
        if measurement.provenance is Provenance.MEASURED and configuration.batch_policy is BatchPolicy.FIXED:
            case = (
                measurement.target.id,
                measurement.environment.id,
                measurement.workload.id,
                replace(configuration, batch_size=1).id,
            )
            by_case.setdefault(case, {}).setdefault(configuration.batch_size, measurement)
    curves = [BatchCurve(tuple(curve[size] for size in sorted(curve))) for curve in by_case.values()]
    return sorted((curve for curve in curves if len(curve.points) > 1), key=_place)


def _place(curve: BatchCurve) -> tuple[object, ...]:
    first = curve.points[0]
    configuration = first.configuration
    training = configuration.scenario is Scenario.TRAINING
    return training, first.target.id, first.workload.input_size, configuration.id, first.environment.id
