"""Every command that a text of the packages names exists, with its options, and has a test that runs it."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from catalog.command import build

ROOT = Path(__file__).parents[2]
# What stands for a value in a text, and a value that the option takes.
VALUES = {"NAME": "resnet18", "FILE": "catalog.jsonl", "SIZE": "224", "...": "resnet18", "{}": "resnet18"}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text of the packages but docstrings, with `{}` for what is put into it."""
    for package in ("app", "catalog", "profiler"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text())
            within = {
                id(value)
                for node in ast.walk(tree)
                if isinstance(node, ast.JoinedStr)
                for value in node.values
            } | {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
                    yield path, "".join(map(str, parts))
                elif (
                    isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within
                ):
                    yield path, node.value
        for path in sorted((ROOT / package).rglob("*.html")):
            yield path, path.read_text()


def commands() -> Iterator[tuple[str, str]]:
    for path, text in texts():
        for command in re.findall(r"(?:`|<pre>)(archrank [^`<]+)(?:`|</pre>)", text):
            yield str(path.relative_to(ROOT)), command


COMMANDS = sorted(set(commands()))


def resolved(words: list[str]) -> tuple[object, list[str]]:
    """The command that the words name, and its arguments."""
    command: object = get_command(build())
    while isinstance(command, TyperGroup) and words:
        command, words = command.commands[words[0]], words[1:]
    return command, words


def test_the_packages_name_many_commands() -> None:
    assert len(COMMANDS) > 10


@pytest.mark.parametrize(("place", "command"), COMMANDS)
def test_a_command_in_a_text_is_one_that_exists(place: str, command: str) -> None:
    if "{{" in command:  # a template, whose commands are those of the answer
        return
    # What is put into a text behind a word begins with a space of its own.
    words = [VALUES.get(word, word.removesuffix("{}")) for word in shlex.split(command)[1:]]
    found, arguments = resolved(words)
    assert isinstance(found, TyperCommand), place
    try:
        found.make_context(found.name, arguments)  # refuses an option or a value that does not exist
    except typer.BadParameter as error:
        # A sentence may name a command without its arguments.
        if not str(error).startswith("Missing parameter: "):
            raise
