"""What the inventory says that reference machines found, of a configuration."""

from collections.abc import Sequence

import numpy as np

from app.estimating.efficiency import Efficiency
from app.estimating.references import References
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.inventory import Inventory
from catalog.words.vocabulary import Device, Precision


def usual_efficiency(inventory: Inventory, configuration: Configuration) -> Efficiency | None:
    """What they say of the times of operators. None where they ran in another way."""
    logs = inventory.efficiency.get(configuration.runtime)
    if logs is None or not _is_fp32_on_cpu(configuration):
        return None
    return Efficiency(inventory.operators, logs)


def usual_memory(
    inventory: Inventory, configuration: Configuration, workloads: Sequence[Workload]
) -> References | None:
    """What they say of the memory of these workloads. None where they ran in another way.

    A larger batch takes more memory. So they are then no more than a hint.
    """
    peaks = inventory.memory.get(configuration.runtime)
    if peaks is None or not _is_fp32_on_cpu(configuration):
        return None
    logarithms = dict(zip(inventory.workloads, np.log(peaks).tolist(), strict=True))
    column = np.array([[logarithms.get(workload, np.nan)] for workload in workloads])
    return References(column, np.array([configuration.batch_size == 1]))


def _is_fp32_on_cpu(configuration: Configuration) -> bool:
    return configuration.device is Device.CPU and configuration.precision is Precision.FP32
