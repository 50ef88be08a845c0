"""`archrank doctor`."""

import typer
from rich.text import Text

from catalog.terminal import console
from profiler.cli.exit_codes import FAILED


def doctor() -> None:
    """Check whether this host can measure, and say what to repair."""
    from profiler.doctor import Verdict, examine

    shown = console()
    marks = {
        Verdict.OK: ("ok      ", "green"),
        Verdict.DOUBTFUL: ("doubtful", "yellow"),
        Verdict.FAILED: ("failed  ", "red"),
    }
    failed = False
    for check in examine():
        shown.print(Text.assemble(marks[check.verdict], f"  {check.subject}: {check.finding}"))
        if check.remedy:
            shown.print(f"          -> {check.remedy}")
        failed |= check.verdict is Verdict.FAILED
    shown.print("This host cannot measure yet." if failed else "This host can measure.")
    raise typer.Exit(FAILED if failed else 0)
