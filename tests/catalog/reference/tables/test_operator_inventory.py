from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import catalog
from catalog.candidates.category import Category
from catalog.entities.networks import Workload
from catalog.inventory import NUMBERS, Inventory, Operators, collected
from catalog.reference.tables.operator_inventory import read, unlisted, write
from catalog.reference.tables.reading import INVENTORY
from catalog.words.vocabulary import RuntimeName


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
    assert held.efficiency == {}
    assert held.memory == {}


def test_the_efficiency_of_operators_is_read_to_a_thousandth(tmp_path: Path) -> None:
    inventory, path = _inventory(), tmp_path / "operators.zip"
    logs = np.random.default_rng(1).normal(0, 2, len(inventory.operators))
    write(replace(inventory, efficiency={RuntimeName.OPENVINO: logs}), {}, path)

    (found,) = read(path).efficiency.items()
    assert found[0] is RuntimeName.OPENVINO
    assert found[1] == pytest.approx(logs, abs=6e-4)


def test_the_memory_of_networks_is_read_to_a_tenth_of_a_megabyte(tmp_path: Path) -> None:
    inventory, path = _inventory(), tmp_path / "operators.zip"
    write(replace(inventory, memory={RuntimeName.OPENVINO: np.array([123.44, np.nan, 9876.5])}), {}, path)

    (found,) = read(path).memory.items()
    assert found[0] is RuntimeName.OPENVINO
    assert np.array_equal(found[1], [123.4, np.nan, 9876.5], equal_nan=True)


def test_the_shipped_inventory_has_the_efficiency_of_each_operator() -> None:
    # Not `shipped()`: tests put a smaller folder in its place.
    held = read(Path(catalog.__file__).parent / "reference" / "data" / INVENTORY)

    assert set(held.efficiency) == {RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO}
    for logs in held.efficiency.values():
        assert len(logs) == len(held.operators)
        assert np.abs(np.median(logs)) < 1.0


def test_the_same_inventory_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(_inventory(), {}, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_without_a_file_the_inventory_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "none").workloads == ()
