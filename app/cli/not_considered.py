"""What an answer did not look at, for a terminal."""

import textwrap

from rich.console import Console

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
        shown = in_lines(command, console.width) if console.is_terminal else _INDENT + command
        console.print(shown, markup=False, soft_wrap=True)


def in_lines(command: str, width: int) -> str:
    """A command in lines of at most `width` characters, which a shell reads as one command."""
    lines = textwrap.wrap(
        command,
        width - len(" \\"),
        initial_indent=_INDENT,
        subsequent_indent=2 * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return " \\\n".join(lines)
