"""The help of the installed commands is made of plain sentences."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from catalog.command import build
from tests.plain_language import faults


def helps_of(command: Any, path: str) -> Iterator[tuple[str, str]]:
    """The help of a command, of its parameters and of its subcommands, by what a user types."""
    yield path, command.help or ""
    for parameter in command.params:
        if parameter.name != "help":
            yield f"{path} {parameter.opts[0]}", parameter.help or ""
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from helps_of(subcommand, f"{path} {name}")


def test_the_help_of_every_command_and_option_can_be_read_alone() -> None:
    helps = dict(helps_of(get_command(build()), "archrank"))
    assert {"archrank recommend --max", "archrank profile --precision", "archrank catalog export"} <= set(
        helps
    )
    assert {path: (found, text) for path, text in helps.items() if (found := faults(text))} == {}
