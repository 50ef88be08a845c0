"""`archrank profile`."""

from typing import TYPE_CHECKING

import typer

from catalog.console.examples import examples
from catalog.console.terminal import console
from catalog.words.vocabulary import Device, Precision, Scenario
from profiler.cli import option_types as given
from profiler.cli.exit_codes import FAILED, HOST_FAULT

if TYPE_CHECKING:
    from profiler.campaign.campaign import Tally
    from profiler.cases import Case

# Beyond what the canary of two campaigns parts by on a machine that stays as it is.
_LEVEL_MOVED = 0.05


@examples(
    "archrank profile --preset starter",
    "archrank profile resnet50 'mobilenetv3_*' --runtime openvino",
    "archrank profile resnet50.a1_in1k --batch-curve --force",
)
def profile(
    names: given.Names = None,
    preset: given.Preset = None,
    cases: given.CaseFile = None,
    runtime: given.Runtimes = None,
    device: given.OnDevice = Device.CPU,
    precision: given.Precisions = None,
    compiled: given.Compiled = False,
    arena: given.Arena = True,
    threads: given.Threads = None,
    batch_size: given.BatchSizes = None,
    batch_curve: given.BatchCurve = False,
    input_size: given.InputSizes = None,
    num_classes: given.NumClasses = None,
    in_chans: given.InChans = None,
    train: given.Train = False,
    clients: given.Clients = None,
    processes: given.Processes = None,
    max_processes: given.MaxProcesses = None,
    max_blocks: given.MaxBlocks = None,
    interval_target: given.IntervalTarget = 0.02,
    time_budget: given.TimeBudget = None,
    within_budget: given.WithinBudget = False,
    percentile: given.Percentile = None,
    timeout: given.Timeout = 300,
    prepare_timeout: given.PrepareTimeout = 900,
    node_profiles: given.NodeProfiles = False,
    force: given.Force = False,
    retry_failed: given.RetryFailed = False,
    stale: given.Stale = False,
) -> None:
    """Measure architectures on this machine. Cases that the catalog holds are not measured twice.

    Interrupt the command at any time. Run the same command again to continue. The exit code is 1 where a case
    failed, and 2 where a fault of this host kept a case from being measured.
    """
    from math import inf

    from catalog.entities.networks import IMAGE_CHANNELS
    from catalog.words.durations import parse_duration
    from profiler.campaign.batch_curve import BATCH_SIZES
    from profiler.campaign.request import ProfileRequest
    from profiler.cli import options
    from profiler.cli.case_file import read_cases
    from profiler.cli.running import Stopped, run_campaign
    from profiler.errors import ConflictingOptions

    is_configured = runtime or precision or threads or batch_size or train or compiled or clients or not arena
    if stale and (is_configured or batch_curve or input_size or num_classes or in_chans):
        raise ConflictingOptions(
            "--stale measures cases as they were configured before.", "Give --stale with names or alone."
        )
    if within_budget and time_budget is None:
        raise ConflictingOptions("--within-budget needs a budget.", "Give --time-budget too.")
    runtimes, batch_sizes = options.unique(runtime), options.unique(batch_size)
    listed: tuple[Case, ...] = ()
    if cases is not None:
        workloads = names or preset or input_size or num_classes or in_chans
        if workloads or runtime or precision or threads or batch_size or batch_curve:
            raise ConflictingOptions(
                "--cases says itself what is measured.", "Give --cases without names and configurations."
            )
        if stale or train or compiled or clients or device is not Device.CPU or not arena:
            raise ConflictingOptions(
                "--cases says itself how it is measured.", "Give --cases without configurations."
            )
        listed = read_cases(cases)
        options.check_threads([one.configuration.threads or 1 for one in listed])
        device = listed[0].configuration.device
        runtimes = options.unique(one.configuration.runtime for one in listed)
        names = list(options.unique(one.workload.architecture for one in listed))
    patterns = options.patterns(names or (), preset, stale=stale)
    options.check_threads(threads or ())
    options.check_exclusions(
        train=train,
        batch_curve=batch_curve,
        runtimes=runtimes,
        clients=clients or (),
        batch_sizes=batch_sizes,
    )
    options.check_device(device, runtimes, train=train, compiled=compiled, clients=clients or ())
    request = ProfileRequest(
        patterns=patterns,
        runtimes=runtimes or options.default_runtimes(device, only_torch=train or compiled),
        precisions=options.unique(precision) or (Precision.FP32,),
        compiled=compiled,
        arena=arena,
        threads=options.unique(threads) or (options.default_threads(device),),
        device=device,
        batch_sizes=BATCH_SIZES if batch_curve else batch_sizes or (1,),
        input_sizes=options.unique(input_size),
        num_classes=options.unique(num_classes),
        in_chans=options.unique(in_chans) or (IMAGE_CHANNELS,),
        scenario=Scenario.TRAINING if train else Scenario.SINGLE_STREAM,
        clients=options.unique(clients) or (1,),
        plan=options.sampling_plan(processes, max_processes, max_blocks, interval_target, percentile),
        timeout_s=timeout,
        time_budget_s=inf if time_budget is None else parse_duration(time_budget, "--time-budget"),
        within_budget=within_budget,
        force=force,
        retry_failed=retry_failed,
        stale=stale,
        listed=listed,
        node_profiles=node_profiles,
    )
    try:
        tally = run_campaign(request, prepare_timeout)
    except Stopped as stopped:
        typer.echo(
            "Interrupted. Finished measurements are stored. Run the same command to continue.", err=True
        )
        raise typer.Exit(stopped.exit_code) from None
    _print(tally)
    if tally.unmeasured:
        _print_faults(tally)
        raise typer.Exit(HOST_FAULT)
    if tally.failed:
        raise typer.Exit(FAILED)


def _print_faults(tally: "Tally") -> None:
    """Every fault of the host once, with its remedy."""
    shown = console(stderr=True)
    for message, remedy in dict.fromkeys((one.fault.message, one.fault.remedy) for one in tally.unmeasured):
        shown.print(f"error: {message}", style="bold red")
        shown.print(f"  {remedy}")
    shown.print("Nothing is stored of these cases. The same command tries them again.")


def _what_follows(level_change: float) -> str:
    """What follows from it that the machine is another one now, or at another hour."""
    from profiler.protocol.quiet import MOST_DRIFT

    if 1 / MOST_DRIFT <= level_change <= MOST_DRIFT:
        return "The numbers are brought to their level, and the intervals are wider for it."
    return "If it stays there, the machine is another one now: measure again with --force."


def _print(tally: "Tally") -> None:
    from profiler.campaign.progress import before_in_words, cases_in_words

    not_measured = f"{len(tally.unmeasured)} not measured, " if tally.unmeasured else ""
    typer.echo(
        f"{tally.measured} {cases_in_words(tally.measured)} measured, {tally.failed} failed, {not_measured}"
        f"{before_in_words(tally.already_measured)}."
    )
    if tally.late:
        typer.echo(
            f"{tally.late} {cases_in_words(tally.late)} left out, because the time did not suffice. "
            "The same command without --force measures them."
        )
    if tally.slowdown is not None:
        typer.echo(f"Meanwhile this machine was {tally.slowdown:.2f} times as slow as when it is quiet.")
    if tally.level_change is not None and abs(tally.level_change - 1) > _LEVEL_MOVED:
        typer.echo(
            f"Even when quietest, it took {tally.level_change:.2f} times as long as in its last "
            f"measurements. {_what_follows(tally.level_change)}"
        )
    if tally.failed:
        typer.echo("To try failed cases again, run the same command with --retry-failed.")
    if tally.stale:
        typer.echo(
            f"{tally.stale} {cases_in_words(tally.stale)} {'was' if tally.stale == 1 else 'were'} measured "
            "in another environment or under another protocol. "
            "To measure stale cases again, run the command with --stale."
        )
