"""`archrank report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options.needing import alone
from catalog.console.examples import examples

if TYPE_CHECKING:
    from app.gate.measured import Report


@examples(
    "archrank report",
    "archrank report --since 2026-11-01 --markdown > report.md",
    "archrank report --from profile.jsonl --target local",
)
def report(
    target: Annotated[
        str | None, typer.Option(help="Id of the only target. `local` is this machine. The default is all.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Show only what was measured after this: a date, or the number of an arrival."),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="Source to read: local, a file of `archrank catalog export`, or the address of an archrank.",
        ),
    ] = "local",
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Write Markdown with a table and a diagram, for a job's summary."),
    ] = False,
    arrival: Annotated[
        bool,
        typer.Option(
            "--arrival",
            help="Print only the number of the newest arrival, as --since and the gate's --baseline take it.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="File to write the Markdown to. The default is standard output.")
    ] = None,
) -> None:
    """Report what was measured: the newest number of each case, its change and its doubts."""
    from app.checking.sources import LOCAL, read_past, read_side
    from app.gate.measured import report_on
    from app.presentation.documents.measured_markdown import measured_markdown
    from catalog import host
    from catalog.choosing_target import id_of_target
    from catalog.exchange.files import write_lines
    from catalog.opening import open_catalog, opened_once
    from catalog.settings import CatalogSettings

    url = CatalogSettings().catalog_url
    if arrival:
        others = {
            "--target": target, "--since": since, "--from": source != "local", "--markdown": markdown,
            "--output": output,
        }  # fmt: skip
        alone("--arrival", others)
        from catalog.storage.measurements.finding import newest_arrival

        with open_catalog(url) as own, own.read() as session:
            typer.echo(newest_arrival(session))
        return
    targets = [host.local_target().id if target == host.LOCAL else target] if target else []
    with opened_once(url) as catalog:
        # This machine is reported on before it was measured too, as by the first job of a new machine.
        if target is not None and target != host.LOCAL and source == LOCAL:
            with catalog().read() as session:
                id_of_target(session, target)
        side = read_side(source, catalog, targets)
        past = read_past(since, catalog) if since else None
    emptiness = side.emptiness if past is None else side.nothing_after(past)
    before = past.measurements if past else ()
    made = report_on(side.name, side.measurements, emptiness, [one.id for one in before])
    if output is not None:
        write_lines(output, measured_markdown(made).splitlines())
    elif markdown:
        typer.echo(measured_markdown(made), nl=False)
    else:
        print_report(made)


def print_report(made: "Report") -> None:
    """The report as a table."""
    from app.cli.tables.layout import (
        add_number_columns,
        add_text_columns,
        plain_console,
        plain_table,
        print_table,
    )
    from app.gate.history import speed_metric
    from app.presentation.documents.gate_markdown import case_title, number_text
    from app.presentation.documents.measured_markdown import (
        UNITS,
        doubts_text,
        last_change_text,
        measured_sentence,
    )

    shown = plain_console()
    shown.print(measured_sentence(made))
    if not made.cases:
        return
    table = plain_table("case")
    add_number_columns(table, "number", "change")
    add_text_columns(table, "doubts")
    for case in made.cases:
        number = number_text(case.now, speed_metric(case.now.configuration))
        table.add_row(case_title(case.now), number, last_change_text(case), doubts_text(case))
    print_table(shown, table)
    shown.print(UNITS)
