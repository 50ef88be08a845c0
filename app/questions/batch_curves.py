"""Throughput against batch size: which measurements of an architecture make a curve. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from catalog.entities.measurements import Measurement
from catalog.words.vocabulary import BatchPolicy, Provenance, Scenario


@dataclass(frozen=True)
class BatchCurve:
    """The latest measurements of one workload, configuration and environment that differ in nothing but the
    batch size, by batch size. A failure is a point too."""

    points: tuple[Measurement, ...]


def batch_curves(measurements: Iterable[Measurement]) -> list[BatchCurve]:
    """The curves of two batch sizes or more among `measurements`, which come newest first; by target, size
    and configuration.

    Only what was measured at chosen batch sizes: a published batch shrank to what fitted.
    """
    by_case: dict[tuple[object, ...], dict[int, Measurement]] = {}
    for measurement in measurements:
        run = measurement.configuration
        if measurement.provenance is Provenance.MEASURED and run.batch_policy is BatchPolicy.FIXED:
            case = (
                measurement.target.id,
                measurement.environment.id,
                measurement.workload.id,
                replace(run, batch_size=1).id,
            )
            by_case.setdefault(case, {}).setdefault(run.batch_size, measurement)
    curves = [BatchCurve(tuple(curve[size] for size in sorted(curve))) for curve in by_case.values()]
    return sorted((curve for curve in curves if len(curve.points) > 1), key=_place)


def _place(curve: BatchCurve) -> tuple[object, ...]:
    first = curve.points[0]
    run = first.configuration
    training = run.scenario is Scenario.TRAINING
    return training, first.target.id, first.workload.input_size, run.id, first.environment.id
