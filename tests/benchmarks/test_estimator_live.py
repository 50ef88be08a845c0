"""The networks that were measured on live machines."""

import numpy as np

from catalog.words.vocabulary import RuntimeName
from tests.benchmarks.estimator import live

EVERY = [one for machine in live.PATHS for one in live.load(machine)]


def test_each_machine_was_measured_in_both_runtimes() -> None:
    found = {(one.machine, one.runtime) for one in EVERY}

    assert found == {
        (machine, runtime)
        for machine in ("epyc", "xeon")
        for runtime in (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)
    }


def test_a_reference_is_another_machine_in_the_same_runtime() -> None:
    for one in EVERY:
        (other,) = live.elsewhere(one, EVERY)
        assert other.machine != one.machine
        assert other.runtime is one.runtime


def test_networks_are_left_out_with_all_that_was_measured_of_them() -> None:
    one = EVERY[0]
    dropped = {workload.architecture for workload in one.workloads[::2]}
    held = one.without(dropped)

    assert dropped.isdisjoint(workload.architecture for workload in held.workloads)
    assert len(held.workloads) == len(held.families) == len(held.profiles) == len(held.known)
    of = dict(zip(one.workloads, one.log_ms, strict=True))
    assert np.array_equal(held.log_ms, [of[workload] for workload in held.workloads])
