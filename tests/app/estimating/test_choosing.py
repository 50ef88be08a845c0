import numpy as np
import pytest

from app.estimating import choosing, process
from app.estimating.kernels import Likeness, Part, constant
from app.estimating.operator_times import learn
from app.estimating.process import Prior
from app.estimating.roofline import Roofline
from catalog.candidates.category import Ints
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


def test_a_rare_sort_is_measured_early_where_nothing_else_tells_of_it() -> None:
    """Of 13 networks, one holds the only softmax, beside more convolutions than it."""
    inventory = _inventory(*[("Conv", "MatMul", "Add")] * 12, ("Conv", "Conv", "Conv", "Softmax"))
    costs = np.array([*[1.0] * 12, 4.0])

    late = choosing.covering(choosing.coverage(inventory, _roofline()), costs, 13).tolist()
    early = choosing.covering(choosing.coverage(inventory, _roofline(), 6.0), costs, 13).tolist()
    assert early.index(12) < late.index(12)


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


def _parts(positions: list[float]) -> list[Part]:
    """Networks on a line, each alike to its neighbours."""
    return [
        Part(Likeness.LINEAR, constant(len(positions)), 1.0, 0.0),
        Part(Likeness.NEAR, np.array(positions)[:, None], 0.3, 0.0),
    ]


def test_the_network_that_most_others_resemble_is_measured_first() -> None:
    assert choosing.narrowing(_parts([0.0, 1.0, 2.0, 9.0]), np.ones(4), 2).tolist() == [1, 3]


def test_of_networks_that_narrow_alike_the_cheaper_is_measured() -> None:
    assert choosing.narrowing(_parts([0.0, 0.0, 0.0]), np.array([4.0, 1.0, 2.0]), 1).tolist() == [1]


def test_the_networks_to_measure_stay_within_the_budget() -> None:
    costs = np.array([3.0, np.inf, 2.0, 2.0, 1.0])
    chosen = choosing.narrowing(_parts([0.0, 1.0, 2.0, 3.0, 4.0]), costs, 5, budget=5.0)
    assert costs[chosen].sum() <= 5.0
    assert 1 not in chosen
    assert len(set(chosen.tolist())) == len(chosen) == 3


@pytest.mark.parametrize("seed", range(3))
def test_what_is_chosen_leaves_narrower_estimates_than_random_sets_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, size = 80, 8
    parts = [
        Part(Likeness.LINEAR, constant(count), 1.0, 0.0),
        Part(Likeness.LINEAR, rng.normal(size=(count, 3)), 0.2, 0.0),
        Part(Likeness.NEAR, rng.normal(size=(count, 2)), 0.2, 0.0),
        Part(Likeness.SAME, rng.integers(0, 9, size=(count, 1)).astype(float), 0.1, 0.0),
    ]
    nothing = Prior(np.zeros(count), np.zeros(count))

    def left(rows: Ints) -> float:
        fitted = process.fit(parts, nothing, rows, np.zeros(len(rows)))
        return float(fitted.posterior(np.arange(count))[1].mean())

    random = [left(rng.choice(count, size, replace=False)) for _ in range(40)]
    assert left(choosing.narrowing(parts, np.ones(count), size)) < min(random)
