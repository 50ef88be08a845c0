"""How the help of a command looks: plain text of 80 columns, options under the headings that they name.

Typer would load its own renderer and the libraries behind it, which takes longer than the rest of a page.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

_Row = tuple[str, str]
_ARGUMENTS, _OPTIONS = "Arguments", "Options"
# Of the column of options. A longer option has a line of its own.
_WIDEST = 28
# What Typer writes for the value of an option: `<int range>`, `<list[str]>`, `<cpu|cuda>`.
_VALUE = re.compile(r"<(?:list\[)?([^\]>]+?)(?: range)?\]?>")
_KINDS = {"str": "TEXT", "int": "NUMBER", "float": "NUMBER", "path": "PATH"}


class CommandHelp(TyperCommand):
    """A command. Its options are listed under the heading that each names, in the order of their first."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options."""
        _write_parameters(self.get_params(ctx), ctx, formatter)


class GroupHelp(TyperGroup):
    """Commands under one name, each listed with the first paragraph of its help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, and the commands."""
        _write_parameters(self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands."""
        listed = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, _first_paragraph(command.help or "")) for name, command in listed.items() if command]
        _write_section("Commands", rows, formatter)


class Commands(typer.Typer):
    """Commands under one name, to be filled as any of Typer's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": GroupHelp, "rich_markup_mode": None, **options})

    def command(
        self, name: str | None = None, **options: Any
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """As Typer's."""
        return super().command(name, **{"cls": CommandHelp, **options})


def _first_paragraph(text: str) -> str:
    """The first paragraph of a help, on one line."""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())


def _write_parameters(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:
    sections: dict[str, list[_Row]] = {}
    for parameter in parameters:
        if (record := parameter.get_help_record(ctx)) is not None:
            kind = _ARGUMENTS if parameter.param_type_name == "argument" else _OPTIONS
            rows = sections.setdefault(getattr(parameter, "rich_help_panel", None) or kind, [])
            rows.append((_VALUE.sub(_kind, record[0]), record[1]))
    # What every command has comes last.
    for name in sorted(sections, key=_OPTIONS.__eq__):
        _write_section(name, sections[name], formatter)


def _kind(value: re.Match[str]) -> str:
    """What to write for an option: its kind in the terms of a terminal, or the words it may be."""
    return _KINDS.get(value[1], value[1])


def _write_section(name: str, rows: list[_Row], formatter: Any) -> None:
    if rows:
        with formatter.section(typer.style(name, bold=True)):
            formatter.write_dl(rows, col_max=_WIDEST)
