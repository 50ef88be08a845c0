"""`archrank gate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.child import INTERRUPTED
from catalog.console.examples import examples
from catalog.console.terminal import console

if TYPE_CHECKING:
    from app.gate.outcome import GateOutcome

_FAILS = 1
_SIDE = (
    "A date, the number of an arrival, a file of `archrank catalog export`, or the address of an archrank."
)


@examples(
    "archrank gate --baseline baseline.jsonl",
    "archrank gate --baseline 2026-11-01 --policy gate.yaml --junit gate.xml",
    "archrank gate --baseline https://archrank.example.com --markdown gate.md",
)
def gate(
    baseline: Annotated[str, typer.Option(help=f"What to compare with. {_SIDE}")],
    candidate: Annotated[
        str, typer.Option(help=f"What to judge. `local` is the own catalog. {_SIDE}")
    ] = "local",
    target: Annotated[
        str | None, typer.Option(help="Id of the only target to compare. `local` is this machine.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="File in YAML with budgets to keep and questions whose answers stay.")
    ] = None,
    baseline_python: Annotated[
        str | None,
        typer.Option(
            help="Python of an environment with the baseline's versions. Suspicious cases are then measured "
            "in turns."
        ),
    ] = None,
    measure_again: Annotated[
        bool,
        typer.Option(
            "--measure-again/--no-measure-again",
            help="Whether to measure suspicious cases again on this machine.",
        ),
    ] = True,
    least: Annotated[
        float,
        typer.Option(min=0, max=10, help="Smallest slowdown that fails the build, as a share of the time."),
    ] = 0.02,
    strict: Annotated[
        bool, typer.Option("--strict", help="Let the gate fail where a case stays undecided.")
    ] = False,
    markdown: Annotated[Path | None, typer.Option(help="File for the outcome as Markdown.")] = None,
    junit: Annotated[Path | None, typer.Option(help="File for the outcome as JUnit XML.")] = None,
) -> None:
    """Compare measurements with a baseline, and fail where something became slower or breaks a budget.

    Suspicious cases are measured again before the gate fails. The exit code is 0 where the gate passes, 1
    where it fails, 2 for wrong use, and 3 where the baseline has nothing of this machine yet.
    """
    from app.checking.gate import Again, judge
    from app.checking.measuring_again import Interrupted, check_python
    from app.checking.policy import Policy, read_policy
    from app.checking.sources import read_side
    from app.errors import NoBaseline
    from app.gate.verdicts import Rules
    from catalog import host
    from catalog.exchange.files import write_lines
    from catalog.opening import opened_once
    from catalog.settings import CatalogSettings

    if baseline_python is not None:
        check_python(baseline_python)
    rules = Rules(least=least)
    read = read_policy(policy) if policy else Policy()
    url = CatalogSettings().catalog_url
    targets = [host.local_target().id if target == host.LOCAL else target] if target else []
    with opened_once(url) as catalog:
        judged = read_side(candidate, catalog, targets)
        known = read_side(baseline, catalog, targets or judged.targets)
    try:
        outcome = judge(
            known,
            judged,
            read,
            rules,
            Again(measure_again, url, baseline_python),
            lambda text: typer.echo(text, err=True),
        )
    except NoBaseline as error:
        if markdown is not None:
            write_lines(markdown, ["# Gate", "", f"{error.message} There is nothing to compare with yet."])
        raise
    except Interrupted:
        typer.echo("Interrupted. Run the same command again.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _write(outcome, markdown, junit, strict=strict)
    print_outcome(outcome, strict=strict)
    if not outcome.passes(strict=strict):
        raise typer.Exit(_FAILS)


def _write(outcome: "GateOutcome", markdown: Path | None, junit: Path | None, *, strict: bool) -> None:
    from app.presentation.documents.gate_markdown import gate_markdown
    from app.presentation.documents.junit import gate_junit
    from catalog.exchange.files import write_lines

    if markdown is not None:
        write_lines(markdown, gate_markdown(outcome, strict=strict).splitlines())
    if junit is not None:
        write_lines(junit, gate_junit(outcome, strict=strict).splitlines())


def print_outcome(outcome: "GateOutcome", *, strict: bool) -> None:
    """The outcome as a table and sentences."""
    from app.cli.tables.layout import add_number_columns, plain_console, plain_table, print_table
    from app.presentation.documents.gate_markdown import (
        budget_sentence,
        case_title,
        change_text,
        differences,
        headline,
        notes,
        number_text,
        rank_sentence,
        remark,
        worst_first,
    )

    shown = plain_console()
    if outcome.cases:
        table = plain_table("verdict", "case")
        add_number_columns(table, "baseline", "candidate", "slower by")
        for case in worst_first(outcome.cases):
            numbers = [
                number_text(one, case.pair.metric, interval=False)
                for one in (case.pair.before, case.pair.now)
            ]
            table.add_row(case.verdict, case_title(case.pair.now), *numbers, change_text(case.change))
        print_table(shown, table)
        shown.print("Latencies are in ms, throughputs in images/s.")
        for case in worst_first(outcome.cases):
            if text := remark(case):
                shown.print(f"* {case_title(case.pair.now)}: {text}.")
    sentences = [
        *map(budget_sentence, outcome.budgets),
        *map(rank_sentence, outcome.recommendations),
        *differences(outcome),
        *notes(outcome),
    ]
    for sentence in sentences:
        shown.print(sentence)
    style = "bold" if outcome.passes(strict=strict) else "bold red"
    console().print(headline(outcome, strict=strict), style=style)
