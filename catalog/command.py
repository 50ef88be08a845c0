"""The `archrank` command, made of the subcommands that packages register as entry points.

A subcommand may name the extra that it needs. If the extra is not installed, the command is still listed and
its help says how to install the extra. A subcommand is imported when it is asked for.
"""

import gc
import sys
from collections import UserDict
from collections.abc import Callable
from importlib.abc import InspectLoader
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec
from types import CodeType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_group

from catalog.console.examples import epilog, examples_of
from catalog.console.help_pages import CommandHelp, Commands, GroupHelp
from catalog.console.terminal import OutputClosed, check_output, console, flush_output, prepare_streams
from catalog.errors import ArchrankError
from catalog.extras import DISTRIBUTION, missing_packages
from catalog.words.complaints import complaint

GROUP = "archrank.commands"
_CLOSED = 141  # the exit code: 128 + SIGPIPE
# A command makes many objects that stay: modules, and the rows of a catalog. Collecting at every 700 new
# ones, as Python does, frees none of them, and was an eighth of the time of `archrank recommend`.
_NEW_OBJECTS_BEFORE_COLLECTING = 10_000


def main() -> None:
    """Run the command line. docs/commands.md lists the exit codes.

    An expected error ends in one message on stderr. A reader that closes the pipe ends the command in
    silence.
    """
    gc.set_threshold(_NEW_OBJECTS_BEFORE_COLLECTING)
    prepare_streams()
    check_output()
    try:
        try:
            build()(prog_name=DISTRIBUTION)
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
        sys.exit(error.exit_code)


def build() -> typer.Typer:
    """The command with every registered subcommand."""
    root = Commands(
        name="archrank",
        cls=_Root,
        help="Which vision backbone should I deploy on this hardware, within this budget?",
        epilog=epilog(
            "archrank recommend --target i9-10940x --max latency_ms=20",
            "archrank calibrate",
            "archrank serve",
        ),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
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
        holder = Commands()
        _add(holder, self.data[name])
        return get_group(holder).commands[name]

    def listed(self, name: str) -> TyperCommand | None:
        """The subcommand as a list shows it: its name and its help. None where there is none."""
        entry = self.data.get(name)
        if entry is None:
            return None
        text = None if _missing_extra(entry) else _docstring(entry.module, entry.attr)
        return CommandHelp(name, help=text) if text else self[name]


def _docstring(module: str, function: str) -> str | None:
    """The docstring of a function of a module, read from the compiled module. None where that says nothing.

    To import the modules of all commands takes twenty times as long.
    """
    if module in sys.modules:
        return None
    found = find_spec(module)
    compiled = found.loader.get_code(module) if found and isinstance(found.loader, InspectLoader) else None
    for constant in compiled.co_consts if compiled else ():
        if isinstance(constant, CodeType) and constant.co_name == function:
            first = next(iter(constant.co_consts), None)
            return first if isinstance(first, str) else None
    return None


class _Root(GroupHelp):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _Subcommands()

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the subcommands, of which none is imported."""
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The subcommand as help and completion list it."""
        return self.commands.listed(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The subcommand that `args` name, to be run."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and self.commands[name], rest

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand. What is wrong with a value is said in plain words, not in Pydantic's."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            details = getattr(error.__cause__, "errors", None)  # of Pydantic, which is loaded by then
            if details is not None:
                error.message = f"{complaint(details()[0])}."
            raise


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
    if missing := _missing_extra(entry):
        holder.command(
            entry.name,
            help=f"Not installed. Run pip install 'archrank[{missing}]' to get it.",
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        )(_unavailable(entry, missing))
        return
    command = entry.load()
    if isinstance(command, typer.Typer):
        holder.add_typer(command, name=entry.name)
    else:
        holder.command(entry.name, epilog=examples_of(command))(command)


def _missing_extra(entry: EntryPoint) -> str | None:
    """An extra that the subcommand needs and that is not installed. None where it lacks none."""
    return next((extra for extra in entry.extras if missing_packages(extra)), None)


def _unavailable(entry: EntryPoint, extra: str) -> Callable[[], None]:
    def command() -> None:
        raise ArchrankError(
            f"archrank {entry.name} needs {', '.join(missing_packages(extra))}.",
            f"Run `pip install 'archrank[{extra}]'`.",
        )

    return command
