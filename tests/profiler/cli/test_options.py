from typing import Any

import pytest

from catalog.host import usable_cpus
from catalog.machine.topology import CoreKind
from catalog.words.vocabulary import Device, RuntimeName
from profiler.cli import options
from profiler.errors import (
    ConflictingOptions,
    InvalidRequest,
    TooManyThreads,
    UnknownPercentile,
    UnsupportedByRuntime,
)
from profiler.protocol.percentiles import calls_needed
from profiler.protocol.plan import SamplingPlan


@pytest.mark.parametrize(
    ("train", "batch_curve", "runtimes", "clients", "batch_sizes"),
    [
        (True, True, (), (), ()),
        (True, False, (RuntimeName.PYTORCH,), (1,), (4, 8)),
        (False, True, (RuntimeName.OPENVINO,), (1, 4), ()),
    ],
)
def test_options_that_allow_one_another_are_accepted(
    train: bool,
    batch_curve: bool,
    runtimes: tuple[RuntimeName, ...],
    clients: tuple[int, ...],
    batch_sizes: tuple[int, ...],
) -> None:
    options.check_exclusions(
        train=train, batch_curve=batch_curve, runtimes=runtimes, clients=clients, batch_sizes=batch_sizes
    )


@pytest.mark.parametrize(
    ("train", "batch_curve", "runtimes", "clients", "batch_sizes", "cause", "named"),
    [
        (
            True, False, (RuntimeName.PYTORCH, RuntimeName.OPENVINO), (), (),
            UnsupportedByRuntime, "openvino cannot train",
        ),
        (True, False, (), (1, 4), (), ConflictingOptions, "--clients"),
        (False, True, (), (), (8,), ConflictingOptions, "--batch-size"),
    ],
)  # fmt: skip
def test_options_that_exclude_one_another_are_refused(
    train: bool,
    batch_curve: bool,
    runtimes: tuple[RuntimeName, ...],
    clients: tuple[int, ...],
    batch_sizes: tuple[int, ...],
    cause: type[InvalidRequest],
    named: str,
) -> None:
    with pytest.raises(cause, match=named):
        options.check_exclusions(
            train=train, batch_curve=batch_curve, runtimes=runtimes, clients=clients, batch_sizes=batch_sizes
        )


def test_threads_are_of_one_kind_of_core_and_others_are_chosen_with_taskset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(options, "usable_cpus", lambda: 12)
    monkeypatch.setattr(options, "measured_cores", lambda: CoreKind("performance", tuple(range(12))))
    options.check_threads((12,))
    with pytest.raises(TooManyThreads, match="12 CPUs of performance cores") as caught:
        options.check_threads((20,))
    assert "taskset" in (caught.value.remedy or "")


def test_a_host_runs_as_many_threads_as_it_has_cpus() -> None:
    options.check_threads(())
    options.check_threads((1, usable_cpus()))
    with pytest.raises(TooManyThreads, match=f"--threads {usable_cpus() + 1} "):
        options.check_threads((1, usable_cpus() + 1))


def test_a_gpu_has_its_own_runtimes_and_is_fed_by_one_thread() -> None:
    assert RuntimeName.OPENVINO not in options.default_runtimes(Device.CUDA, only_torch=False)
    assert options.default_threads(Device.CUDA) == 1
    assert options.default_threads(Device.CPU) == usable_cpus()
    options.check_device(Device.CPU, RuntimeName, train=True)
    with pytest.raises(UnsupportedByRuntime, match="openvino"):
        options.check_device(Device.CUDA, [RuntimeName.OPENVINO])


@pytest.mark.parametrize(
    ("processes", "max_processes", "expected"),
    [(None, None, (3, 8)), (5, None, (5, 8)), (20, None, (20, 20)), (None, 2, (2, 2)), (4, 9, (4, 9))],
)
def test_the_number_of_processes_that_is_not_given_follows_the_other(
    processes: int | None, max_processes: int | None, expected: tuple[int, int]
) -> None:
    plan = options.sampling_plan(processes, max_processes, None, 0.02, None)
    assert (plan.processes, plan.max_processes) == expected


@pytest.mark.parametrize(
    ("processes", "max_blocks", "expected"),
    [
        (None, None, (3, 4, 60)),
        (None, 100, (3, 4, 100)),
        (None, 9, (3, 3, 9)),
        (None, 2, (2, 1, 2)),
        (1, 2, (1, 2, 2)),
        (2, 2, (2, 1, 2)),
        (20, None, (20, 4, 80)),
    ],
)
def test_the_blocks_of_a_process_follow_from_the_processes_and_the_most_blocks(
    processes: int | None, max_blocks: int | None, expected: tuple[int, int, int]
) -> None:
    plan = options.sampling_plan(processes, None, max_blocks, 0.02, None)
    assert (plan.processes, plan.blocks_each, plan.max_blocks) == expected
    assert plan.processes <= plan.min_blocks <= plan.max_blocks


@pytest.mark.parametrize(
    ("max_processes", "max_blocks", "named"),
    [
        (5, None, "--processes 9 is above --max-processes 5"),
        (None, 8, "--processes 9 is above --max-blocks 8"),
    ],
)
def test_more_processes_than_the_most_are_refused(
    max_processes: int | None, max_blocks: int | None, named: str
) -> None:
    with pytest.raises(ConflictingOptions, match=named) as caught:
        options.sampling_plan(9, max_processes, max_blocks, 0.02, None)
    assert caught.value.remedy


def test_without_options_the_plan_is_the_usual_one() -> None:
    assert options.sampling_plan(None, None, None, 0.02, None) == SamplingPlan()


def test_the_interval_target_is_that_of_the_plan() -> None:
    assert options.sampling_plan(None, None, None, 0.05, None) == SamplingPlan(interval_target=0.05)


@pytest.mark.parametrize("max_blocks", [None, 2])
def test_a_percentile_allows_as_many_blocks_as_its_calls_need(max_blocks: int | None) -> None:
    plan = options.sampling_plan(1, None, max_blocks, 0.02, 99)
    assert (plan.percentile, plan.calls_for_percentile) == (99, calls_needed(99))
    assert plan.max_blocks * plan.block_calls >= calls_needed(99)


def test_an_unknown_percentile_is_refused() -> None:
    with pytest.raises(UnknownPercentile, match="--percentile 50 "):
        options.sampling_plan(None, None, None, 0.02, 50)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"train": True}, "On a GPU, --train is not measured."),
        ({"compiled": True, "clients": [2]}, "On a GPU, --compiled and --clients are not measured."),
    ],
)
def test_a_gpu_is_measured_in_one_way(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedByRuntime, match=words) as refused:
        options.check_device(Device.CUDA, [], **given)
    assert refused.value.remedy is not None
    assert "--device cpu" in refused.value.remedy
    options.check_device(Device.CUDA, [RuntimeName.PYTORCH], clients=[1])
