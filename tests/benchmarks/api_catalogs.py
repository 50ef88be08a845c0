"""The catalogs that tests/benchmarks/api.py asks, and what it asks them."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Workload
from catalog.opening import open_catalog
from catalog.storage.database import Catalog, WriteSession
from catalog.storage.everything import everything
from catalog.storage.facts.facts import save_accuracies, save_architectures, save_checkpoints, save_workloads
from catalog.storage.measurements.adding import add_measurements, drop_published
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Dataset
from tests.builders import replace_success, success_of

_SEED = 5
_SPEEDS = (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS)


@dataclass(frozen=True)
class Reference:
    """The shipped catalog's records."""

    architectures: Sequence[Architecture]
    checkpoints: Sequence[Checkpoint]
    accuracies: Sequence[Accuracy]
    workloads: Sequence[CountedWorkload]
    measurements: Sequence[Measurement]

    @property
    def targets(self) -> list[str]:
        return sorted({one.target.id for one in self.measurements})

    def of_target(self, target: str) -> list[Measurement]:
        return [one for one in self.measurements if one.target.id == target]


def opened(path: Path) -> Catalog:
    return open_catalog(catalog_url(path))


def catalog_url(path: Path) -> str:
    return f"sqlite:///{path}"


# Catalogs


def build_reference(path: Path) -> Reference:
    """The catalog as it ships, in a new file."""
    with opened(path) as catalog, catalog.read() as session:
        records: Iterable[Any] = list(everything(session))
    kinds: dict[type[Any], list[Any]] = {}
    for one in records:
        kinds.setdefault(type(one), []).append(one)
    return Reference(
        kinds[Architecture], kinds[Checkpoint], kinds[Accuracy], kinds[CountedWorkload], kinds[Measurement]
    )


def build_one_target(source: Path, path: Path, reference: Reference, target: str) -> None:
    """A copy of the catalog `source` without the measurements of other targets."""
    shutil.copy(source, path)
    others = {
        one.published_table
        for one in reference.measurements
        if one.target.id != target and one.published_table is not None
    }
    with opened(path) as catalog, catalog.write() as session:
        for table in sorted(others):
            drop_published(session, table)


def add_history(path: Path, measurements: Sequence[Measurement], times: int) -> None:
    """Make every measurement the newest of `times` of its case, an hour apart."""
    with opened(path) as catalog:
        for age in range(1, times):
            older = [replace(one, measured_at=one.measured_at - timedelta(hours=age)) for one in measurements]
            with catalog.write() as session:
                add_measurements(session, older)


def add_copies(path: Path, reference: Reference, times: int) -> None:
    """Make every architecture the first of `times`, each with all that is known of it, under another name and
    a few percent faster or slower, more or less accurate: equal ones would be ranked in less time."""
    random = Random(_SEED)
    with opened(path) as catalog:
        for number in range(2, times + 1):
            with catalog.write() as session:
                _add_copy(session, reference, number, random)


def write_again(catalog: Catalog, measurement: Measurement, after: int, *values: MetricValue) -> None:
    """Store the case of `measurement` once more, `after` seconds later, with `values` if they are given."""
    newer = replace(measurement, measured_at=measurement.measured_at + timedelta(seconds=after))
    if values:
        newer = replace_success(newer, values=values)
    with catalog.write() as session:
        add_measurements(session, [newer])


def _add_copy(session: WriteSession, reference: Reference, number: int, random: Random) -> None:
    def named(name: str) -> str:
        architecture, *tag = name.split(".", 1)
        return ".".join([f"{architecture}__{number}", *tag])

    def again(workload: Workload) -> Workload:
        return replace(workload, architecture=named(workload.architecture))

    save_architectures(session, [replace(one, name=named(one.name)) for one in reference.architectures])
    save_checkpoints(
        session,
        [
            replace(one, name=named(one.name), architecture=named(one.architecture))
            for one in reference.checkpoints
        ],
    )
    save_accuracies(
        session,
        [
            replace(one, checkpoint=named(one.checkpoint), top1=one.top1 * random.uniform(0.99, 1))
            for one in reference.accuracies
        ],
    )
    save_workloads(session, [replace(one, workload=again(one.workload)) for one in reference.workloads])
    add_measurements(
        session,
        [
            replace_success(
                replace(one, workload=again(one.workload), artefact=None),
                values=_scaled(success_of(one).values, random.uniform(0.95, 1.05)),
            )
            for one in reference.measurements
        ],
    )


def _scaled(values: Sequence[MetricValue], factor: float) -> tuple[MetricValue, ...]:
    """As measured on hardware that is `factor` times as slow."""
    return tuple(
        MetricValue(
            one.metric,
            one.value
            and (one.value * factor if one.metric.direction is Direction.LOWER else one.value / factor),
        )
        for one in values
    )


# Requests


@dataclass(frozen=True)
class _Spread:
    """What to draw bounds and filters from."""

    by_target: Mapping[str, Mapping[Metric, Any]]
    families: Sequence[str]
    layouts: Mapping[str, Sequence[str]]
    precisions: Mapping[str, Sequence[str]]


def request_bodies(reference: Reference, targets: Sequence[str], count: int) -> list[str]:
    """`count` distinct bodies of POST /v1/recommendations; the same in every run.

    One to three bounds, each at a quantile of what is known of the target; a metric, balanced, the knee or
    weights; every way to collapse; filters, evidence and a confidence now and then; limit 10 for most.
    """
    random = Random(_SEED)
    spread = _spread(reference)
    found: dict[str, None] = {}
    while len(found) < count:
        found[json.dumps(_body(random, spread, random.choice(targets)))] = None
    return list(found)


def _spread(reference: Reference) -> _Spread:
    shared = {
        Metric.TOP1: [one.top1 for one in reference.accuracies if one.dataset == Dataset.IMAGENET_VAL],
        Metric.PARAMS_M: [one.counts.params_m for one in reference.workloads if one.counts],
        Metric.GMACS: [one.counts.gmacs for one in reference.workloads if one.counts],
        Metric.SIZE_MB: [
            one.counts.weights_bytes / 1e6
            for one in reference.workloads
            if one.counts and one.counts.weights_bytes
        ],
    }
    by_target, layouts, precisions = {}, {}, {}
    for target in reference.targets:
        measured = reference.of_target(target)
        speeds = {
            metric: [
                value.value for one in measured for value in success_of(one).values if value.metric is metric
            ]
            for metric in _SPEEDS
        }
        by_target[target] = {
            metric: np.array(values, dtype=np.float64)
            for metric, values in {**speeds, **shared}.items()
            if values
        }
        layouts[target] = sorted({one.configuration.layout for one in measured})
        precisions[target] = sorted({one.configuration.precision for one in measured})
    members = Counter(one.family for one in reference.architectures if one.family)
    families = sorted(family for family, size in members.items() if size >= 20)
    return _Spread(by_target, families, layouts, precisions)


def _body(random: Random, spread: _Spread, target: str) -> dict[str, Any]:
    metrics = spread.by_target[target]
    speed = next(metric for metric in _SPEEDS if metric in metrics)
    bounded = random.sample(list(metrics), random.choice((1, 2, 2, 3)))
    body: dict[str, Any] = {
        "target": target,
        "budget": {metric.value: _bound(random, metric, metrics[metric]) for metric in bounded},
        "objective": _objective(random, speed),
        "collapse": random.choices(("architecture", "checkpoint", "configuration"), (6, 2, 2))[0],
        "limit": random.choices((10, 1, 5, 20, 50), (84, 4, 4, 4, 4))[0],
    }
    filters: Sequence[tuple[float, str, Callable[[], Any]]] = (
        (0.15, "input_size", lambda: random.choice((224, {"max": 256}, {"min": 192, "max": 288}))),
        (0.2, "configuration", lambda: _configuration(random, spread, target)),
        (
            0.15,
            "license",
            lambda: random.choice(({"commercial_use": True}, {"allow": ["Apache-2.0", "MIT"]})),
        ),
        (0.1, "training_data", lambda: {"exclude": [random.choice(("laion", "imagenet-21k", "jft-300m"))]}),
        (0.1, "families", lambda: _families(random, spread)),
        (0.1, "evidence", lambda: ["published"]),
        (0.1, "confidence", lambda: random.choice((0.5, 0.8, 0.9, 0.95))),
    )
    body.update({name: draw() for chance, name, draw in filters if random.random() < chance})
    return body


def _bound(random: Random, metric: Metric, values: Any) -> dict[str, float]:
    """One that between a tenth and nine tenths of the values keep."""
    kept = random.uniform(0.1, 0.9)
    lower = metric.direction is Direction.LOWER
    value = float(np.quantile(values, kept if lower else 1 - kept))
    return {"max" if lower else "min": float(f"{value:.4g}")}


def _objective(random: Random, speed: Metric) -> Any:
    kind = random.choices(("metric", "balanced", "knee", "weights"), (5, 2, 1, 2))[0]
    if kind == "metric":
        return random.choices((Metric.TOP1.value, speed.value, Metric.PARAMS_M.value), (3, 1, 1))[0]
    if kind != "weights":
        return kind
    weighed = (Metric.TOP1, speed, *random.sample((Metric.PARAMS_M, Metric.GMACS), random.choice((0, 1))))
    return {"weights": {metric.value: round(random.uniform(0.1, 1), 3) for metric in weighed}}


def _configuration(random: Random, spread: _Spread, target: str) -> dict[str, Any]:
    return {
        "scenario": ["single_stream"],
        **random.choice(
            (
                {},
                {"layout": [random.choice(spread.layouts[target])]},
                {"precision": [random.choice(spread.precisions[target])]},
            )
        ),
    }


def _families(random: Random, spread: _Spread) -> dict[str, list[str]]:
    return {random.choice(("include", "exclude")): random.sample(spread.families, 3)}
