"""The `archrank` command, made of the subcommands that packages register as entry points.

A subcommand may name the extra that it needs. If the extra is not installed, the command is still listed and
its help says how to install the extra.
"""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

import typer
from rich.console import Console
from rich.markup import escape

from catalog.errors import ArchrankError
from catalog.extras import missing_packages

GROUP = "archrank.commands"


def main() -> None:
    """Run the command line; an expected error ends in one message on stderr and exit code 2."""
    try:
        build()()
    except ArchrankError as error:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"error: {error.message}", style="bold red", markup=False)
        if error.remedy:
            console.print(f"  {error.remedy}", markup=False)
        sys.exit(2)


def build() -> typer.Typer:
    """The command with every registered subcommand."""
    root = typer.Typer(
        name="archrank",
        help="Which vision backbone should I deploy on this hardware, within this budget?",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        missing = [extra for extra in entry.extras if missing_packages(extra)]
        if missing:
            root.command(
                entry.name,
                help=escape(f"Not installed. Run pip install 'archrank[{missing[0]}]' to get it."),
                context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
            )(_unavailable(entry, missing[0]))
        else:
            _add(root, entry)
    return root


def _add(root: typer.Typer, entry: EntryPoint) -> None:
    command = entry.load()
    if isinstance(command, typer.Typer):
        root.add_typer(command, name=entry.name)
    else:
        root.command(entry.name)(command)


def _unavailable(entry: EntryPoint, extra: str) -> Callable[[], None]:
    def command() -> None:
        raise ArchrankError(
            f"archrank {entry.name} needs {', '.join(missing_packages(extra))}.",
            f"Run `pip install 'archrank[{extra}]'`.",
        )

    return command
