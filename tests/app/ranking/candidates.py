"""Candidate columns without a catalog, for the tests of the pure modules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isnan

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from catalog.candidates.category import Category, Floats, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn, MetricTable, speed_order
from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Precision, Provenance, RuntimeName
from tests.builders import NOON

NAN = float("nan")

# Few enough examples for the whole folder to take seconds.
bounded = settings(max_examples=30, deadline=None)


@dataclass(frozen=True)
class Interval:
    """A number with its interval at 95 %."""

    value: float
    low: float
    high: float
    level: float = 0.95


Number = float | Interval


@dataclass(frozen=True)
class Candidate:
    """One row of the columns; a metric that `numbers` lacks is unknown. Candidates of the same `measurement`
    share it; without, each has its own. `trained` is another measurement behind the numbers of training."""

    architecture: str = "toynet"
    numbers: Mapping[Metric, Number] = field(default_factory=dict)
    checkpoint: str | None = None
    input_size: int = 224
    threads: int = 1
    batch_size: int = 1
    precision: Precision = Precision.FP32
    provenance: Provenance = Provenance.MEASURED
    doubts: tuple[Doubt, ...] = ()
    tags: tuple[str, ...] = ()
    commercial_use: bool | None = None
    failed: bool = False
    measurement: str | None = None
    trained: MeasurementFacts | None = None
    training_configuration: Configuration | None = None

    def value(self, metric: Metric) -> float:
        """NaN where unknown."""
        number = self.numbers.get(metric, NAN)
        return number.value if isinstance(number, Interval) else number


def column(*numbers: Number | None) -> MetricColumn:
    """One metric of as many candidates; None is unknown."""
    rows = [
        (one.value, one.low, one.high, one.level)
        if isinstance(one, Interval)
        else (NAN if one is None else one, NAN, NAN, NAN)
        for one in numbers
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return MetricColumn.of(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def exact(values: Floats) -> MetricColumn:
    """One metric of as many candidates, without intervals; NaN is unknown."""
    return MetricColumn.of(values, *np.full((3, len(values)), NAN))


def columns_of(
    numbers: Mapping[Metric, MetricColumn],
    *,
    architecture: Ints | None = None,
    measurement: Ints | None = None,
) -> CandidateColumns:
    """Candidates of which nothing but these numbers is known. Those of the same `architecture` or
    `measurement`, which are numbers from 0, share it; by default each has its own."""
    count = len(next(iter(numbers.values())).value)
    nothing, each = np.zeros(count, dtype=np.int64), np.arange(count)
    architecture = each if architecture is None else architecture
    measurement = each if measurement is None else measurement
    unknown = exact(np.full(count, NAN))
    metrics = {metric: numbers.get(metric, unknown) for metric in Metric}
    measurements = Category(
        tuple(
            MeasurementFacts(f"{place:016x}", Provenance.MEASURED, NOON, None, ())
            for place in _up_to(measurement)
        ),
        measurement,
    )
    return CandidateColumns(
        architecture=Category(tuple(f"net{name:04}" for name in _up_to(architecture)), architecture),
        family=Category((None,), nothing),
        tags=Category(((),), nothing),
        checkpoint=Category((None,), nothing),
        license=Category((None,), nothing),
        training_methods=Category(((),), nothing),
        commercial_use=Category((None,), nothing),
        training_data=Category(((),), nothing),
        input_size=np.full(count, 224),
        configuration=Category((Configuration(RuntimeName.ONNXRUNTIME, precision=Precision.FP32),), nothing),
        measurement=measurements,
        training=measurements,
        training_configuration=Category((None,), nothing),
        usable=np.ones(count, dtype=np.bool_),
        speed_order=speed_order(metrics),
        metrics=MetricTable(metrics),
        changed=1,
    )


def _up_to(codes: Ints) -> range:
    return range(int(codes.max(initial=-1)) + 1)


def columns(*candidates: Candidate) -> CandidateColumns:
    """The candidates as columns, in the order given."""
    numbers = {metric: column(*(one.numbers.get(metric) for one in candidates)) for metric in Metric}
    own = [
        MeasurementFacts(
            one.measurement or f"{row:016x}",
            one.provenance,
            NOON,
            FailureReason.OUT_OF_MEMORY if one.failed else None,
            one.doubts,
        )
        for row, one in enumerate(candidates)
    ]
    both = Category.of([*own, *(one.trained or facts for one, facts in zip(candidates, own, strict=True))])
    return replace(
        columns_of(numbers),
        architecture=Category.of(one.architecture for one in candidates),
        commercial_use=Category.of(one.commercial_use for one in candidates),
        tags=Category.of(one.tags for one in candidates),
        checkpoint=Category.of(one.checkpoint for one in candidates),
        input_size=np.array([one.input_size for one in candidates], dtype=np.int64),
        configuration=Category.of(
            Configuration(
                RuntimeName.ONNXRUNTIME,
                precision=one.precision,
                batch_size=one.batch_size,
                threads=one.threads,
            )
            for one in candidates
        ),
        measurement=Category(both.values, both.codes[: len(own)]),
        training=Category(both.values, both.codes[len(own) :]),
        training_configuration=Category.of(one.training_configuration for one in candidates),
        usable=np.array([not one.failed for one in candidates], dtype=np.bool_),
    )


def interval(value: float, ratio: float, level: float = 0.95) -> Interval:
    """`value` with an interval from value / ratio to value * ratio."""
    return Interval(value, value / ratio, value * ratio, level)


def numbers_of(values: Sequence[float], *, intervals: bool) -> st.SearchStrategy[Number]:
    """One of `values`, where `intervals` allows it with an interval around it."""
    exact: st.SearchStrategy[Number] = st.sampled_from(values)
    if not intervals:
        return exact
    return exact | st.builds(interval, st.sampled_from(values), st.sampled_from([1.01, 1.1, 1.5]))


@st.composite
def candidate_lists(
    draw: st.DrawFn, grid: Mapping[Metric, Sequence[float]], *, intervals: bool = False, most: int = 10
) -> list[Candidate]:
    """Up to `most` candidates whose numbers lie on `grid`, so that ties are common; some are unknown."""
    candidates = []
    for position in range(draw(st.integers(0, most))):
        numbers = {
            metric: draw(numbers_of(values, intervals=intervals))
            for metric, values in grid.items()
            if draw(st.integers(0, 6))
        }
        architecture = draw(st.sampled_from(["anet", "bnet", "cnet", "dnet"]))
        candidates.append(Candidate(architecture, numbers, f"{architecture}.c{position}"))
    return candidates


def cost(candidate: Candidate, metric: Metric) -> float:
    """Lower is better; infinite where unknown."""
    value = candidate.value(metric)
    if isnan(value):
        return inf
    return value if metric.direction is Direction.LOWER else -value


SPEED_GRID = {
    Metric.THROUGHPUT_IPS: [50.0, 100.0],
    Metric.LATENCY_MS: [5.0, 10.0, 20.0],
    Metric.TOP1: [70.0, 75.0, 80.0],
    Metric.PEAK_MEMORY_MB: [100.0, 200.0],
}
"""Numbers of candidates that have a speed in one of two ways, or in both."""
