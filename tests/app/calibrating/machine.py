"""A machine that measures at once what it is asked for, and an estimator that answers the same for all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from app.calibrating.measuring import Case
from app.child import DONE, FAILED
from app.estimating.estimator import Agreement, Calibration, Estimator, Field, Source
from catalog import host
from catalog.candidates.category import Floats, Ints
from catalog.entities.configurations import Configuration, Target
from catalog.entities.measurements import Measurement
from catalog.inventory import Inventory, joined
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures, save_checkpoints, save_workloads
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance, RuntimeName, Status
from tests.builders import (
    NOON,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_workload,
    replace_success,
    store_measurements,
)
from tests.estimate_builders import make_node_profile

NETWORKS = tuple(f"net{number:02}" for number in range(12))
CONFIGURATION = Configuration(RuntimeName.ONNXRUNTIME, threads=1, arena=True)
DAY = timedelta(days=1)


def field_of(catalog: Catalog, *networks: str) -> None:
    """Store the networks as architectures that were counted, each with a checkpoint."""
    with catalog.write() as session:
        save_architectures(session, [make_architecture(name) for name in networks])
        save_checkpoints(session, [make_checkpoint(f"{name}.v1") for name in networks])
        save_workloads(session, [make_counted_workload(name) for name in networks])


def measured(
    name: str,
    latency_ms: float = 10.0,
    *,
    configuration: Configuration = CONFIGURATION,
    measured_at: datetime = NOON,
    node_profile: bool = True,
    provenance: Provenance = Provenance.MEASURED,
    target: Target | None = None,
) -> Measurement:
    """A measurement of a network on this machine, or on another target."""
    made = replace(
        make_measurement(
            name,
            latency_ms,
            target=target or host.local_target(),
            measured_at=measured_at,
            provenance=provenance,
        ),
        configuration=configuration,
    )
    return replace_success(made, node_profile=make_node_profile(5.0)) if node_profile else made


@dataclass
class FakeMachine:
    """Stores a measurement of each case that it is asked for, of `latency_ms` of its architecture, with these
    `doubts`, of the `target`. What is in `failing` fails. It ends with `code`, and at once where that is no
    success."""

    catalog: Catalog
    latency_ms: dict[str, float] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()
    doubts: tuple[Doubt, ...] = ()
    code: int = DONE
    target: Target = field(default_factory=host.local_target)
    asked: list[tuple[Case, ...]] = field(default_factory=list)
    options: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, cases: Sequence[Case], options: Sequence[str]) -> int:
        self.asked.append(tuple(cases))
        self.options.append(tuple(options))
        if self.code not in (DONE, FAILED):
            return self.code
        store_measurements(self.catalog, *map(self._measurement, cases))
        return self.code

    def _measurement(self, case: Case) -> Measurement:
        name = case.workload.architecture
        if name in self.failing:
            failed = make_measurement(name, target=self.target, status=Status.FAILED)
            return replace(failed, configuration=case.configuration)
        latency_ms = self.latency_ms.get(name, 10.0)
        made = measured(name, latency_ms, configuration=case.configuration, target=self.target)
        return replace_success(made, doubts=self.doubts)


@dataclass
class FakeEstimator:
    """Estimates `values` of each architecture, 20 of others, and refuses what is in `refused`. Operators say
    too little of what is in `too_wide`. Without operators, the others are 30. It was taught to within
    3 %. The calibration set is the first networks that the budget allows."""

    values: dict[str, float] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    too_wide: frozenset[str] = frozenset()
    asked: list[tuple[Field, Calibration]] = field(default_factory=list)
    costs: list[Floats] = field(default_factory=list)
    narrowed: list[Floats] = field(default_factory=list)
    agreement: Agreement | None = None

    def fit(self, of_field: Field, calibration: Calibration) -> Estimator:
        self.asked.append((of_field, calibration))
        names = [workload.architecture for workload in of_field.workloads]
        count, held, timed = len(calibration.rows), of_field.references, of_field.inventory is not None
        return Estimator(
            mean=np.log([self.values.get(name, 20.0 if timed else 30.0) for name in names]),
            deviation=np.array([9.0 if timed and name in self.too_wide else 0.1 for name in names]),
            scores=np.full(count, 0.5),
            errors=np.full(count, np.log(1.03)),
            source=Source.OPERATORS if timed else Source.WHOLE_NETWORKS,
            strange=np.array([float(name in self.refused) for name in names]),
            agreements=(self.agreement,) * (0 if held is None else held.log_times.shape[1]),
        )

    def covering(self, coverage: object, costs: Floats, count: int, budget: float = np.inf) -> Ints:
        self.costs.append(costs)
        return np.flatnonzero(np.cumsum(costs) <= budget)[:count]

    def narrowing(self, parts: object, costs: Floats, count: int, budget: float = np.inf) -> Ints:
        self.narrowed.append(costs)
        return np.flatnonzero(np.cumsum(costs) <= budget)[:count]


def inventory_of(*networks: str) -> Inventory:
    """An inventory that names the networks, and lists no operator of them."""
    none = np.empty(0, dtype=np.int64)
    return Inventory(tuple(make_workload(name) for name in networks), joined([]), none, none, none)
