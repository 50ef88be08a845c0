"""A calibration: what it measures, what it leaves, and how it ends."""

from dataclasses import replace

import numpy as np
import pytest

from app.calibrating import calibration, choosing, fitting
from app.calibrating.calibration import Calibration, Plan, calibrate
from app.child import FAILED, INTERRUPTED
from app.errors import CannotCalibrate, UnknownTarget
from catalog import host
from catalog.entities.configurations import Configuration
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_bases
from catalog.storage.facts.facts import save_architectures
from catalog.words.vocabulary import RuntimeName
from tests.app.calibrating.machine import (
    NETWORKS,
    FakeEstimator,
    FakeMachine,
    field_of,
    inventory_of,
    measured,
)
from tests.builders import make_architecture, make_measurement, make_target, store_measurements

PLAN = Plan(networks=10, runtimes=(RuntimeName.ONNXRUNTIME,), threads=1)


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch, estimator: FakeEstimator, bare: Catalog) -> None:
    """What measures is installed, and the field is known."""
    monkeypatch.setattr(calibration, "missing_packages", lambda extra: [])
    field_of(bare, *NETWORKS)


def run(machine: FakeMachine, plan: Plan = PLAN) -> Calibration | None:
    return calibrate(machine.catalog, plan, inventory_of(*NETWORKS), lambda text: None, machine)


def test_the_set_is_measured_with_node_profiles_and_all_is_estimated(machine: FakeMachine) -> None:
    ended = run(machine)
    assert ended is not None
    (cases,) = machine.asked
    assert [case.workload.architecture for case in cases] == list(NETWORKS[:10])
    assert "--node-profiles" in machine.options[0]
    assert (ended.measured_now, ended.basis.target) == (10, host.local_target())
    assert ended.basis.accuracies[0].covered == len(NETWORKS)


def test_a_second_calibration_measures_and_computes_nothing(
    machine: FakeMachine, estimator: FakeEstimator
) -> None:
    first, second = run(machine), run(machine)
    assert first is not None
    assert second is not None
    assert second.basis == first.basis
    assert second.measured_now == 0
    assert len(machine.asked) == 1
    assert len(estimator.asked) == 2  # the latency and the memory, once


def test_only_what_is_missing_is_measured(machine: FakeMachine) -> None:
    store_measurements(
        machine.catalog, measured(NETWORKS[0]), measured(NETWORKS[1], node_profile=False), measured("net11")
    )
    run(machine)
    assert [case.workload.architecture for case in machine.asked[0]] == list(NETWORKS[1:10])


def test_what_was_measured_is_measured_again_where_that_is_asked_for(machine: FakeMachine) -> None:
    run(machine)
    ended = run(machine, replace(PLAN, again=True))
    assert ended is not None
    assert machine.asked[0] == machine.asked[1]
    assert ["--force" in options for options in machine.options] == [False, True]


def test_what_failed_is_not_measured_again(machine: FakeMachine) -> None:
    machine.failing, machine.code = frozenset({NETWORKS[0]}), FAILED
    first, second = run(machine), run(machine)
    assert first is not None
    assert second is not None
    assert (first.measured_now, first.failed_now) == (9, 1)
    assert (second.measured_now, second.failed_now) == (0, 0)


def test_an_interrupted_calibration_estimates_nothing(machine: FakeMachine) -> None:
    machine.code = INTERRUPTED
    assert run(machine) is None
    with machine.catalog.read() as session:
        assert find_bases(session) == []


def test_a_profiler_that_cannot_measure_is_an_error(machine: FakeMachine) -> None:
    machine.code = 2
    with pytest.raises(CannotCalibrate, match="exit code 2"):
        run(machine)


def test_without_what_measures_the_user_is_told_what_to_install(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "missing_packages", lambda extra: ["onnxruntime"])
    with pytest.raises(CannotCalibrate, match="onnxruntime") as refused:
        run(machine)
    assert "archrank[measure]" in (refused.value.remedy or "")
    assert machine.asked == []


def test_too_few_networks_are_refused_before_any_is_measured(machine: FakeMachine) -> None:
    with pytest.raises(CannotCalibrate, match="These would be 2") as refused:
        run(machine, replace(PLAN, networks=2))
    assert "--runs 10" in (refused.value.remedy or "")
    assert machine.asked == []


def test_few_networks_are_enough_where_others_were_measured(machine: FakeMachine) -> None:
    store_measurements(machine.catalog, *(measured(name) for name in NETWORKS[2:9]))
    ended = run(machine, replace(PLAN, networks=2))
    assert ended is not None
    assert ended.measured_now == 2


def test_where_a_calibration_has_ended_nothing_is_measured_unless_it_is_asked_for(
    machine: FakeMachine,
) -> None:
    plan = replace(PLAN, unless_estimated=True)
    assert run(machine, plan) is not None
    assert len(machine.asked) == 1
    more = run(machine, replace(plan, networks=12))
    assert more is not None
    assert more.measured_now == 0
    other = replace(plan, threads=2)  # of which nothing is estimated
    assert run(machine, other) is not None
    assert len(machine.asked) == 2
    assert run(machine, replace(PLAN, networks=12)) is not None
    assert len(machine.asked) == 3


def test_a_calibration_that_was_interrupted_continues_even_so(machine: FakeMachine) -> None:
    plan = replace(PLAN, unless_estimated=True)
    machine.code = INTERRUPTED
    assert run(machine, plan) is None
    machine.code = 0
    assert run(machine, plan) is not None
    assert len(machine.asked) == 2


def test_a_short_time_is_enough_for_the_networks_that_estimates_need(machine: FakeMachine) -> None:
    ended = run(machine, replace(PLAN, networks=None, budget_s=1.0))
    assert ended is not None
    assert ended.measured_now == choosing.LEAST_NETWORKS
    assert machine.options[0][-3:] == ("--within-budget", "--time-budget", "1")


def test_too_few_networks_are_an_error_where_too_many_failed(machine: FakeMachine) -> None:
    machine.failing, machine.code = frozenset(NETWORKS[:3]), FAILED
    with pytest.raises(CannotCalibrate, match=f"fewer than {fitting.LEAST_NETWORKS} networks"):
        run(machine)


def test_a_configuration_with_too_few_networks_is_named(machine: FakeMachine) -> None:
    other = Configuration(RuntimeName.OPENVINO, threads=1)
    store_measurements(machine.catalog, *(measured(name, configuration=other) for name in NETWORKS[:3]))
    ended = run(machine)
    assert ended is not None
    assert ended.too_few == ((other, 3),)


def test_no_runs_estimate_from_what_was_measured(machine: FakeMachine) -> None:
    store_measurements(machine.catalog, *(measured(name) for name in NETWORKS[:9]))
    ended = run(machine, Plan(networks=0))
    assert ended is not None
    assert machine.asked == []
    assert len(ended.basis.measurements) == 9


def test_another_target_is_estimated_and_not_measured(machine: FakeMachine) -> None:
    there = make_target("there")
    store_measurements(machine.catalog, *(make_measurement(name, target=there) for name in NETWORKS[:9]))
    ended = run(machine, Plan(target="there"))
    assert ended is not None
    assert ended.basis.target == there
    assert machine.asked == []


def test_an_unknown_target_is_refused(machine: FakeMachine) -> None:
    with pytest.raises(UnknownTarget):
        run(machine, Plan(target="nowhere"))


def test_networks_that_timm_made_for_tests_are_not_measured(
    machine: FakeMachine, estimator: FakeEstimator
) -> None:
    with machine.catalog.write() as session:
        save_architectures(session, [make_architecture(NETWORKS[0], tags=("test-network",))])
    run(machine)
    assert np.isinf(estimator.costs[0]).tolist() == [True] + [False] * (len(NETWORKS) - 1)


def test_the_time_limits_the_set_and_the_measuring(machine: FakeMachine) -> None:
    run(machine, Plan(budget_s=60.0, runtimes=(RuntimeName.ONNXRUNTIME,), threads=1))
    assert 0 < len(machine.asked[0]) < len(NETWORKS)
    assert machine.options[0][-2:] == ("--time-budget", "60")
