"""The `archrank` command, made of the subcommands that packages register as entry points.

A subcommand may name the extra that it needs. If the extra is not installed, the command is still listed and
its help says how to install the extra. A subcommand is imported when it is asked for.
"""

import sys
from collections import UserDict
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup
from typer.main import get_group

from catalog.errors import ArchrankError
from catalog.extras import DISTRIBUTION, missing_packages
from catalog.terminal import OutputClosed, check_output, console, flush_output

GROUP = "archrank.commands"
_CLOSED = 141  # the exit code: 128 + SIGPIPE


def main() -> None:
    """Run the command line. docs/commands.md lists the exit codes.

    An expected error ends in one message on stderr. A reader that closes the pipe ends the command in
    silence.
    """
    check_output()
    try:
        try:
            build()()
        finally:
            flush_output()
    except OutputClosed:
        sys.exit(_CLOSED)
    except ArchrankError as error:
        shown = console(stderr=True)
        for line in f"error: {error.message}".splitlines():
            shown.print(line, style="bold red")
        for line in (error.remedy or "").splitlines():
            shown.print(f"  {line}")
        sys.exit(2)


def build() -> typer.Typer:
    """The command with every registered subcommand."""
    root = typer.Typer(
        name="archrank",
        cls=_Root,
        help="Which vision backbone should I deploy on this hardware, within this budget?",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},  # every subcommand inherits them
    )
    root.callback()(_options)
    return root


class _Subcommands(UserDict[str, Any]):
    """The registered subcommands by name. Getting a subcommand imports it, listing the names does not."""

    def __init__(self) -> None:
        super().__init__()
        self.data = {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name)}

    def __getitem__(self, name: str) -> Any:
        """The subcommand as Typer's group expects it."""
        holder = typer.Typer()
        _add(holder, self.data[name])
        return get_group(holder).commands[name]


class _Root(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Subcommands()


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{DISTRIBUTION} {version(DISTRIBUTION)}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What the root command takes beside a subcommand."""


def _add(holder: typer.Typer, entry: EntryPoint) -> None:
    missing = [extra for extra in entry.extras if missing_packages(extra)]
    if missing:
        holder.command(
            entry.name,
            help=escape(f"Not installed. Run pip install 'archrank[{missing[0]}]' to get it."),
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        )(_unavailable(entry, missing[0]))
        return
    command = entry.load()
    if isinstance(command, typer.Typer):
        holder.add_typer(command, name=entry.name)
    else:
        holder.command(entry.name)(command)


def _unavailable(entry: EntryPoint, extra: str) -> Callable[[], None]:
    def command() -> None:
        raise ArchrankError(
            f"archrank {entry.name} needs {', '.join(missing_packages(extra))}.",
            f"Run `pip install 'archrank[{extra}]'`.",
        )

    return command
