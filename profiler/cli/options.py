"""What the options of `archrank profile` mean, and which of them exclude one another."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from catalog.host import measured_cores, usable_cpus
from catalog.words.vocabulary import Device, RuntimeName
from profiler.errors import (
    ConflictingOptions,
    NothingToMeasure,
    TooManyThreads,
    UnknownPercentile,
    UnknownPreset,
    UnsupportedByRuntime,
)
from profiler.presets import PRESETS
from profiler.protocol.percentiles import PERCENTILES, calls_needed
from profiler.protocol.plan import SamplingPlan
from profiler.runtimes.base import runtimes_of

_Value = TypeVar("_Value")


def unique(values: Iterable[_Value] | None) -> tuple[_Value, ...]:
    """The values of an option that can be repeated, without repetitions. Empty where it was not given."""
    return tuple(dict.fromkeys(values or ()))


def patterns(names: Collection[str], preset: str | None, *, stale: bool) -> tuple[str, ...]:
    """The architectures to measure, as names or patterns. With `stale`, none means all.

    Raises:
        UnknownPreset: there is no such preset.
        NothingToMeasure: neither names nor a preset were given.
    """
    if preset is not None and preset not in PRESETS:
        raise UnknownPreset(f"Unknown preset {preset!r}.", f"Known presets: {', '.join(PRESETS)}.")
    chosen = (*names, *(PRESETS[preset] if preset else ()))
    if not chosen and not stale:
        raise NothingToMeasure(
            "There is nothing to profile.", "Name architectures, or give --preset starter."
        )
    return chosen


def check_exclusions(
    *,
    train: bool,
    batch_curve: bool,
    runtimes: Collection[RuntimeName],
    clients: Collection[int],
    batch_sizes: Collection[int],
) -> None:
    """Refuse options that exclude one another. An empty collection is an option not given.

    Raises:
        ConflictingOptions: two options exclude one another.
        UnsupportedByRuntime: a runtime cannot train.
    """
    if batch_curve and batch_sizes:
        raise ConflictingOptions(
            "--batch-curve and --batch-size both choose the batches.", "Give one of the two options."
        )
    if not train:
        return
    if others := set(runtimes) - {RuntimeName.PYTORCH}:
        raise UnsupportedByRuntime(
            f"{', '.join(sorted(others))} cannot train.", "Leave --runtime out: only pytorch trains."
        )
    if set(clients) - {1}:
        raise ConflictingOptions(
            "--train cannot be combined with --clients.", "Leave --clients out: training serves no clients."
        )


def check_threads(threads: Collection[int]) -> None:
    """Refuse more threads than this host has CPUs.

    Raises:
        TooManyThreads: there are more.
    """
    cpus, kind = usable_cpus(), measured_cores().name
    most = max(threads, default=0)
    if most > cpus:
        cores = f" of {kind} cores" if kind else ""
        others = " `taskset` chooses cores of another kind." if kind else ""
        raise TooManyThreads(
            f"--threads {most} is more than the {cpus} CPU{'s' * (cpus != 1)}{cores}.",
            f"Give at most {cpus}.{others}",
        )


def check_device(
    device: Device,
    runtimes: Iterable[RuntimeName],
    *,
    train: bool = False,
    compiled: bool = False,
    clients: Collection[int] = (),
) -> None:
    """Refuse what is not measured on the device at all: runtimes, and ways to run a network.

    Raises:
        UnsupportedByRuntime: one of them is not.
    """
    elsewhere = {"--train": train, "--compiled": compiled, "--clients": set(clients) - {1}}
    given = [option for option, value in elsewhere.items() if value]
    if device is Device.CUDA and given:
        raise UnsupportedByRuntime(
            f"On a GPU, {' and '.join(given)} {'are' if len(given) > 1 else 'is'} not measured.",
            f"Leave {' and '.join(given)} out, or measure the CPU with --device cpu.",
        )
    possible = runtimes_of(device)
    if impossible := [name for name in runtimes if name not in possible]:
        raise UnsupportedByRuntime(
            f"--device {device} does not support {', '.join(impossible)}.",
            f"Choose among {', '.join(possible)}.",
        )


def default_runtimes(device: Device, *, only_torch: bool) -> tuple[RuntimeName, ...]:
    """The runtimes of a request that names none. With `only_torch`, it trains or compiles."""
    if only_torch:
        return (RuntimeName.PYTORCH,)
    if device is Device.CUDA:
        return (RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME)
    return (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)


def default_threads(device: Device) -> int:
    """The host's threads of a request that names none. One thread feeds a GPU."""
    return 1 if device is Device.CUDA else usable_cpus()


def sampling_plan(
    processes: int | None,
    max_processes: int | None,
    max_blocks: int | None,
    interval_target: float,
    percentile: int | None,
) -> SamplingPlan:
    """The plan with these numbers of processes and blocks, or the usual ones where they are None.

    Raises:
        ConflictingOptions: the least number of processes is above the largest, or above that of blocks.
        UnknownPercentile: it is not measured.
    """
    usual = SamplingPlan(interval_target=interval_target)
    for option, largest in (("--max-processes", max_processes), ("--max-blocks", max_blocks)):
        if processes is not None and largest is not None and processes > largest:
            raise ConflictingOptions(
                f"--processes {processes} is above {option} {largest}.", "Give a smaller --processes."
            )
    least = processes or min(usual.processes, max_processes or usual.processes, max_blocks or usual.processes)
    most = max_blocks or max(usual.max_blocks, least * usual.blocks_each)
    plan = replace(
        usual,
        processes=least,
        max_processes=max_processes or max(least, usual.max_processes),
        blocks_each=min(usual.blocks_each, max(1, most // least)),
        max_blocks=most,
    )
    if percentile is None:
        return plan
    if percentile not in PERCENTILES:
        measured = ", ".join(map(str, PERCENTILES))
        raise UnknownPercentile(
            f"--percentile {percentile} is not measured.", f"Known percentiles: {measured}."
        )
    return plan.with_percentile(percentile, calls_needed(percentile))
