"""Examples of a command, which its help shows."""

from collections.abc import Callable
from typing import Any, TypeVar

_Command = TypeVar("_Command", bound=Callable[..., Any])
_ATTRIBUTE = "command_examples"


def examples(*lines: str) -> Callable[[_Command], _Command]:
    """Give a command examples, each a line that a user may type as it is."""

    def with_examples(command: _Command) -> _Command:
        setattr(command, _ATTRIBUTE, lines)
        return command

    return with_examples


def examples_of(command: Callable[..., Any]) -> str | None:
    """The examples of a command as the end of its help. None where it has none."""
    lines: tuple[str, ...] = getattr(command, _ATTRIBUTE, ())
    return epilog(*lines) if lines else None


def epilog(*lines: str) -> str:
    """The examples as typer takes them: the end of a help, whose lines are left as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
