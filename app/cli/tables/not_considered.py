"""What an answer did not look at, for a terminal."""

from rich.console import Console

from app.cli.tables.entries import in_lines
from app.contract.recommendations import RecommendationResponse

_INDENT = "  "


def print_not_considered(console: Console, response: RecommendationResponse) -> None:
    """How many architectures were not considered, which are promising, and the commands that settle it."""
    rest = response.not_considered
    console.print(rest.text, markup=False)
    for promising in rest.promising:
        console.print(f"{_INDENT}{promising.text}", markup=False)
    if not rest.commands:
        return
    minutes = f"{rest.minutes} minute{'' if rest.minutes == 1 else 's'}"
    console.print(f"To settle it on {response.target}, in {minutes} at most:", markup=False)
    for command in rest.commands:
        lines = in_lines(command, console.width - len(_INDENT)) if console.is_terminal else [command]
        for line in lines:
            console.print(f"{_INDENT}{line}", markup=False, soft_wrap=True)
