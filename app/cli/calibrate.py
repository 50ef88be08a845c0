"""`archrank calibrate`."""

from typing import Annotated

import typer

from app.child import INTERRUPTED
from app.cli.options.needing import alone
from catalog.console.examples import examples
from catalog.words.durations import parse_duration
from catalog.words.vocabulary import Device, Precision, RuntimeName

_BUDGET = "6m"
_NOTHING_ESTIMATED = 1  # the exit code


@examples(
    "archrank calibrate",
    "archrank calibrate --time-budget 2m --runtime openvino",
    "archrank calibrate --device cuda --precision amp_fp16 --batch-size 64",
    "archrank calibrate --runs 0",
)
def calibrate(
    target: Annotated[str, typer.Option(help="Id of the target. `local` is this machine.")] = "local",
    runs: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=200,
            help="Number of networks to measure. 0 measures none, and estimates from what was measured.",
        ),
    ] = None,
    time_budget: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Time to measure for, as 90s, 6m or 1h, or a number of seconds. Ten networks are "
            "measured at least. The default is 6m.",
        ),
    ] = None,
    runtime: Annotated[
        list[RuntimeName] | None,
        typer.Option(
            help="Runtime to measure. Can be repeated. The default is onnxruntime and openvino on a CPU, and "
            "pytorch on a GPU."
        ),
    ] = None,
    device: Annotated[
        Device, typer.Option(help="Device to measure: this CPU, or the first visible NVIDIA GPU.")
    ] = Device.CPU,
    precision: Annotated[
        Precision | None, typer.Option(help="Precision to measure. The default is fp32.")
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="Images in one call. The default is 1.", metavar="NUMBER"),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads. The default is all CPUs, and 1 with a GPU.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Measure again what was measured, as on a machine that was busy.")
    ] = False,
    unless_estimated: Annotated[
        bool,
        typer.Option("--unless-estimated", help="Measure nothing where a calibration has ended before."),
    ] = False,
) -> None:
    """Measure a few networks on this machine, and estimate all other networks from the measurements.

    Interrupt the command at any time. Run the same command again to continue. What was measured is not
    measured again, unless --force is given.
    """
    from app.calibrating.calibration import Plan
    from app.calibrating.calibration import calibrate as calibrate_
    from app.cli.tables.calibration import print_calibration
    from app.errors import ConflictingLimits
    from catalog.host import LOCAL
    from catalog.opening import open_catalog
    from catalog.reference.tables.operator_inventory import read
    from catalog.reference.tables.reading import INVENTORY, shipped
    from catalog.settings import CatalogSettings

    if runs is not None and time_budget is not None:
        raise ConflictingLimits("--runs and --time-budget both limit the measuring.", "Give one of them.")
    if runs == 0:
        of_measuring = {"--precision": precision, "--batch-size": batch_size, "--threads": threads}
        alone("--runs 0", {"--force": force, "--runtime": runtime, **of_measuring})
    if unless_estimated:
        alone("--unless-estimated", {"--force": force})
    if target != LOCAL:
        alone(f"--target {target}", {"--device": device is not Device.CPU})
    plan = Plan(
        target=target,
        networks=runs,
        budget_s=None if runs is not None else parse_duration(time_budget or _BUDGET, "--time-budget"),
        runtimes=tuple(dict.fromkeys(runtime or ())),
        device=device,
        precision=precision or Precision.FP32,
        batch_size=batch_size or 1,
        threads=threads,
        again=force,
        unless_estimated=unless_estimated,
    )
    with open_catalog(CatalogSettings().catalog_url) as catalog:
        ended = calibrate_(catalog, plan, read(shipped().folder / INVENTORY), typer.echo)
    if ended is None:
        raise typer.Exit(INTERRUPTED)  # `archrank profile` has said so
    print_calibration(ended)
    if not ended.estimates_speeds:
        raise typer.Exit(_NOTHING_ESTIMATED)
