"""`archrank catalog`: schema, exchange, withdrawals and published tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.console.examples import epilog
from catalog.console.help_pages import Commands
from catalog.console.terminal import console

if TYPE_CHECKING:
    from catalog.exchange.importing import ImportSummary

app = Commands(
    help="Upgrade, export and import the catalog.",
    no_args_is_help=True,
    epilog=epilog(
        "archrank catalog export profile.jsonl",
        "archrank catalog import profile.jsonl",
        "archrank catalog upgrade",
    ),
)
_SOME_LEFT_OUT = 1  # the exit code
_PLURALS = {"accuracy": "accuracies"}


@app.command(
    epilog=epilog(
        "archrank catalog upgrade",
        "ARCHRANK_CATALOG_URL=postgresql://db/archrank archrank catalog upgrade",
        "archrank catalog upgrade && archrank targets",
    )
)
def upgrade() -> None:
    """Bring the catalog's schema to the newest version, and load the reference tables.

    Where an import had changed a fact that ships with archrank, the shipped fact is restored.
    """
    from catalog.opening import upgrade_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.schema import SCHEMA_HEAD

    upgrade_catalog(CatalogSettings().catalog_url).close()
    console().print(f"The catalog's schema is {SCHEMA_HEAD}.")


@app.command(
    "forget-imported-facts",
    epilog=epilog(
        "archrank catalog forget-imported-facts",
        "archrank catalog forget-imported-facts && archrank card resnet50",
        "archrank catalog forget-imported-facts && archrank recommend",
    ),
)
def forget_imported_facts() -> None:
    """Remove the checkpoints, accuracies and published numbers that imports added. Restore shipped facts that
    imports changed.

    Measurements stay.
    """
    from catalog.opening import open_catalog
    from catalog.reference.tables.loading import restore
    from catalog.reference.tables.reading import shipped
    from catalog.settings import CatalogSettings

    with open_catalog(CatalogSettings().catalog_url) as catalog:
        removed = restore(catalog, shipped())
    console().print(
        f"Removed {removed} checkpoints, accuracies and published numbers. The shipped facts are restored."
    )


@app.command(
    "export",
    epilog=epilog(
        "archrank catalog export profile.jsonl",
        "archrank catalog export - | gzip > profile.jsonl.gz",
        "archrank catalog export - | ssh server archrank catalog import -",
    ),
)
def export_(
    path: Annotated[Path, typer.Argument(help="File to write. A dash is standard output.")],
    target: Annotated[
        str | None,
        typer.Option(
            help="Id of a target. Its measurements alone are written, and what a measurement refers to. "
            "`local` is this machine."
        ),
    ] = None,
) -> None:
    """Write the whole catalog as JSON Lines, or the measurements of one target. The file appears when it is
    whole."""
    from catalog.choosing_target import id_of_target
    from catalog.exchange.files import write_lines
    from catalog.exchange.writing import export_lines
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        chosen = None if target is None else id_of_target(session, target)
        lines = export_lines(session, chosen)
        if str(path) == "-":
            for line in lines:
                typer.echo(line)
        else:
            # The header and the end mark are no records.
            console().print(f"Wrote {write_lines(path, lines) - 2} records to {path}.")


@app.command(
    epilog=epilog(
        "archrank catalog copy sqlite:///catalog.sqlite postgresql://db/archrank",
        "archrank catalog copy postgresql://db/archrank sqlite:///backup.sqlite",
        "archrank catalog copy sqlite:///a.sqlite sqlite:////backup/a.sqlite",
    )
)
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="SQLAlchemy URL of the catalog to copy.")],
    destination: Annotated[
        str,
        typer.Argument(metavar="TO", help="SQLAlchemy URL of the copy. There must be no measurements yet."),
    ],
) -> None:
    """Copy a whole catalog to another database, as from SQLite to PostgreSQL: all rows, or none.

    Keys and uploaders are copied too, which an export does not have.
    """
    from catalog.opening import open_existing_catalog
    from catalog.storage.copies.copying import copy_all, prepared

    with open_existing_catalog(source) as from_, prepared(destination) as to:
        counts = copy_all(from_, to)
    console().print(
        f"Copied {counts['measurement']} measurements: "
        f"{sum(counts.values())} rows of {len(counts)} tables in all."
    )


@app.command(
    "import",
    epilog=epilog(
        "archrank catalog import profile.jsonl",
        "archrank catalog import profile.jsonl --facts",
        "gunzip -c profile.jsonl.gz | archrank catalog import - --keep-going",
    ),
)
def import_(
    path: Annotated[Path, typer.Argument(help="File that `catalog export` wrote. A dash is standard input.")],
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Leave out malformed lines and list each.")
    ] = False,
    facts: Annotated[
        bool,
        typer.Option(
            "--facts",
            help="Import facts as well: architectures, checkpoints, accuracies, counts, labels and published "
            "numbers.",
        ),
    ] = False,
) -> None:
    """Add the measurements of an export to the catalog. If a line is malformed, nothing is added."""
    from catalog.arrivals import follow
    from catalog.exchange.files import reading
    from catalog.exchange.importing import import_lines
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.words.texts import visible

    name = "standard input" if str(path) == "-" else visible(path.name)
    with open_catalog(CatalogSettings().catalog_url) as catalog, reading(path) as lines:
        summary = import_lines(catalog, lines, keep_going=keep_going, facts=facts, name=name)
        _print_summary(summary)
        follow(catalog, summary.targets, console().print)
    if summary.faults:
        raise typer.Exit(_SOME_LEFT_OUT)


def _print_summary(summary: "ImportSummary") -> None:
    read = ", ".join(
        f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in summary.records.items() if count
    )
    for fault in summary.faults:
        console().print(f"Left out: {fault.complaint}", style="yellow")
    if summary.facts_left:
        kinds = ", ".join(map(_plural, summary.facts_left))
        console().print(f"Of the {kinds}, only what a measurement needs was added. --facts takes over all.")
    if summary.numbers_left:
        console().print(
            f"Left out {summary.numbers_left} published or estimated numbers, which nobody measured. "
            "--facts takes over all, and marks them."
        )
    console().print(f"Read {read or 'no records'}. New measurements: {summary.new_measurements}.")


def _plural(kind: str) -> str:
    return _PLURALS.get(kind, f"{kind}s")


@app.command(
    epilog=epilog(
        "archrank catalog withdraw 10622b1cf5c2e156 --reason 'the fan was broken'",
        "archrank catalog withdraw 10622b1cf5c2e156 --undo",
        "archrank card resnet50 --json | grep '\"id\"'",
    )
)
def withdraw(
    measurement: Annotated[
        str, typer.Argument(help="Id of the measurement, as GET /v1/measurements has it.")
    ],
    reason: Annotated[str | None, typer.Option(help="Why the measurement is not to be used.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Use a withdrawn measurement again.")] = False,
) -> None:
    """Keep a measurement, and use it in no answer any more. `archrank profile` measures its case again."""
    from datetime import UTC, datetime

    from catalog.arrivals import follow
    from catalog.entities.measurements import Withdrawal
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.measurements.withdrawing import withdraw as withdraw_in

    if (reason is None) is not undo:
        raise typer.BadParameter("Give a --reason, or --undo.")
    withdrawal = None if reason is None else Withdrawal(reason, datetime.now(UTC))
    with open_catalog(CatalogSettings().catalog_url) as catalog:
        with catalog.write() as session:
            target = withdraw_in(session, measurement, withdrawal)
        console().print(f"Measurement {measurement} is {'used again' if undo else 'withdrawn'}.")
        follow(catalog, [target], console().print)


@app.command(
    epilog=epilog(
        "archrank catalog import-timm-results pytorch-image-models/results",
        "archrank catalog import-timm-results results --tables tables/",
        "archrank catalog import-timm-results results && archrank targets",
    )
)
def import_timm_results(
    directory: Annotated[
        Path, typer.Argument(help="Folder `results` of a checkout of pytorch-image-models.")
    ],
    tables: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write the project's own tables into. If given, the catalog stays unchanged."
        ),
    ] = None,
) -> None:
    """Import the accuracies and speeds that timm publishes. What cannot be read is listed at the end."""
    from catalog.arrivals import follow
    from catalog.errors import FileInaccessible, SourceTableError
    from catalog.opening import open_catalog
    from catalog.reference.speeds.published import describe, readable_tables
    from catalog.reference.speeds.run_pairs import learn, run_pairs
    from catalog.reference.speeds.timm_results import read_accuracies, read_speeds
    from catalog.reference.tables.loading import store_results
    from catalog.reference.tables.reading import shipped
    from catalog.reference.tables.writing import write_results, write_run_differences
    from catalog.settings import CatalogSettings

    unread: list[SourceTableError] = []
    accuracies = read_accuracies(directory, unread.append)
    speeds = readable_tables(read_speeds(directory, unread.append), unread.append)
    if not accuracies and not speeds:
        raise unread[0]
    rows = sum(map(len, speeds.values()))
    if tables is not None:
        try:
            write_results(accuracies, speeds, tables)
            write_run_differences(learn(run_pairs(speeds)), tables)
        except OSError as error:
            raise FileInaccessible(
                f"Cannot write {tables}: {error.strerror}.", "Name a folder that you may write."
            ) from error
        imported = rows
    else:
        with open_catalog(CatalogSettings().catalog_url) as catalog:
            with catalog.write() as session:
                imported = store_results(session, accuracies, speeds, shipped())
            # Of the tables that ship, every row is known. The others may be of hardware that lacks most.
            ships = {source.name for source in shipped().speeds()}
            new = {describe(source.name).target.id for source in speeds if source.name not in ships}
            follow(catalog, new, console().print)
    checkpoints = {accuracy.checkpoint for of_file in accuracies.values() for accuracy in of_file}
    console().print(
        f"Imported {sum(map(len, accuracies.values()))} accuracies of {len(checkpoints)} checkpoints, "
        f"and {imported} of {rows} speeds."
    )
    if imported < rows:
        console().print(
            "The other speeds are of networks whose number of parameters the catalog has not counted.",
            style="dim",
        )
    for complaint in unread:
        console().print(f"Not read: {complaint.message}", style="yellow")
    if unread:
        raise typer.Exit(_SOME_LEFT_OUT)
