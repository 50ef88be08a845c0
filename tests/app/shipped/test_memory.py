"""The usual memory that ships holds on another processor."""

import pytest

from catalog.entities.networks import Workload
from catalog.inventory import Inventory
from catalog.reference.tables.operator_inventory import read
from catalog.reference.tables.reading import INVENTORY
from catalog.words.vocabulary import RuntimeName
from tests.reference_tables import WHOLE

# Peaks (MB) that `make run` measured at two threads on an AMD EPYC without AVX-512. README.md showed them on
# 2026-11-26. The reference machine is an Intel Xeon with AVX-512 and AMX.
ON_EPYC = [
    ("convnext_tiny", 224, RuntimeName.OPENVINO, 362),
    ("efficientnet_b0", 224, RuntimeName.ONNXRUNTIME, 133),
    ("efficientnet_b4", 320, RuntimeName.ONNXRUNTIME, 320),
    ("inception_v3", 299, RuntimeName.ONNXRUNTIME, 290),
    ("mobilenetv3_large_100", 224, RuntimeName.ONNXRUNTIME, 124),
    ("regnetx_016", 224, RuntimeName.OPENVINO, 195),
    ("resnest26d", 224, RuntimeName.OPENVINO, 266),
    ("resnet50", 224, RuntimeName.ONNXRUNTIME, 332),
    ("vit_small_patch16_224", 224, RuntimeName.OPENVINO, 310),
]


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return read(WHOLE.folder / INVENTORY)


@pytest.mark.parametrize(("name", "size", "runtime", "peak_mb"), ON_EPYC)
def test_a_network_takes_as_much_on_another_processor(
    inventory: Inventory, name: str, size: int, runtime: RuntimeName, peak_mb: int
) -> None:
    row = inventory.workloads.index(Workload(name, 1000, size))
    assert inventory.memory[runtime][row] == pytest.approx(peak_mb, rel=0.035)
