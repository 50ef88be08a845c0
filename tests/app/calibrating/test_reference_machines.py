"""What the inventory says that reference machines found."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.calibrating.reference_machines import usual_memory
from catalog.words.vocabulary import Precision, RuntimeName
from tests.app.calibrating.machine import CONFIGURATION, NETWORKS, inventory_of
from tests.builders import make_workload

PEAKS = np.array([100.0, np.nan, 300.0])
INVENTORY = replace(inventory_of(*NETWORKS[:3]), memory={CONFIGURATION.runtime: PEAKS})
WORKLOADS = [make_workload(name) for name in (NETWORKS[2], "unlisted", *NETWORKS[:2])]


def test_the_memory_of_a_reference_machine_is_a_reference() -> None:
    found = usual_memory(INVENTORY, CONFIGURATION, WORKLOADS)
    assert found is not None
    assert np.exp(found.log_times) == pytest.approx(
        np.array([[300.0], [np.nan], [100.0], [np.nan]]), nan_ok=True
    )
    assert found.alike.tolist() == [False]
    assert found.doubts.min() > 0  # no two processes take the same


@pytest.mark.parametrize(
    "changes", [{"precision": Precision.INT8}, {"runtime": RuntimeName.PYTORCH}], ids=str
)
def test_it_says_nothing_of_what_ran_in_another_way(changes: dict[str, Any]) -> None:
    assert usual_memory(INVENTORY, replace(CONFIGURATION, **changes), WORKLOADS) is None
