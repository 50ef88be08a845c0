"""What other targets, and other configurations of the same target, say of networks: references for an
estimate."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from statistics import NormalDist

import numpy as np

from app.estimating.estimator import Agreement
from app.estimating.references import References
from app.ranking.speed import time_per_image
from catalog.candidates.category import Bools, Ints
from catalog.entities.configurations import Configuration
from catalog.entities.estimates import Similarity
from catalog.entities.networks import Workload
from catalog.storage.summaries.speeds import Speed
from catalog.words.metrics import Metric

# A column that shares fewer networks with what was measured says nothing of how the targets agree.
_LEAST_IN_COMMON = 5
# More columns would cost more than they teach: those with most networks in common are taken.
_MOST_COLUMNS = 30
_MOST_SIMILAR = 5


@dataclass
class Column:
    """The times of an image on a target in the configurations of a series, as logarithms of ms, by the ids of
    workloads. Those that are `estimated` have a standard deviation too. `software` is unknown of
    estimates."""

    target: str
    configuration: Configuration
    software: str | None
    measured: dict[str, float] = field(default_factory=dict)
    estimated: dict[str, tuple[float, float]] = field(default_factory=dict)

    def cell(self, workload: str, *, is_calibrated: bool) -> tuple[float, float] | None:
        """The logarithm of a time, and its standard deviation.

        A network that was measured here too is taken as the others are, which were not: by the estimate that
        does not know its measurement. Else the process would take estimates to be as good as measurements.
        """
        if is_calibrated and workload in self.estimated:
            return self.estimated[workload]
        if workload in self.measured:
            return self.measured[workload], 0.0
        return self.estimated.get(workload)

    def __contains__(self, workload: str) -> bool:
        return workload in self.measured or workload in self.estimated


def columns_of(speeds: Iterable[Speed]) -> list[Column]:
    """A column for each target, configuration and version of the software. Estimates join the column of what
    was measured last."""
    columns: dict[tuple[str, Configuration, str | None], Column] = {}
    newest: dict[tuple[str, Configuration], Column] = {}
    for one in speeds:
        series = one.configuration.series
        time = log(time_per_image(one.metric, one.value, one.configuration))
        if one.level is None:
            key = one.target, series, one.software
            column = columns.setdefault(key, Column(one.target, one.configuration, one.software))
            newest[one.target, series] = column
            # The latency is that of the quiet machine. The throughput follows from it, or is all there is.
            if one.metric is Metric.LATENCY_MS or one.workload not in column.measured:
                column.measured[one.workload] = time
        elif (of_newest := newest.get((one.target, series))) is not None:
            reach = NormalDist().inv_cdf((1 + one.level) / 2)
            of_newest.estimated[one.workload] = time, log((one.high or 1) / (one.low or 1)) / 2 / reach
    return list(columns.values())


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The columns that an estimate looks at, and what they say of the networks of a field."""

    columns: Sequence[Column]
    references: References | None

    def similar(self, agreements: Sequence[Agreement | None]) -> tuple[Similarity, ...]:
        """How alike the columns are to what was measured, the most alike first."""
        found = [
            Similarity(column.target, column.configuration, one.networks, one.factor, one.spread)
            for column, one in zip(self.columns, agreements, strict=True)
            if one is not None
        ]
        return tuple(sorted(found, key=lambda one: one.spread)[:_MOST_SIMILAR])


def looked_at(
    columns: Sequence[Column],
    own: Column,
    workloads: Sequence[Workload],
    rows: Ints,
) -> Elsewhere:
    """What `columns` say of the workloads, of which `rows` were measured in the series `own`."""
    calibrated = [workloads[int(row)].id for row in rows]
    common = {id(one): sum(workload in one for workload in calibrated) for one in columns}
    kept = [one for one in columns if common[id(one)] >= _LEAST_IN_COMMON and not _is_same_series(one, own)]
    kept = sorted(kept, key=lambda one: -common[id(one)])[:_MOST_COLUMNS]
    if not kept:
        return Elsewhere((), None)
    return Elsewhere(kept, _references(kept, own, workloads, set(calibrated)))


def before_measuring(
    columns: Sequence[Column], configuration: Configuration, workloads: Sequence[Workload]
) -> References | None:
    """What `columns` of other targets say of the workloads, where nothing was measured in the configuration.
    None where none of them is of its class: whether others tell anything is known afterwards."""
    own = Column("", configuration, None)
    held = {id(one): sum(workload.id in one for workload in workloads) for one in columns}
    kept = [one for one in columns if held[id(one)] >= _LEAST_IN_COMMON]
    kept = sorted(kept, key=lambda one: -held[id(one)])[:_MOST_COLUMNS]
    return _references(kept, own, workloads, frozenset()) if _alike(kept, own).any() else None


def _references(
    columns: Sequence[Column], own: Column, workloads: Sequence[Workload], calibrated: Collection[str]
) -> References:
    """The columns as references of `own`, in which the workloads of these ids were measured."""
    cells = [
        [
            column.cell(workload.id, is_calibrated=workload.id in calibrated) or (np.nan, 0.0)
            for workload in workloads
        ]
        for column in columns
    ]
    table = np.array(cells, dtype=np.float64)
    return References(table[:, :, 0].T, _alike(columns, own), table[:, :, 1].T)


def _is_same_series(one: Column, own: Column) -> bool:
    same = one.target == own.target and one.configuration.series == own.configuration.series
    return same and one.software == own.software


def _alike(columns: Sequence[Column], own: Column) -> Bools:
    """Which columns are of the class of `own`: the same runtime, compiled or not, on the same target, or on
    another one with the same software, or at least the same layout in memory."""
    mine = own.configuration

    def of_class(one: Column) -> bool:
        theirs = one.configuration
        return theirs.runtime is mine.runtime and theirs.compiled is mine.compiled

    def tier(one: Column) -> int:
        return 2 * (one.software == own.software) + (one.configuration.layout is mine.layout)

    others = [tier(one) for one in columns if of_class(one) and one.target != own.target]
    best = max(others, default=0)
    return np.array(
        [of_class(one) and (one.target == own.target or tier(one) == best) for one in columns], dtype=np.bool_
    )


def fitted_column(
    own: Column, workloads: Sequence[Workload], estimates: Mapping[int, tuple[float, float]]
) -> Column:
    """The column of a series that was just estimated: the logarithm and its standard deviation by row."""
    return Column(
        own.target,
        own.configuration,
        own.software,
        dict(own.measured),
        {workloads[row].id: numbers for row, numbers in estimates.items()},
    )
