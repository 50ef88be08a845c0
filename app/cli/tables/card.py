"""The profile card for a terminal of 80 columns: facts, checkpoints, speeds and peers."""

from shlex import quote

from rich.console import Console
from rich.text import Text

from app.cli.tables.card_speeds import print_failures, print_speeds
from app.cli.tables.entries import print_entry
from app.cli.tables.layout import (
    add_number_columns,
    add_text_columns,
    plain_console,
    plain_table,
    print_table,
)
from app.contract.networks.cards import CardView, RivalView
from app.presentation.cards.accuracy_rows import TEST_SETS, accuracy_rows, test_sets_of
from app.presentation.wording.cards import allowed, preprocessing_in_words
from app.presentation.wording.numbers import number
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset

_CHECKPOINT_ROWS = 12


def print_card(card: CardView) -> None:
    """The profile card."""
    console = plain_console()
    _print_facts(console, card)
    console.print()
    _print_checkpoints(console, card)
    console.print()
    print_speeds(console, card)
    print_failures(console, card)
    if card.standing:
        console.print()
        _print_standing(console, card)


def _print_facts(console: Console, card: CardView) -> None:
    year = f", {card.year}" if card.year else ""
    console.print(Text.assemble((card.name, "bold"), f"  family {card.family or 'unknown'}{year}"))
    entries = _entries(card)
    for label, text, is_code in entries:
        print_entry(console, label, text, max(len(label) for label, *_ in entries), is_code=is_code)


def _entries(card: CardView) -> list[tuple[str, str, bool]]:
    counts = ", ".join(f"{metric} {number(metric, count)}" for metric, count in card.metrics.items())
    other = {True: "no other size", False: "other sizes are accepted", None: "other sizes unknown"}
    entries = [("Counted", counts, False)]
    if card.native_size:
        entries.append(("Input", f"{card.native_size} px, {other[card.fixed_input]}", False))
    for family in card.families[:1]:
        entries.append(("Family", f"{family.title}: {family.introduced} {family.choose_when}", False))
        entries += [
            ("", f"{claim.text} ({claim.target}). {claim.here.text}", False)
            for claim in family.claims
            if claim.here
        ]
    entries.append(("Load", card.load, True))
    for checkpoint in card.checkpoints[:1]:
        if checkpoint.hub_id:
            entries.append(("Hub", f"https://huggingface.co/{checkpoint.hub_id}", False))
        if checkpoint.preprocessing:
            entries.append(("Images", preprocessing_in_words(checkpoint.preprocessing), False))
    if card.pretrained_twin:
        twin = f"None. The same network has pretrained weights as {card.pretrained_twin}."
        entries.append(("Weights", twin, False))
    return [entry for entry in entries if entry[1]]


def _print_checkpoints(console: Console, card: CardView) -> None:
    """Each checkpoint with its accuracies, the one that was asked for first, then the most accurate."""
    rows = accuracy_rows(card.checkpoints)
    if not rows:
        console.print("No pretrained checkpoint is known.")
        return
    sets = test_sets_of(rows)
    table = plain_table("checkpoint")
    add_number_columns(table, "px", *(TEST_SETS[name] for name in sets), "top-5")
    add_text_columns(table, "licence", "commercial")
    for row in rows[:_CHECKPOINT_ROWS]:
        known = (row.top1.get(name) for name in sets)
        table.add_row(
            row.checkpoint.name,
            str(row.input_size or "-"),
            *("-" if top1 is None else Metric.TOP1.show(top1) for top1 in known),
            "-" if row.top5 is None else Metric.TOP5.show(row.top5),
            row.checkpoint.license or "unknown",
            "disputed" if row.checkpoint.license_dispute else allowed(row.checkpoint.commercial_use),
        )
    print_table(console, table, optional=[TEST_SETS[name] for name in sets if name != Dataset.IMAGENET_VAL])
    print_rest(console, card.name, len(rows) - _CHECKPOINT_ROWS)
    console.print("Top-1 in percent on ImageNet and its other test sets, and not on your images.")
    for checkpoint in card.checkpoints:
        if checkpoint.imported_from:
            console.print(f"{checkpoint.name} is not as archrank ships it: {checkpoint.imported_from}.")


def _print_standing(console: Console, card: CardView) -> None:
    """Where the network is among its peers, with those that are better and those that are alike."""
    if card.standing is None:
        return
    console.print(card.standing.text, markup=False)
    better = {one.candidate.architecture for one in card.standing.dominated_by}
    alike = [one for one in card.standing.rivals if one.candidate.architecture not in better]
    _print_rivals(console, "better", card.standing.dominated_by)
    _print_rivals(console, "nearest", alike)


def _print_rivals(console: Console, heading: str, rivals: list[RivalView]) -> None:
    if not rivals:
        return
    table = plain_table(heading)
    add_number_columns(table, "px", "top-1")
    add_text_columns(table, "beside this network", "licence")
    for rival in rivals:
        candidate = rival.candidate
        top1 = candidate.metrics.get(Metric.TOP1)
        table.add_row(
            candidate.checkpoint or candidate.architecture,
            str(candidate.input_size),
            "-" if top1 is None else Metric.TOP1.show(top1.value),
            rival.text,
            candidate.license or "unknown",
        )
    print_table(console, table, optional=("licence",))


def print_rest(console: Console, name: str, left: int) -> None:
    """Where the rows are that a table leaves out, if there are any."""
    if left > 0:
        console.print(f"... and {left} more rows, which `archrank card {quote(name)} --json` lists.")
