"""The networks that were called on a live GPU."""

import numpy as np

from catalog.reference.tables import operator_inventory
from catalog.reference.tables.reading import INVENTORY
from tests.benchmarks.estimator import of_gpu, published
from tests.reference_tables import WHOLE

INVENTORY_THAT_SHIPS = operator_inventory.read(WHOLE.folder / INVENTORY)
TABLES = published.load(WHOLE, INVENTORY_THAT_SHIPS.workloads)
EVERY = {one.configuration: one for one in of_gpu.load(TABLES)}


def test_each_network_was_called_with_one_image_and_most_with_a_large_batch() -> None:
    single, large = EVERY["fp32, 1 image"], EVERY["amp_fp16, 256 images"]
    assert len(single.rows) >= len(large.rows) > 70
    assert set(large.rows) <= set(single.rows)


def test_a_gpu_that_waits_is_estimated_by_the_starts_of_operators() -> None:
    known, by_launches = of_gpu.accuracy(EVERY["fp32, 1 image"], TABLES, counts=[20], draws=2)
    assert by_launches.score.median < known.score.median
    assert by_launches.score.half_width < known.score.half_width
    assert by_launches.score.covered > 0.8


def test_a_call_of_one_image_takes_as_long_as_its_starts() -> None:
    one = EVERY["fp32, 1 image"]
    launches = TABLES.features.launches[one.rows]
    each_us = 1e3 * np.exp(one.log_ms) / launches
    assert 15 < np.median(each_us) < 25
