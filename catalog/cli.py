"""`archrank catalog`: schema, exchange and published tables."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from catalog.terminal import console

app = typer.Typer(help="Upgrade, export and import the catalog.", no_args_is_help=True)
_OTHER_FILE = "Name another file, or change its permissions."


@app.command()
def upgrade() -> None:
    """Bring the catalog's schema to the newest version and load the reference tables."""
    from catalog.opening import upgrade_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.schema import SCHEMA_HEAD

    upgrade_catalog(CatalogSettings().catalog_url).close()
    console().print(f"The catalog's schema is {SCHEMA_HEAD}.")


@app.command("export")
def export_(
    path: Annotated[Path, typer.Argument(help="File to write. A dash is standard output.")],
) -> None:
    """Write the whole catalog as JSON Lines."""
    from catalog import exchange
    from catalog.errors import FileInaccessible
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    lines = 0
    with (
        open_catalog(CatalogSettings().catalog_url) as catalog,
        catalog.read() as session,
        ExitStack() as stack,
    ):
        try:
            file = sys.stdout if str(path) == "-" else stack.enter_context(path.open("w", encoding="utf-8"))
            for line in exchange.export_lines(session):
                file.write(line + "\n")
                lines += 1
        except OSError as error:
            raise FileInaccessible(f"Cannot write {path}: {error.strerror}.", _OTHER_FILE) from error
    if str(path) != "-":
        console().print(f"Wrote {lines - 1} records to {path}.")


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="File that `catalog export` wrote. A dash is standard input.")],
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Leave out malformed lines and list each.")
    ] = False,
) -> None:
    """Add an export to the catalog. If a line is malformed, nothing is added."""
    from catalog import exchange
    from catalog.errors import FileInaccessible
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    with open_catalog(CatalogSettings().catalog_url) as catalog, ExitStack() as stack:
        try:
            file = sys.stdin if str(path) == "-" else stack.enter_context(path.open(encoding="utf-8"))
            summary = exchange.import_lines(catalog, file, keep_going=keep_going)
        except (OSError, UnicodeDecodeError) as error:
            raise FileInaccessible(f"Cannot read {path}: {error}.", _OTHER_FILE) from error
    plurals = {"accuracy": "accuracies"}
    read = ", ".join(
        f"{count} {plurals.get(kind, f'{kind}s') if count > 1 else kind}"
        for kind, count in summary.records.items()
        if count
    )
    for fault in summary.faults:
        console().print(f"Left out: {fault.complaint}", style="yellow")
    console().print(f"Read {read or 'no records'}. New measurements: {summary.new_measurements}.")
    if summary.faults:
        raise typer.Exit(1)


@app.command()
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
    """Import the accuracies and speeds that timm publishes."""
    from catalog.errors import FileInaccessible
    from catalog.opening import open_catalog
    from catalog.reference import published, timm_results
    from catalog.reference.loading import store_results
    from catalog.reference.reading import shipped
    from catalog.reference.writing import write_results
    from catalog.settings import CatalogSettings

    accuracies = timm_results.read_accuracies(directory)
    speeds = timm_results.read_speeds(directory)
    for source in speeds:
        published.describe(source.name)
    rows = sum(map(len, speeds.values()))
    if tables is not None:
        try:
            write_results(accuracies, speeds, tables)
        except OSError as error:
            raise FileInaccessible(
                f"Cannot write {tables}: {error.strerror}.", "Name a folder that you may write."
            ) from error
        imported = rows
    else:
        with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.write() as session:
            imported = store_results(session, accuracies, speeds, shipped())
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
