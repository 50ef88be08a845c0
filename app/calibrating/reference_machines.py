"""What the inventory says that reference machines found, of a configuration."""

from collections.abc import Sequence

import numpy as np

from app.estimating.efficiency import Efficiency
from app.estimating.references import References
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.inventory import Inventory
from catalog.words.vocabulary import Device, Precision

# The standard deviation of the logarithm of the memory of two processes that run the same network. Of 205
# networks, ONNX Runtime took up to 5 % less or 2 % more than on the reference machine in nine of ten cases.
_BETWEEN_PROCESSES = 0.02


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

    They ran at batch 1, and the runtime may have another version. So they are not of the target's class, and
    are heeded where the measured networks are missed less with them.
    """
    peaks = inventory.memory.get(configuration.runtime)
    if peaks is None or not _is_fp32_on_cpu(configuration):
        return None
    logarithms = dict(zip(inventory.workloads, np.log(peaks).tolist(), strict=True))
    column = np.array([[logarithms.get(workload, np.nan)] for workload in workloads])
    return References(column, np.zeros(1, dtype=np.bool_), np.full(column.shape, _BETWEEN_PROCESSES))


def _is_fp32_on_cpu(configuration: Configuration) -> bool:
    return configuration.device is Device.CPU and configuration.precision is Precision.FP32
