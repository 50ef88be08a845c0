import numpy as np

from catalog.candidates.category import Category
from catalog.entities.networks import Workload
from catalog.inventory import NUMBERS, Operators, collected, joined


def _operators(*kinds: str, macs: int = 1) -> Operators:
    numbers = np.ones((len(kinds), len(NUMBERS)), dtype=np.int64)
    numbers[:, NUMBERS.index("macs")] = macs
    neighbours = Category.of(["Relu"] * len(kinds))
    return Operators(Category.of(kinds), neighbours, neighbours, numbers)


FIRST, SECOND = Workload("first", 10, 32), Workload("second", 10, 32)


def test_equal_operators_of_networks_are_held_once_and_counted() -> None:
    inventory = collected([(FIRST, _operators("Conv", "Conv", "Add")), (SECOND, _operators("Add"))])

    assert list(inventory.operators.kind) == ["Conv", "Add"]
    assert [array.tolist() for array in inventory.of(0)] == [[0, 1], [2, 1]]
    assert [array.tolist() for array in inventory.of(1)] == [[1], [1]]


def test_operators_that_differ_in_a_number_are_two() -> None:
    inventory = collected([(FIRST, _operators("Conv")), (SECOND, _operators("Conv", macs=2))])

    assert inventory.operators.number("macs").tolist() == [1.0, 2.0]


def test_operators_are_joined_in_order() -> None:
    both = joined([_operators("Conv", "Add"), _operators("Add", macs=3)])

    assert list(both.kind) == ["Conv", "Add", "Add"]
    assert both.number("macs").tolist() == [1.0, 1.0, 3.0]
    assert len(joined([])) == 0
