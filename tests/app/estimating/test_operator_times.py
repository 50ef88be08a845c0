from dataclasses import replace

import numpy as np
import pytest

from app.estimating import roofline
from app.estimating.operator_times import learn, sums
from tests.app.estimating.fields import make_field, make_operators, operator_ns


def test_a_machine_that_is_a_roofline_is_found() -> None:
    operators = make_operators(np.random.default_rng(1), 2000, ("Conv", "MatMul", "Relu"))
    log_times = np.log(operator_ns(operators))
    fitted = roofline.fit(roofline.work_of(operators), log_times, np.ones(len(operators)))

    assert fitted.log_time(operators) == pytest.approx(log_times, abs=0.05)


def test_networks_that_were_not_measured_are_estimated_from_the_operators_of_others() -> None:
    inventory, profiles, truth = make_field(60)
    estimated = sums(learn(profiles[:20]), inventory)

    errors = np.abs(np.expm1(estimated.mean - truth))[20:]
    assert np.median(errors) < 0.05
    assert (errors < 0.1).mean() > 0.9
    assert (estimated.deviation >= 0).all()


def test_the_latency_sets_the_scale_and_the_profile_the_shares() -> None:
    inventory, profiles, _ = make_field(20)
    slow = [replace(one, latency_ns=3 * one.latency_ns) for one in profiles]

    apart = sums(learn(slow), inventory).mean - sums(learn(profiles), inventory).mean
    assert apart == pytest.approx(np.log(3), abs=0.05)


def test_what_profiling_adds_to_each_operator_is_not_learnt() -> None:
    inventory, profiles, truth = make_field(60)
    moments = np.random.default_rng(5).normal(1.0, 0.02, 20)
    profiled = [
        replace(one, group_ns=moment * (one.group_ns + 100_000))
        for one, moment in zip(profiles[:20], moments, strict=True)
    ]

    errors = np.abs(np.expm1(sums(learn(profiled), inventory).mean - truth))[20:]
    assert np.median(errors) < 0.02


def test_time_between_operators_is_no_overhead_of_profiling() -> None:
    inventory, profiles, _ = make_field(20)
    with_gaps = [replace(one, group_ns=np.maximum(one.group_ns - 3000, 1.0)) for one in profiles]
    without = [replace(one, group_ns=one.group_ns * one.latency_ns / one.group_ns.sum()) for one in with_gaps]

    found, expected = (sums(learn(held), inventory).mean for held in (with_gaps, without))
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_same_profiles_give_the_same_estimates() -> None:
    inventory, profiles, _ = make_field(10)

    assert np.array_equal(sums(learn(profiles), inventory).mean, sums(learn(profiles), inventory).mean)
