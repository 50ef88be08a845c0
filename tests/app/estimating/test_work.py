"""What networks do, by the kind of work."""

import numpy as np
import pytest

from app.estimating.work import COSTS, SPREADS, Network, work_of
from catalog.candidates.category import Category
from catalog.entities.networks import Counts, Workload
from catalog.inventory import NUMBERS, Inventory, Operators, collected


def _operators(*rows: tuple[str, dict[str, int]]) -> Operators:
    kinds = Category.of([kind for kind, _ in rows])
    numbers = [[{"groups": 1, **given}.get(name, 0) for name in NUMBERS] for _, given in rows]
    return Operators(kinds, kinds, kinds, np.array(numbers, dtype=np.int64))


ATTENTION = _operators(
    ("Conv", {"macs": 100, "read": 10, "written": 20, "weights": 7}),
    ("Conv", {"macs": 30, "read": 3, "written": 4, "groups": 8}),
    ("MatMul", {"macs": 50, "read": 5, "written": 6, "weights": 9}),
    ("MatMul", {"macs": 8, "read": 2, "written": 1}),
    ("Softmax", {"read": 11, "written": 11}),
    ("Add", {"read": 40, "written": 20}),
    ("Add", {"read": 40, "written": 20}),
)
OWN = [100.0, 30.0, 58.0, 37.0, 11.0, 25.0, 120.0, 7.0]


def _network(name: str, size: int, gmacs: float, family: str | None = "vit") -> Network:
    counts = Counts(
        5.0, gmacs, 2.0, {"conv": 0.75 * gmacs, "linear": 0.25 * gmacs}, {"conv": 10, "linear": 40}
    )
    return Network(Workload(name, 10, size), counts, family)


KNOWN = _network("net", 224, 4.0)


def _inventory(*networks: Network) -> Inventory:
    return collected([(one.workload, ATTENTION) for one in networks])


def test_every_operator_is_one_kind_of_work_and_of_moving() -> None:
    assert work_of([KNOWN], _inventory(KNOWN)).tolist() == [OWN]
    assert len(OWN) == len(COSTS) == len(SPREADS)


def test_another_input_size_does_as_much_more_as_its_macs_are_more_with_as_many_operators() -> None:
    larger = _network("net", 448, 16.0)
    found = work_of([KNOWN, larger], _inventory(KNOWN))
    assert found[1] == pytest.approx([*(4 * each for each in OWN[:-1]), OWN[-1]])


def test_of_several_sizes_the_nearest_is_followed() -> None:
    small, asked = _network("net", 112, 1.0), _network("net", 256, 8.0)
    both = work_of([small, KNOWN, asked], _inventory(small, KNOWN))
    assert both[2][0] == pytest.approx(2 * OWN[0])  # not 8 times, as from the small one


def test_an_unknown_architecture_follows_the_network_of_its_family_that_is_as_large() -> None:
    far, asked = _network("huge", 224, 400.0), _network("other", 224, 2.0)
    found = work_of([far, KNOWN, asked], _inventory(far, KNOWN))
    assert found[2] == pytest.approx([*(each / 2 for each in OWN[:-1]), OWN[-1]])


@pytest.mark.parametrize("family", ["resnet", None])
def test_a_network_without_relatives_does_what_its_counts_say(family: str | None) -> None:
    asked = _network("strange", 224, 4.0, family)
    nameless = _network("nameless", 224, 4.0, None)
    alone = work_of([asked], None)
    assert alone[0][[0, 2]] == pytest.approx([3e9, 1e9])
    assert (alone[0][[3, 4, 5, 6, 7]] > 0).all()
    assert work_of([nameless, asked], _inventory(nameless))[1] == pytest.approx(alone[0])
