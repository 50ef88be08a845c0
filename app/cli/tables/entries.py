"""Labelled texts below one another, as `Licence  Apache-2.0`."""

import textwrap

from rich.console import Console
from rich.text import Text

_INDENT = "  "
_LABEL_STYLE = "dim"


def print_entry(shown: Console, label: str, text: str, width: int, *, is_code: bool = False) -> None:
    """`label`, filled up to `width` characters, and `text` beside it.

    A terminal gets a sentence in several lines, and a command in lines that a shell reads as one command. A
    pipe gets one line.
    """
    margin = len(_INDENT) + width + len(_INDENT)
    room = shown.width - margin
    lines = [text]
    if shown.is_terminal and room > 0:
        lines = in_lines(text, room) if is_code else wrapped(text, room)
    for place, line in enumerate(lines):
        begin = f"{_INDENT}{label:{width}}{_INDENT}" if place == 0 else " " * margin
        shown.print(Text.assemble((begin, _LABEL_STYLE), line), soft_wrap=True)


def print_command(shown: Console, command: str) -> None:
    """A command, set in. A terminal gets lines that a shell reads as one command, and a pipe one line."""
    lines = in_lines(command, shown.width - len(_INDENT)) if shown.is_terminal else [command]
    for line in lines:
        shown.print(f"{_INDENT}{line}", markup=False, soft_wrap=True)


def wrapped(text: str, width: int) -> list[str]:
    """A sentence in lines of at most `width` characters, but for longer words, which stay whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def in_lines(command: str, width: int) -> list[str]:
    """A command in lines of at most `width` characters, which a shell reads as one command."""
    if len(command) <= width:
        return [command]
    lines = textwrap.wrap(
        command,
        width - len(" \\"),
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]
