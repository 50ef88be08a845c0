from pathlib import Path

import numpy as np

from catalog.candidates.category import Category
from catalog.entities.networks import Workload
from catalog.inventory import NUMBERS, Inventory, Operators, collected
from catalog.reference.tables.operator_inventory import read, unlisted, write


def _inventory() -> Inventory:
    rng = np.random.default_rng(0)

    def operators(count: int) -> Operators:
        kinds = Category.of(rng.choice(["Conv", "Add", "MatMul"], count).tolist())
        numbers = rng.integers(0, 3_000_000_000, (count, len(NUMBERS)))
        return Operators(kinds, kinds, kinds, numbers)

    return collected([(Workload(f"net{place}", 10, 32), operators(20)) for place in range(3)])


def test_an_inventory_is_read_as_it_was_written(tmp_path: Path) -> None:
    written, path = _inventory(), tmp_path / "operators.zip"
    write(written, {"lost": "has no skeleton"}, path)
    held = read(path)

    assert held.workloads == written.workloads
    assert held.operators.keys() == written.operators.keys()
    for name in ("network", "operator", "count"):
        assert np.array_equal(getattr(held, name), getattr(written, name))
    assert unlisted(path) == {"lost": "has no skeleton"}


def test_the_same_inventory_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(_inventory(), {}, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_without_a_file_the_inventory_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "none").workloads == ()
