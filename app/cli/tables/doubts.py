"""Doubts on a terminal: what each means, and the command that removes it."""

from collections.abc import Iterable

from rich.console import Console

from catalog.words.doubts import Doubt


def print_doubts(console: Console, doubts: Iterable[tuple[Doubt, str | None]]) -> None:
    """A line for each doubt, each once: its meaning, its remedy and the first command that comes with it."""
    commands: dict[Doubt, str | None] = {}
    for doubt, command in doubts:
        commands[doubt] = commands.get(doubt) or command
    for doubt, command in sorted(commands.items()):
        run = f" Run `{command}`." if command else ""
        console.print(f"* {doubt}: {doubt.meaning} {doubt.remedy}{run}", markup=False)
