"""`archrank build-reference`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.host import allowed_cpus
from catalog.terminal import console
from profiler.cli.exit_codes import INTERRUPTED

if TYPE_CHECKING:
    from rich.console import Console

    from profiler.preparation import Examined


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
    from profiler.cli.reference_bar import ReferenceBar
    from profiler.preparation import Preparation
    from profiler.settings import ProfilerSettings

    settings = ProfilerSettings()
    journal_file = journal or settings.cache_dir / f"reference-timm-{version('timm')}.jsonl"
    preparation = Preparation(settings.cache_dir, allowed_cpus())
    shown = console()
    with ReferenceBar(shown) as bar:
        try:
            examined = reference_tables.build(
                preparation, journal_file, shipped(), tables or shipped().folder, bar
            )
        except KeyboardInterrupt:
            typer.echo(
                f"Interrupted. Findings are kept in {journal_file}. Run the command again to continue.",
                err=True,
            )
            raise typer.Exit(INTERRUPTED) from None
        finally:
            preparation.close()
    _print(examined, shown)


def _print(examined: Sequence["Examined"], shown: "Console") -> None:
    """How much there is, and why it is not more."""
    checkpoints = sum(len(network.checkpoints) for network in examined)
    workloads = [workload for network in examined for workload in network.workloads]
    counted = sum(workload.counts is not None for workload in workloads)
    typer.echo(
        f"{len(examined)} architectures, {checkpoints} checkpoints, "
        f"{counted} of {len(workloads)} workloads counted."
    )
    for network in examined:
        if network.architecture.failure:
            shown.print(f"{network.architecture.name}: {network.architecture.failure}")
