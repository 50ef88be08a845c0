"""The help of the installed commands is made of plain sentences."""

import shlex
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


def test_every_help_ends_in_three_examples_at_least_that_can_be_parsed() -> None:
    root = get_command(build())
    for path, command in commands_of(root, "archrank"):
        lines = [line.strip() for line in (command.epilog or "").splitlines()[1:]]
        assert lines[0] == "Examples:", path
        assert len(lines) >= 4, path
        for line in lines[1:]:
            assert len(line) <= 76, line
            for words in calls(line):
                parsed(root, words)


def commands_of(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from commands_of(subcommand, f"{path} {name}")


def calls(line: str) -> Iterator[list[str]]:
    """The words after each `archrank` of a shell command."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    tokens = list(lexer)
    words: list[str] | None = None
    for token in [*tokens, "|"]:
        if set(token) <= set("|&;<>"):
            if words is not None:
                yield words
            words = None
        elif token == "archrank":
            words = []
        elif words is not None:
            words.append(token)


def parsed(root: Any, words: list[str]) -> None:
    """Let every command of a call parse its words. A word that it does not take raises."""
    context = root.make_context("archrank", list(words), resilient_parsing=False)
    command = root
    while getattr(command, "commands", None) is not None:
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None, words
        context = command.make_context(name, rest, parent=context)
