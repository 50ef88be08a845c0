"""Doubts on a terminal: what each means, and the command that removes it."""

from collections.abc import Iterable

from rich.console import Console

from catalog.words.doubts import Doubt

# NAME is the architecture.
_AGAIN = "archrank profile NAME --force"
_LONGER = "archrank profile NAME --force --max-blocks 200"
_COMMANDS = {
    Doubt.CONTENDED: _AGAIN,
    Doubt.OFF_CPU: _AGAIN,
    Doubt.CANARY_MOVED: _AGAIN,
    Doubt.FEW_QUIET_MOMENTS: _LONGER,
    Doubt.CLOCK_DRIFT: _AGAIN,
    Doubt.WARM_UP_UNSETTLED: _AGAIN,
    Doubt.FEW_CALLS: _LONGER,
    Doubt.IMPRECISE: _LONGER,
    Doubt.FEW_FOR_PERCENTILE: _LONGER,
    Doubt.MEAN_OF_CALLS: "archrank profile NAME",
}


def print_doubts(console: Console, doubts: Iterable[Doubt]) -> None:
    """A line for each of `doubts`, each once: its meaning, its remedy and the command."""
    for doubt in sorted(set(doubts)):
        command = f" Run `{_COMMANDS[doubt]}`." if doubt in _COMMANDS else ""
        console.print(f"* {doubt}: {doubt.meaning} {doubt.remedy}{command}", markup=False)
