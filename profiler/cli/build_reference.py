"""`archrank build-reference`."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.console.examples import examples
from catalog.console.terminal import console
from profiler.cli.exit_codes import INTERRUPTED

if TYPE_CHECKING:
    from rich.console import Console

    from catalog.entities.networks import Workload
    from catalog.words.vocabulary import RuntimeName
    from profiler.artefacts.cache import CachedArtefact
    from profiler.preparation import Examined
    from profiler.reference.memory import PeakMemory
    from profiler.reference.operators import Built as BuiltInventory
    from profiler.reference.skeletons import Built


class Part(StrEnum):
    """What `archrank build-reference` can write."""

    TABLES = "tables"
    SKELETONS = "skeletons"
    OPERATORS = "operators"
    MEMORY = "memory"


@examples(
    "archrank build-reference",
    "archrank build-reference --part tables --tables tables/",
    "archrank build-reference --part skeletons --part operators",
)
def build_reference(
    part: Annotated[
        list[Part] | None,
        typer.Option(
            help="What to write: tables, skeletons, operators or memory. Can be repeated. The default is all."
        ),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(help="Folder to write into. The default is the tables of this installation."),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="File to keep intermediate findings in. The default is in the cache.")
    ] = None,
) -> None:
    """Count and export every architecture of the installed timm, and write the reference tables.

    Counting takes an hour, and exporting takes several. Interrupt the command at any time, and run it again
    to continue. What the archive of skeletons holds is not exported again. The inventory of operators is read
    from the archive in a few minutes. What memory each network takes is measured for some hours. An
    interrupted command writes what it has measured into the inventory.
    """
    from importlib.metadata import version

    from catalog.host import allowed_cpus
    from catalog.reference.tables.reading import INVENTORY, SKELETONS, ReferenceTables, shipped
    from profiler.cli.reference_bar import ReferenceBar
    from profiler.preparation import Preparation
    from profiler.reference import memory, operators, skeletons
    from profiler.reference import tables as timm_tables
    from profiler.settings import ProfilerSettings
    from profiler.skeletons.archive import Archive

    settings, parts = ProfilerSettings(), part or list(Part)
    findings = journal or settings.cache_dir / f"reference-timm-{version('timm')}.jsonl"
    folder = tables or shipped().folder
    preparation = Preparation(settings.cache_dir, allowed_cpus())
    shown = console()
    try:
        if Part.TABLES in parts:
            with ReferenceBar(shown) as bar:
                examined = timm_tables.build(preparation, findings, shipped(), folder, bar)
            _print_tables(examined, shown)
        if Part.SKELETONS in parts:
            beside = findings.with_name(f"skeletons-{findings.name}")
            with ReferenceBar(shown) as bar:
                built = skeletons.build(
                    preparation, beside, ReferenceTables(folder), shipped(), folder / SKELETONS, bar
                )
            _print_skeletons(built, folder / SKELETONS, shown)
        if Part.OPERATORS in parts:
            with ReferenceBar(shown) as bar:
                listed = operators.build(Archive(folder / SKELETONS), folder / INVENTORY, bar)
            _print_operators(listed, folder / INVENTORY, shown)
        if Part.MEMORY in parts:
            with ReferenceBar(shown) as bar:
                peaks = memory.build(
                    Archive(folder / SKELETONS),
                    folder / INVENTORY,
                    findings.with_name(_memory_journal()),
                    findings.parent,
                    allowed_cpus(),
                    _peak_bytes,
                    bar,
                )
            _print_memory(peaks, shown)
    except KeyboardInterrupt:
        typer.echo(
            f"Interrupted. Findings are kept in {findings.parent}. Run the command again to continue.",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    finally:
        preparation.close()


def _print_tables(examined: Sequence["Examined"], shown: "Console") -> None:
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


def _print_skeletons(built: "Built", path: Path, shown: "Console") -> None:
    """How much the archive holds, which network's activations are the largest, and what is missing."""
    size_mb = path.stat().st_size / 1e6
    typer.echo(f"{len(built.skeletons)} skeletons in {size_mb:.1f} MB, {len(built.unexported)} not exported.")
    activations = {one: one.activations for one in built.skeletons if one.activations is not None}
    if activations:
        worst, found = max(activations.items(), key=lambda item: item[1].largest)
        denormal = sum(one.denormal > 0 for one in activations.values())
        shown.print(
            f"The largest activation of drawn weights is {found.largest:.3g}, in {worst.workload.id}. "
            f"{denormal} networks compute denormal numbers."
        )
    for one in built.unexported:
        shown.print(f"{one.workload.id}: {one.reason}")


def _print_operators(built: "BuiltInventory", path: Path, shown: "Console") -> None:
    """How much the inventory holds, and what is missing."""
    size_mb = path.stat().st_size / 1e6
    typer.echo(
        f"{len(built.inventory.operators)} different operators of {len(built.inventory.workloads)} networks "
        f"in {size_mb:.1f} MB, {len(built.unlisted)} networks without."
    )
    for name, reason in built.unlisted.items():
        shown.print(f"{name}: {reason}")


def _memory_journal() -> str:
    """The name of the journal of memory. Another version of a runtime may take another amount."""
    from importlib.metadata import version

    return f"memory-onnxruntime-{version('onnxruntime')}-openvino-{version('openvino')}.jsonl"


def _peak_bytes(workload: "Workload", runtime: "RuntimeName", artefact: "CachedArtefact") -> int | None:
    from catalog.entities.configurations import Configuration
    from profiler.campaign.measuring import peak_bytes
    from profiler.cases import Case
    from profiler.preparation import TIMEOUT_S

    return peak_bytes(Case(workload, Configuration(runtime, threads=1)), artefact, TIMEOUT_S)


def _print_memory(peaks: Sequence["PeakMemory"], shown: "Console") -> None:
    """Of how many networks the memory is known, and why it is not of more."""
    for runtime in dict.fromkeys(one.runtime for one in peaks):
        known = sum(one.runtime is runtime and one.peak_mb is not None for one in peaks)
        typer.echo(f"The inventory has the memory of {known} networks in {runtime}.")
    for one in peaks:
        if one.reason is not None:
            shown.print(f"{one.workload.id}, {one.runtime}: {one.reason}")
