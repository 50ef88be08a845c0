"""The networks that were called on a live GPU."""

import numpy as np
import pytest

from catalog.reference.tables import operator_inventory
from catalog.reference.tables.reading import INVENTORY
from tests.benchmarks.estimator import of_gpu, published
from tests.reference_tables import WHOLE

INVENTORY_THAT_SHIPS = operator_inventory.read(WHOLE.folder / INVENTORY)
TABLES = published.load(WHOLE, INVENTORY_THAT_SHIPS)
EVERY = {one.configuration: one for one in of_gpu.load(TABLES)}


def test_each_network_was_called_with_one_image_and_most_with_a_large_batch() -> None:
    single, large = EVERY["PyTorch, fp32, 1 image"], EVERY["PyTorch, amp_fp16, 256 images"]
    assert len(single.rows) >= len(large.rows) > 70
    assert set(large.rows) <= set(single.rows)


@pytest.mark.parametrize("runtime", ["PyTorch", "ONNX Runtime"])
def test_a_gpu_that_waits_is_estimated_by_the_starts_of_operators(runtime: str) -> None:
    known, by_launches = of_gpu.accuracy(EVERY[f"{runtime}, fp32, 1 image"], TABLES, counts=[20], draws=2)
    assert by_launches.score.median < known.score.median
    assert by_launches.score.half_width < known.score.half_width
    assert by_launches.score.covered > 0.8


def test_a_call_of_one_image_takes_as_long_as_its_starts() -> None:
    for runtime, launches, least_us, most_us in (
        ("PyTorch", TABLES.features.launches, 15, 25),
        ("ONNX Runtime", TABLES.features.nodes, 7, 13),
    ):
        one = EVERY[f"{runtime}, fp32, 1 image"]
        each_us = 1e3 * np.exp(one.log_ms) / launches[one.rows]
        assert least_us < np.median(each_us) < most_us
