"""`archrank recommend --verify`: measuring what an answer stands on, and what came of it."""

from functools import partial

import typer
from rich.console import Console

from app.calibrating.measuring import measure
from app.calibrating.verifying import Verification, Verified, verify
from app.child import INTERRUPTED
from app.cli.tables.layout import plain_console
from app.presentation.answers.candidates import candidate_name
from app.questions.answers.recommend import Answer
from app.questions.asking.question import Question
from catalog.candidates.columns import CandidateColumns
from catalog.entities.naming import label_of
from catalog.reference.tables.operator_inventory import read
from catalog.reference.tables.reading import INVENTORY, shipped
from catalog.storage.database import Catalog
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance


def verified_answer(catalog: Catalog, question: Question, top: int, *, quiet: bool) -> Answer:
    """The question's answer once what it stands on was measured. With `quiet`, nothing is said on standard
    output.

    Raises:
        CannotVerify: nothing measures the target here, or measuring failed.
    """
    ended = verify(
        catalog,
        question,
        top,
        read(shipped().folder / INVENTORY),
        lambda text: typer.echo(text, err=quiet),
        partial(measure, on_stderr=quiet),
    )
    if ended is None:
        typer.echo("Interrupted. Run the same command to continue.", err=True)
        raise typer.Exit(INTERRUPTED)
    if not quiet:
        print_verification(ended)
    return ended.after


# Doubts that say that something else ran beside the measurement.
_DISTURBED = frozenset({Doubt.CONTENDED, Doubt.OFF_CPU})


def print_verification(ended: Verification) -> None:
    """What was measured, and how much the answer changed by it."""
    console = plain_console()
    if not ended.measured:
        console.print(_why_nothing(ended), markup=False)
        return
    for one in ended.measured:
        _print_measured(console, one)
    before, after = _first(ended.before), _first(ended.after)
    changed = (
        f"The first row stays {after}."
        if before == after
        else f"The first row was {before}, and is {after} now."
    )
    rest = (
        "No estimate may displace the first rows now."
        if ended.is_complete
        else "Other estimates may still displace the first rows. Ask again with --verify to continue."
    )
    console.print(f"Measured {len(ended.measured)} candidates. {changed} {rest}", markup=False)
    for name in _disturbed(ended):
        console.print(
            f"{name} was measured while the machine was disturbed. Measure it again on a quiet machine "
            "before you rely on its number.",
            markup=False,
        )


def _why_nothing(ended: Verification) -> str:
    """Why nothing was measured. Only estimated candidates are: a published speed is of another machine."""
    if ended.is_complete:
        return "Nothing to measure: the first rows are measured, and no estimate may displace them."
    columns = ended.after.columns
    first = next((one.row for one in ended.after.recommendations if _is_published(columns, one.row)), None)
    if first is None:
        return "Nothing to measure: no estimated candidate may be among the first rows."
    return (
        f"Nothing to measure: no estimate may displace the first rows. The speed of "
        f"{candidate_name(columns, first)} is published, and was not measured. To verify it, measure on "
        f"{ended.after.target.id}."
    )


def _is_published(columns: CandidateColumns, row: int) -> bool:
    return columns.measurement[row].provenance is Provenance.PUBLISHED


def _disturbed(ended: Verification) -> list[str]:
    """The recommendations of which a number was just measured beside other work."""
    columns, cases = (
        ended.after.columns,
        {(one.case.workload.id, one.case.configuration) for one in ended.measured},
    )
    return [
        candidate_name(columns, one.row)
        for one in ended.after.shown
        if (columns.measurement[one.row].workload, columns.configuration[one.row]) in cases
        and not _DISTURBED.isdisjoint(columns.measurement[one.row].doubts)
    ]


def _print_measured(console: Console, one: Verified) -> None:
    workload = one.case.workload
    name = f"{workload.architecture} {workload.input_size} px {label_of(one.case.configuration)}"
    metric = one.metric
    if one.measured is None:
        console.print(
            f"{name}: estimated {metric.show(one.estimated)} {metric.unit}, and failed.", markup=False
        )
        return
    console.print(
        f"{name}: estimated {metric.show(one.estimated)} {metric.unit}, measured "
        f"{metric.show(one.measured)} {metric.unit} ({one.estimated / one.measured - 1:+.1%}).",
        markup=False,
    )


def _first(answer: Answer) -> str:
    if not answer.recommendations:
        return "nothing"
    return candidate_name(answer.columns, answer.recommendations[0].row)
