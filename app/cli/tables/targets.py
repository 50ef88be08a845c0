"""Targets as a table, and one target described, for a terminal and for a pipe."""

from rich.console import Console
from rich.text import Text

from app.cli.tables.entries import print_command, print_entry
from app.cli.tables.layout import add_number_columns, plain_console, plain_table, print_table
from app.contract.evidence.targets import TargetCardView, TargetPage
from app.presentation.wording.cards import slowdown_summary
from app.presentation.wording.numbers import run_of_all
from catalog.words.vocabulary import Provenance


def print_targets(page: TargetPage) -> None:
    """A line for each target."""
    console, targets = plain_console(), page.items
    if not targets:
        console.print("The catalog has no target yet. Run `archrank calibrate`.")
        return
    table = plain_table("id", "alias", "kind", "hardware")
    origins = [origin for origin in Provenance if any(target.architectures.get(origin) for target in targets)]
    add_number_columns(table, *origins)
    for target in targets:
        counts = (str(target.architectures.get(origin, "-")) for origin in origins)
        table.add_row(target.id, target.alias or "", target.kind, target.label, *counts)
    print_table(console, table)
    console.print("Numbers of architectures. `archrank targets ID` describes a target.")


def print_target(card: TargetCardView) -> None:
    """What is known of a target, how fresh it is, how quiet the machine was, and what to measure next."""
    console = plain_console()
    alias = f" ({card.alias})" if card.alias else ""
    console.print(Text(f"{card.id}{alias}", style="bold"))
    counts = ", ".join(f"{count} {origin}" for origin, count in card.architectures.items())
    entries = {
        "Hardware": card.label,
        "Kind": card.kind,
        "Known": f"{counts or 'nothing'}, of {card.known} architectures.",
        "Quiet": slowdown_summary(card.slowdowns),
    }
    for label, text in entries.items():
        if text:
            print_entry(console, label, text, max(map(len, entries)))
    if card.coverage:
        console.print()
        _print_coverage(console, card)
    for step in card.next:
        console.print()
        console.print(f"Next: {step.text}", markup=False)
        for command in step.commands:
            print_command(console, command)


def _print_coverage(console: Console, card: TargetCardView) -> None:
    table = plain_table("configuration", "origin")
    add_number_columns(table, "networks", "failed", "newest")
    for part in card.coverage:
        published = part.provenance is Provenance.PUBLISHED
        table.add_row(
            run_of_all(part.configuration),
            part.provenance,
            str(part.architectures),
            str(part.failed),
            "undated" if published else f"{part.newest:%Y-%m-%d}",
        )
    print_table(console, table)
