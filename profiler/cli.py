"""`archrank profile`, `archrank doctor` and `archrank build-reference`."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from catalog.words.vocabulary import Device, Precision, RuntimeName, Scenario

if TYPE_CHECKING:
    from profiler.campaign.campaign import Outcome
    from profiler.campaign.request import ProfileRequest
    from profiler.protocol.plan import SamplingPlan

_INTERRUPTED = 130
_T = TypeVar("_T")


def profile(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of architectures, or patterns as 'resnet*'.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Named set of architectures. The only preset is starter.")
    ] = None,
    runtime: Annotated[
        list[RuntimeName] | None,
        typer.Option(
            help="Runtime to measure. Can be repeated. The default is onnxruntime and openvino on a CPU, "
            "pytorch and onnxruntime on a GPU, and pytorch with --train or --compiled."
        ),
    ] = None,
    device: Annotated[
        Device, typer.Option(help="Device to measure: this CPU, or the first visible NVIDIA GPU.")
    ] = Device.CPU,
    precision: Annotated[
        list[Precision] | None,
        typer.Option(help="Precision to measure. Can be repeated. The default is fp32."),
    ] = None,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Compile each network with torch.compile.")
    ] = False,
    arena: Annotated[
        bool, typer.Option("--arena/--no-arena", help="Whether ONNX Runtime keeps freed memory for reuse.")
    ] = True,
    threads: Annotated[
        list[int] | None,
        typer.Option(min=1, help="CPU threads. Can be repeated. The default is all CPUs, and 1 with a GPU."),
    ] = None,
    batch_size: Annotated[
        list[int] | None, typer.Option(min=1, help="Images in one call. Can be repeated. The default is 1.")
    ] = None,
    batch_curve: Annotated[
        bool,
        typer.Option("--batch-curve", help="Measure batches of 1, 2, 4 to 64 images, until memory runs out."),
    ] = False,
    input_size: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Input size in pixels. Can be repeated. The default is the native size."),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Measure training steps (forward, backward, SGD) with pytorch.")
    ] = False,
    clients: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            max=1024,
            help="Number of clients that call at once, each with --threads. Can be repeated. "
            "The default is 1.",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1, max=200, help="Smallest number of fresh processes for each case. The default is 5."
        ),
    ] = None,
    max_processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=200,
            help="Largest number of processes for a disturbed or imprecise case. The default is 15.",
        ),
    ] = None,
    precision_target: Annotated[
        float,
        typer.Option(
            min=0.001, max=1, help="Half-width of the 95 % interval to reach, as a share of the latency."
        ),
    ] = 0.02,
    time_budget: Annotated[
        float | None,
        typer.Option(
            min=0, help="Seconds after which no case takes more than --processes. The default is no limit."
        ),
    ] = None,
    percentile: Annotated[
        int | None, typer.Option(help="Percentile to make enough calls for: 90, 95 or 99.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that one process may take.")] = 300,
    force: Annotated[
        bool, typer.Option("--force", help="Measure cases again that were measured before.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Measure cases again that failed before.")
    ] = False,
    stale: Annotated[
        bool,
        typer.Option(
            "--stale", help="Measure cases again that were measured with another version, kernel or protocol."
        ),
    ] = False,
) -> None:
    """Measure architectures on this machine. Cases that the catalog holds are not measured twice.

    Interrupt the command at any time. Run the same command again to continue.
    """
    from math import inf

    from catalog.host import usable_cpus
    from profiler.campaign.batch_curve import BATCH_SIZES
    from profiler.campaign.request import ProfileRequest, check_choices
    from profiler.errors import InvalidRequest
    from profiler.presets import PRESETS

    if preset is not None and preset not in PRESETS:
        raise InvalidRequest(f"Unknown preset {preset!r}.", f"Known presets: {', '.join(PRESETS)}.")
    patterns = (*(names or ()), *(PRESETS[preset] if preset else ()))
    if not patterns and not stale:
        raise InvalidRequest("There is nothing to profile.", "Name architectures, or give --preset starter.")
    if stale and (runtime or precision or threads or batch_size or input_size):
        raise InvalidRequest(
            "--stale measures cases as they were configured before.", "Give --stale with names or alone."
        )
    cpus = usable_cpus()
    if max(threads or [0]) > cpus:
        raise InvalidRequest(
            f"--threads {max(threads or [0])} is more than the {cpus} CPUs.", f"Give at most {cpus}."
        )
    check_choices(train, _unique(runtime), _unique(clients), _unique(batch_size), batch_curve)
    default_runtimes, default_threads = _defaults(device, cpus)
    _refuse_impossible(device, _unique(runtime))
    outcome = _run(
        ProfileRequest(
            patterns=patterns,
            runtimes=_unique(runtime) or ((RuntimeName.PYTORCH,) if train or compiled else default_runtimes),
            precisions=_unique(precision) or (Precision.FP32,),
            compiled=compiled,
            arena=arena,
            threads=_unique(threads) or (default_threads,),
            device=device,
            batch_sizes=BATCH_SIZES if batch_curve else _unique(batch_size) or (1,),
            input_sizes=_unique(input_size),
            scenario=Scenario.TRAINING if train else Scenario.SINGLE_STREAM,
            clients=_unique(clients) or (1,),
            plan=_plan(processes, max_processes, precision_target, percentile),
            timeout_s=timeout,
            time_budget_s=inf if time_budget is None else time_budget,
            force=force,
            retry_failed=retry_failed,
            stale=stale,
        )
    )
    typer.echo(
        f"{outcome.measured} cases measured, {outcome.failed} failed, "
        f"{outcome.already_measured} were measured before."
    )
    if outcome.failed:
        typer.echo("To try failed cases again, run the same command with --retry-failed.")
    if outcome.stale:
        typer.echo(
            f"{outcome.stale} cases were measured in another environment or under another protocol. "
            "To measure stale cases again, run the command with --stale."
        )


def _plan(
    processes: int | None, max_processes: int | None, precision: float, percentile: int | None
) -> "SamplingPlan":
    from profiler.errors import InvalidRequest
    from profiler.protocol.percentiles import PERCENTILES, calls_needed
    from profiler.protocol.plan import SamplingPlan

    usual = SamplingPlan(precision=precision)
    if processes is not None and max_processes is not None and processes > max_processes:
        raise InvalidRequest(
            f"--processes {processes} is above --max-processes {max_processes}.",
            "Give a smaller --processes.",
        )
    least = processes or min(usual.processes, max_processes or usual.processes)
    plan = replace(usual, processes=least, max_processes=max_processes or max(least, usual.max_processes))
    if percentile is None:
        return plan
    if percentile not in PERCENTILES:
        known = ", ".join(map(str, PERCENTILES))
        raise InvalidRequest(f"--percentile {percentile} is not measured.", f"Known percentiles: {known}.")
    return plan.carrying(percentile, calls_needed(percentile))


def doctor() -> None:
    """Check whether this host can measure, and say what to repair."""
    from profiler.doctor import Verdict, examine

    console = Console(highlight=False, soft_wrap=True)
    marks = {Verdict.OK: "[green]ok      [/]", Verdict.DOUBTFUL: "[yellow]doubtful[/]"}
    failed = False
    for check in examine():
        console.print(f"{marks.get(check.verdict, '[red]failed  [/]')}  {check.subject}: ", end="")
        console.print(check.finding, markup=False)
        if check.remedy:
            console.print(f"          -> {check.remedy}", markup=False)
        failed |= check.verdict is Verdict.FAILED
    console.print("This host cannot measure yet." if failed else "This host can measure.")
    raise typer.Exit(1 if failed else 0)


def build_reference(
    tables: Annotated[
        Path | None,
        typer.Option(help="Folder to write into. The default is the tables of this installation."),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="File to keep intermediate findings in. The default is in the cache.")
    ] = None,
) -> None:
    """Count every architecture of the installed timm, and write the reference tables.

    The command takes an hour. Interrupt it at any time, and run it again to continue.
    """
    from importlib.metadata import version

    from catalog.reference.reading import shipped
    from profiler import reference_tables
    from profiler.campaign.progress import ReferenceBar
    from profiler.preparation import Preparation
    from profiler.settings import ProfilerSettings

    settings = ProfilerSettings()
    kept = journal or settings.cache_dir / f"reference-timm-{version('timm')}.jsonl"
    preparation = Preparation(settings.cache_dir, len(os.sched_getaffinity(0)))
    console = Console(highlight=False, soft_wrap=True)
    with ReferenceBar(console) as bar:
        try:
            found = reference_tables.build(preparation, kept, shipped(), tables or shipped().folder, bar)
        except KeyboardInterrupt:
            typer.echo(
                f"Interrupted. Findings are kept in {kept}. Run the command again to continue.", err=True
            )
            sys.exit(_INTERRUPTED)
        finally:
            preparation.close()
    counted = [one for each in found for one in each.workloads]
    typer.echo(
        f"{len(found)} architectures, {sum(len(each.checkpoints) for each in found)} checkpoints, "
        f"{sum(one.counts is not None for one in counted)} of {len(counted)} workloads counted."
    )
    for each in found:
        if each.architecture.failure:
            console.print(f"{each.architecture.name}: {each.architecture.failure}", markup=False)


def _run(request: "ProfileRequest") -> "Outcome":
    from functools import partial

    from catalog.host import local_target
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from profiler.artefacts.cache import ArtefactCache
    from profiler.campaign.campaign import Campaign, measure_in_process
    from profiler.campaign.lock import host_lock
    from profiler.campaign.progress import ProgressBar
    from profiler.preparation import Preparation
    from profiler.sensors import environment, gpu_device
    from profiler.settings import ProfilerSettings

    gpu = None if request.device is Device.CPU else gpu_device.local_gpu()
    # Every process sees that one GPU alone, by its UUID: indices of CUDA and of the driver may differ.
    visible = {gpu_device.VISIBLE_DEVICES: gpu.uuid} if gpu else {}
    target = gpu_device.gpu_target(gpu) if gpu else local_target()
    if gpu:
        typer.echo(f"Measuring {target.label}, the target {target.id}.")
    settings = ProfilerSettings()
    parallel = len(os.sched_getaffinity(0))
    preparation = Preparation(settings.cache_dir, parallel)
    with open_catalog(CatalogSettings().catalog_url) as catalog, ProgressBar(Console()) as progress:
        campaign = Campaign(
            catalog=catalog,
            target=target,
            cache=ArtefactCache(settings.cache_dir, settings.cache_gb * 1e9),
            preparation=preparation,
            listener=progress,
            lock=lambda: host_lock(progress.waiting),
            measure=partial(measure_in_process, variables=visible),
            environment_of=partial(environment.current, driver=gpu.driver if gpu else None),
        )
        try:
            return campaign.run(request)
        except KeyboardInterrupt:
            progress.now("interrupted")
        finally:
            preparation.close()
    typer.echo("Interrupted. Finished measurements are stored. Run the same command to continue.", err=True)
    sys.exit(_INTERRUPTED)


def _defaults(device: Device, cpus: int) -> tuple[tuple[RuntimeName, ...], int]:
    """The runtimes and the host's threads of a request that names none: one thread feeds a GPU."""
    if device is Device.CUDA:
        return (RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME), 1
    return (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO), cpus


def _refuse_impossible(device: Device, runtimes: tuple[RuntimeName, ...]) -> None:
    """Raises InvalidRequest where a runtime does not compute on the device at all."""
    from profiler.errors import InvalidRequest
    from profiler.runtimes.base import runtimes_of

    possible = runtimes_of(device)
    if impossible := [name for name in runtimes if name not in possible]:
        raise InvalidRequest(
            f"--device {device} does not support {', '.join(impossible)}.",
            f"Choose among {', '.join(possible)}.",
        )


def _unique(values: list[_T] | None) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values or ()))
