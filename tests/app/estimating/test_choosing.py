import numpy as np

from app.estimating import choosing
from app.estimating.operator_times import learn
from app.estimating.roofline import Roofline
from catalog.entities.networks import Workload
from catalog.inventory import Inventory, collected
from tests.app.estimating.fields import make_field, make_operators


def _inventory(*kinds_of: tuple[str, ...]) -> Inventory:
    rng = np.random.default_rng(5)
    return collected(
        [(Workload(f"net{i}", 10, 32), make_operators(rng, 40, kinds)) for i, kinds in enumerate(kinds_of)]
    )


def _roofline() -> Roofline:
    return learn(make_field(5)[1]).roofline


def test_the_set_covers_each_kind_before_it_repeats_one() -> None:
    inventory = _inventory(("Conv",), ("Conv",), ("MatMul",), ("Softmax",))
    chosen = choosing.covering(choosing.coverage(inventory, _roofline()), np.ones(4), 3)

    assert {2, 3} < set(chosen.tolist())


def test_of_two_networks_that_cover_alike_the_cheaper_is_taken() -> None:
    inventory = _inventory(("Conv",), ("MatMul",))
    twice = Inventory(
        (*inventory.workloads, *(Workload(f"dear{i}", 10, 32) for i in range(2))),
        inventory.operators,
        np.concatenate([inventory.network, inventory.network + 2]),
        np.tile(inventory.operator, 2),
        np.tile(inventory.count, 2),
    )
    chosen = choosing.covering(choosing.coverage(twice, _roofline()), np.array([1.0, 1.0, 9.0, 9.0]), 2)

    assert set(chosen.tolist()) == {0, 1}


def test_the_costs_stay_within_the_budget() -> None:
    inventory = _inventory(("Conv",), ("MatMul",), ("Softmax",))
    chosen = choosing.covering(choosing.coverage(inventory, _roofline()), np.full(3, 2.0), 3, budget=4.5)

    assert len(chosen) == 2
