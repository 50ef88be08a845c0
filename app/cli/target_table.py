"""Targets as a table for a terminal and for a pipe."""

from collections.abc import Sequence

from app.cli.layout import plain_console, plain_table, print_table
from app.contract.targets import TargetView


def print_targets(targets: Sequence[TargetView]) -> None:
    """A line for each target."""
    console = plain_console()
    if not targets:
        console.print("The catalog has no target yet. Run `archrank profile --preset starter`.")
        return
    table = plain_table("id", "alias", "kind", "hardware")
    for target in targets:
        table.add_row(target.id, target.alias or "", target.kind, target.label)
    print_table(console, table)
