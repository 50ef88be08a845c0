"""Candidates side by side, and the frontier of two metrics, for a terminal of 80 columns."""

from collections.abc import Sequence
from string import ascii_uppercase

from rich.console import Console
from rich.text import Text

from app.cli.tables.entries import print_entry
from app.cli.tables.layout import (
    ESTIMATE_SIGN,
    add_number_columns,
    add_text_columns,
    metric_cell,
    plain_console,
    plain_table,
    print_table,
)
from app.cli.tables.ranked_rows import HEADINGS
from app.contract.answers.candidates import CandidateView
from app.contract.answers.comparisons import (
    ComparedCandidate,
    CompareResponse,
    FrontierCandidate,
    FrontierResponse,
)
from app.presentation.answers.candidates import origin
from app.presentation.wording.numbers import half_width_legend, half_width_percent
from catalog.entities.naming import in_words, label_of
from catalog.words.metrics import DATASETS, SPEED_METRICS, Metric
from catalog.words.vocabulary import Provenance

_BEST, _ALIKE = "<", "="
# How the names of metrics end that name their unit.
_UNITS = ("_ms", "_mb", "_m", "gmacs", "gflops", "_ips", "slowdown")


def print_comparison(response: CompareResponse) -> None:
    """A letter for each candidate, and a line for each metric that one of the candidates has."""
    console = plain_console()
    console.print(Text(f"On {response.target}:", style="bold"))
    letters = dict(zip(ascii_uppercase, response.items, strict=False))
    for letter, item in letters.items():
        print_entry(console, letter, _what(item), 1)
    compared = {letter: item.candidate for letter, item in letters.items() if item.candidate is not None}
    if not compared:
        return
    console.print()
    table = plain_table("")
    add_number_columns(table, *compared)
    for metric in Metric:
        if any(metric in candidate.metrics for candidate in compared.values()):
            leading = response.leading.get(metric, [])
            cells = [
                _cell(metric, candidate, is_best=letters[letter].asked in leading)
                for letter, candidate in compared.items()
            ]
            table.add_row(_with_unit(metric), *cells)
    print_table(console, table)
    numbers = (number for candidate in compared.values() for number in candidate.metrics.values())
    console.print(
        f"{_BEST} The best number of its line, or as good within the error. A line without {_BEST} has no "
        f"best. {half_width_legend(numbers)}"
    )
    _print_signs(console, list(compared.values()))
    for letter, candidate in compared.items():
        console.print(f"{letter}: {origin(candidate)}.", markup=False)


def _with_unit(metric: Metric) -> str:
    """The name of a metric, and its unit where the name does not end in it."""
    return str(metric) if metric.endswith(_UNITS) else f"{metric} {metric.unit}"


def _what(item: ComparedCandidate) -> str:
    candidate = item.candidate
    if candidate is None:
        explanation = item.explanation
        sentences = [explanation.text, explanation.remedy] if explanation else []
        return f"{item.asked}: {' '.join(filter(None, sentences))}"
    name = candidate.checkpoint or candidate.architecture
    return f"{name}, {candidate.input_size} px, {in_words(candidate.configuration)}"


def _cell(metric: Metric, candidate: CandidateView, *, is_best: bool) -> str:
    percent = half_width_percent(candidate.metrics.get(metric))
    error = f" ±{percent} %" if percent else ""
    return f"{metric_cell(metric, candidate.metrics)}{error}{_BEST if is_best else ' '}"


def print_frontier(response: FrontierResponse) -> None:
    """The frontier, from the best in its first metric to the worst, and how many candidates it is of."""
    console = plain_console()
    x, y = response.metrics
    if response.items:
        table = plain_table("checkpoint")
        add_number_columns(table, "px")
        add_text_columns(table, "runtime")
        add_number_columns(table, *(HEADINGS.get(metric, str(metric)) for metric in (x, y)))
        if any(half_width_percent(row.metrics.get(x)) for row in response.items):
            add_number_columns(table, "± %")
        add_text_columns(table, "licence")
        for row in response.items:
            error = half_width_percent(row.metrics.get(x))
            cells = [
                row.checkpoint or row.architecture,
                str(row.input_size),
                label_of(row.configuration),
                *(_with_alike(metric, row) for metric in (x, y)),
                error or "-",
                row.license or "unknown",
            ]
            if len(table.columns) < len(cells):
                del cells[-2]
            table.add_row(*cells)
        print_table(console, table, optional=("licence",))
        if legend := half_width_legend(row.metrics.get(x) for row in response.items):
            console.print(legend)
        if any(row.within_error for row in response.items):
            console.print(f"{_ALIKE} Within the error of the row above.")
        _print_signs(console, response.items)
    explanation = response.explanation
    console.print(" ".join(filter(None, [explanation.text, explanation.remedy])), markup=False)
    if {x, y} & DATASETS.keys():
        console.print("Accuracies are of ImageNet, and not of your images.")


def _with_alike(metric: Metric, row: FrontierCandidate) -> str:
    """A number of the frontier, and whether it is within the error of the row above."""
    return f"{metric_cell(metric, row.metrics)}{_ALIKE if metric in row.within_error else ' '}"


def _print_signs(console: Console, candidates: Sequence[CandidateView]) -> None:
    """What the sign before an estimate means, and that speeds were published, where that is so."""
    numbers = [
        candidate.metrics[metric]
        for candidate in candidates
        for metric in SPEED_METRICS
        if metric in candidate.metrics
    ]
    origins = {number.provenance for number in numbers}
    if Provenance.ESTIMATED in origins:
        console.print(f"{ESTIMATE_SIGN} Estimated from measurements of other networks on the same machine.")
    if Provenance.PUBLISHED in origins:
        console.print("Speeds were published by timm, and not measured here.")
