"""Which of all networks a calibration measures."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.calibrating.calibration import _columns_of_others
from app.calibrating.choosing import LEAST_NETWORKS, calibration_cases, case_s
from app.calibrating.elsewhere import Column
from app.calibrating.measuring import Case
from app.estimating.by_operators import _strange_share
from app.estimating.estimator import TOO_STRANGE
from app.estimating.roofline import TYPICAL
from catalog import host
from catalog.entities.configurations import Configuration
from catalog.inventory import joined
from catalog.opening import open_catalog
from catalog.reference.tables import operator_inventory
from catalog.reference.tables.reading import INVENTORY
from catalog.storage.facts.native_workloads import native_workloads
from catalog.words.vocabulary import Device, RuntimeName
from tests.reference_tables import WHOLE

BUDGET_S = 360.0
COMPILED = Configuration(RuntimeName.PYTORCH, compiled=True, threads=1)
ON_CPU, ON_GPU = (Configuration(RuntimeName.PYTORCH, device=device, threads=1) for device in Device)


def chosen(path: Path, *configurations: Configuration, budget_s: float | None = BUDGET_S) -> list[Case]:
    """The set for this machine, on which nothing was measured in these configurations."""
    with open_catalog(f"sqlite:///{path}") as catalog, catalog.read() as session:
        return calibration_cases(
            native_workloads(session),
            operator_inventory.read(WHOLE.folder / INVENTORY),
            configurations,
            partial(_columns_of_others, session, host.local_target(), configurations[0].device),
            networks=None,
            budget_s=budget_s,
        )


def gmacs_of(cases: Sequence[Case]) -> list[float]:
    counted = {one.workload: one.counts for one in WHOLE.workloads()}
    return [counts.gmacs for case in cases if (counts := counted[case.workload]) is not None]


@pytest.mark.parametrize("configuration", [COMPILED, ON_GPU], ids=["cpu", "gpu"])
def test_networks_that_are_estimated_as_wholes_are_of_all_sizes_and_keep_the_time(
    path: Path, configuration: Configuration
) -> None:
    cases = chosen(path, configuration)
    gmacs = gmacs_of(cases)
    assert len({case.workload for case in cases}) == len(cases) >= 10
    assert sum(case_s(one, configuration) for one in gmacs) <= BUDGET_S
    assert max(gmacs) > 10 * min(gmacs)
    assert cases == chosen(path, configuration)


def test_a_cpu_measures_none_of_the_largest_networks(path: Path) -> None:
    every = [one.counts.gmacs for one in WHOLE.workloads() if one.counts is not None]
    on_cpu, on_gpu = (max(gmacs_of(chosen(path, one, budget_s=None))) for one in (COMPILED, ON_GPU))
    assert on_cpu < np.quantile(every, 0.9) < on_gpu


def test_without_a_reference_machine_few_networks_hold_every_sort_that_others_need_most(path: Path) -> None:
    """Else these would not be estimated."""
    inventory = operator_inventory.read(WHOLE.folder / INVENTORY)
    places = {workload: place for place, workload in enumerate(inventory.workloads)}
    cases = chosen(path, ON_CPU, budget_s=LEAST_NETWORKS * case_s(4.0, ON_CPU))
    assert LEAST_NETWORKS <= len(cases) <= LEAST_NETWORKS + 4
    measured = [
        inventory.operators.take(inventory.operator[inventory.network == places[case.workload]])
        for case in cases
    ]
    times_ns = np.exp(TYPICAL.log_time(inventory.operators))
    assert (_strange_share(joined(measured), inventory, times_ns) <= TOO_STRANGE).all()


def test_where_operators_are_timed_no_other_target_is_read() -> None:
    def read() -> list[Column]:
        raise AssertionError

    onnx = Configuration(RuntimeName.ONNXRUNTIME, threads=1, arena=True)
    inventory = operator_inventory.read(WHOLE.folder / INVENTORY)
    for configurations in ([onnx], [onnx, ON_CPU]):
        calibration_cases([], inventory, configurations, read, networks=10, budget_s=None)
