"""`archrank doctor`."""

import typer
from rich.console import Console


def doctor() -> None:
    """Check whether this host can measure, and say what to repair."""
    from profiler.doctor import Verdict, examine

    console = Console(highlight=False, soft_wrap=True)
    marks = {
        Verdict.OK: "[green]ok      [/]",
        Verdict.DOUBTFUL: "[yellow]doubtful[/]",
        Verdict.FAILED: "[red]failed  [/]",
    }
    failed = False
    for check in examine():
        console.print(f"{marks[check.verdict]}  {check.subject}: ", end="")
        console.print(check.finding, markup=False)
        if check.remedy:
            console.print(f"          -> {check.remedy}", markup=False)
        failed |= check.verdict is Verdict.FAILED
    console.print("This host cannot measure yet." if failed else "This host can measure.")
    raise typer.Exit(1 if failed else 0)
