"""The published tables as one matrix: a row a workload, a column a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.estimating.features import Features, features
from app.estimating.work import Network
from catalog.candidates.category import Bools, Floats
from catalog.inventory import Inventory
from catalog.reference.speeds import published
from catalog.reference.tables.reading import ReferenceTables
from catalog.reference.texts.families import families_of
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset, Scenario


@dataclass(frozen=True)
class Column:
    """A published table of inference: hardware, software, and how networks ran."""

    file: str
    target: str
    device: str
    software: tuple[int, ...]
    compiled: bool
    precision: str
    layout: str

    @property
    def short(self) -> str:
        mode = "compiled" if self.compiled else "eager"
        software = ".".join(map(str, self.software))
        return f"{self.target}, {self.precision} {self.layout}, torch {software}, {mode}"


@dataclass(frozen=True, eq=False)
class Tables:
    """n networks and the tables that hold some of them. `log_times` are n x columns, in ms an image, NaN
    where a table lacks the network. `top1` is the best accuracy of the architecture at its input size, NaN
    without one."""

    networks: Sequence[Network]
    columns: Sequence[Column]
    log_times: Floats
    top1: Floats
    inventory: Inventory | None = None

    @cached_property
    def features(self) -> Features:
        return features(self.networks, self.inventory)

    @cached_property
    def architectures(self) -> list[str]:
        return [network.workload.architecture for network in self.networks]

    @cached_property
    def families(self) -> list[str]:
        return [network.family or network.workload.architecture for network in self.networks]

    def rows_of(self, column: int) -> Bools:
        """Which networks the table holds."""
        return ~np.isnan(self.log_times[:, column])


def load(tables: ReferenceTables, inventory: Inventory | None = None) -> Tables:
    """The shipped tables of inference, with rows for the workloads of the inventory too."""
    counted = tables.workloads()
    index = published.WorkloadIndex.of(counted, tables.aliases())
    counts = {one.workload: one.counts for one in counted if one.counts is not None}
    modules = {one.name: one.family for one in tables.architectures()}
    columns, found = [], []
    for source, rows in sorted(tables.speeds().items(), key=lambda item: item[0].name):
        described = published.describe(source.name)
        if described.scenario is Scenario.TRAINING:
            continue
        version = described.environment.runtime_version.removeprefix("torch ")
        columns.append(
            Column(
                source.name,
                described.target.id,
                described.target.kind,
                tuple(map(int, version.split("."))),
                described.compiled,
                described.precision,
                described.layout,
            )
        )
        found.append(
            {
                measurement.workload: value.value
                for measurement in published.measurements(source, rows, index)
                for value in getattr(measurement.outcome, "values", ())
                if value.metric is Metric.THROUGHPUT_IPS and value.value
            }
        )
    besides = () if inventory is None else inventory.workloads
    listed = {workload for column in found for workload in column} | {*besides} & counts.keys()
    workloads = sorted(listed, key=lambda one: one.id)
    log_times = np.array([[_log_ms(column.get(one)) for column in found] for one in workloads])
    accuracies = _accuracies(tables)
    networks = []
    for one in workloads:
        described_by = families_of(one.architecture, modules.get(one.architecture))
        family = described_by[0].slug if described_by else modules.get(one.architecture)
        networks.append(Network(one, counts[one], family))
    top1 = [accuracies.get((one.architecture, one.input_size), np.nan) for one in workloads]
    return Tables(networks, columns, log_times, np.array(top1), inventory)


def _log_ms(images_per_s: float | None) -> float:
    return np.nan if images_per_s is None else float(np.log(1e3 / images_per_s))


def _accuracies(tables: ReferenceTables) -> dict[tuple[str, int], float]:
    best: dict[tuple[str, int], float] = {}
    for accuracy in _of_imagenet(tables):
        key = accuracy[0].partition(".")[0], accuracy[1]
        best[key] = max(best.get(key, 0.0), accuracy[2])
    return best


def _of_imagenet(tables: ReferenceTables) -> Iterator[tuple[str, int, float]]:
    for rows in tables.accuracies().values():
        for row in rows:
            if row.dataset is Dataset.IMAGENET_VAL:
                yield row.checkpoint, row.input_size, row.top1
