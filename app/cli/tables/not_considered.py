"""What an answer did not look at, for a terminal."""

from rich.console import Console

from app.cli.tables.entries import print_command
from app.contract.answers.recommendations import RecommendationResponse
from app.presentation.wording.numbers import counted

_INDENT = "  "


def print_not_considered(console: Console, response: RecommendationResponse) -> None:
    """How many architectures were not considered, which are promising, and the commands that settle it."""
    rest = response.not_considered
    console.print(rest.text, markup=False)
    for promising in rest.promising:
        console.print(f"{_INDENT}{promising.text}", markup=False)
    if not rest.commands:
        return
    minutes = counted(rest.minutes or 0, "minute")
    console.print(f"To settle it on {response.target}, in {minutes} at most:", markup=False)
    for command in rest.commands:
        print_command(console, command)
