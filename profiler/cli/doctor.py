"""`archrank doctor`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from catalog.console.examples import examples
from catalog.console.terminal import console
from profiler.cli.exit_codes import FAILED

if TYPE_CHECKING:
    from rich.console import Console

_INDENT = 10


@examples(
    "archrank doctor",
    "archrank doctor --quick",
    "archrank doctor --quick && archrank calibrate",
)
def doctor(
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out the checks that listen to the machine for 20 s.")
    ] = False,
) -> None:
    """Check whether this host can measure, and say what to repair.

    The command listens to the machine for 20 s. Then it says how quiet it
    is, whether its CPUs slow each other, and how wide intervals will be. The
    exit code is 1 where this host cannot measure, and 0 with doubts.
    """
    from profiler.doctor import Verdict, examine

    shown = console()
    marks = {
        Verdict.OK: ("ok", "green"),
        Verdict.DOUBTFUL: ("doubtful", "yellow"),
        Verdict.FAILED: ("failed", "red"),
    }
    failed = False
    for check in examine(quick=quick, announce=lambda text: _show(shown, Text(), text)):
        _show(shown, Text(*marks[check.verdict]), f"{check.subject}: {check.finding}")
        if check.remedy:
            _show(shown, Text(), f"-> {check.remedy}")
        failed |= check.verdict is Verdict.FAILED
    shown.print("This host cannot measure yet." if failed else "This host can measure.")
    raise typer.Exit(FAILED if failed else 0)


def _show(shown: "Console", mark: Text, text: str) -> None:
    """Show a text beside its mark. A terminal breaks it between words, below its begin. A pipe gets one
    line."""
    mark.pad_right(_INDENT - len(mark))
    if not shown.is_terminal:
        shown.print(Text.assemble(mark, text))
        return
    grid = Table.grid()
    grid.add_column(width=_INDENT)
    grid.add_column()
    grid.add_row(mark, Text(text))
    shown.print(grid)
