from dataclasses import replace

import numpy as np
import pytest

from app.estimating import by_operators
from app.estimating.efficiency import Efficiency
from app.estimating.operator_times import Profile, learn, sums, usual_efficiency
from catalog.candidates.category import Floats
from catalog.inventory import Inventory
from tests.app.estimating.fields import make_field, make_operators, operator_ns


def test_what_is_known_of_an_operator_is_found_whatever_the_order() -> None:
    operators = make_operators(np.random.default_rng(0), 30)
    known = Efficiency(operators, np.arange(30.0))
    order = np.random.default_rng(1).permutation(30)

    assert known.of(operators.take(order)) == pytest.approx(order)


def test_of_an_unknown_operator_the_mean_of_its_kind_is_taken() -> None:
    operators = make_operators(np.random.default_rng(0), 30, ("Conv", "Relu"))
    is_convolution = operators.kind.mask(lambda kind: kind == "Conv")
    known = Efficiency(operators, np.where(is_convolution, 0.5, -0.25))
    others = make_operators(np.random.default_rng(7), 9, ("Conv", "Relu", "LSTM"))

    expected = {"Conv": 0.5, "Relu": -0.25, "LSTM": 0.0}
    assert known.of(others).tolist() == [expected[kind] for kind in others.kind]
    assert known.of(others.take(np.empty(0, dtype=np.int64))).tolist() == []


def test_reference_machines_say_which_operators_are_slow() -> None:
    """The made machine takes four times as long for Softmax as its roofline."""
    inventory, grouped, _ = make_field(40)
    profiles = [
        replace(one, group=np.arange(len(one.operators)), group_ns=operator_ns(one.operators))
        for one in grouped
    ]
    found = usual_efficiency([profiles[:20], profiles[20:]], inventory.operators)

    is_softmax = inventory.operators.kind.mask(lambda kind: kind == "Softmax")
    assert np.median(found.logs[is_softmax]) - np.median(found.logs[~is_softmax]) > 0.2


def _without_softmax() -> tuple[Inventory, list[Profile], Floats, Efficiency]:
    """Networks of which the first eight have no Softmax, and what a reference machine says of operators."""
    plain, softmax = make_field(8, 1, ("Conv", "MatMul", "Relu")), make_field(40, 2)
    inventory, profiles, truth = softmax
    return inventory, plain[1], truth, usual_efficiency([profiles], inventory.operators)


def test_an_operator_that_was_never_measured_is_estimated_as_reference_machines_know_it() -> None:
    inventory, profiles, truth, usual = _without_softmax()

    alone, helped = (
        np.abs(np.expm1(sums(learn(profiles, usual=way), inventory).mean - truth)) for way in (None, usual)
    )
    assert np.median(helped) < 0.7 * np.median(alone)


def test_reference_machines_of_another_kind_are_not_heeded() -> None:
    inventory, profiles, _ = make_field(40)
    misleading = Efficiency(
        inventory.operators, np.random.default_rng(0).normal(0, 2, len(inventory.operators))
    )
    rows = np.arange(20)

    found = by_operators.estimate(profiles[:20], rows, inventory, misleading)
    alone = by_operators.estimate(profiles[:20], rows, inventory)
    assert found.prior.mean == pytest.approx(alone.prior.mean)


def test_reference_machines_that_help_are_heeded() -> None:
    inventory, profiles, truth = make_field(60)
    usual = usual_efficiency([profiles[30:]], inventory.operators)
    rows = np.arange(8)

    errors = [
        np.abs(by_operators.estimate(profiles[:8], rows, inventory, way).prior.mean - truth)[8:30]
        for way in (usual, None)
    ]
    assert np.median(errors[0]) < np.median(errors[1])
