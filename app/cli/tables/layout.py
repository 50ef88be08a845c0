"""What the tables of the terminal have in common: their look, a number in a cell, and that nothing is cut.

A pipe gets each row on one line. A terminal too narrow for that gets a row in two lines: its name, and below
the name everything else. Names and numbers are never broken or shortened: where even these lines do not fit,
they are wider than the terminal.
"""

from collections.abc import Collection, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from app.contract.common.fields import MetricSchema
from catalog.console.terminal import console
from catalog.words.metrics import Metric
from catalog.words.texts import visible
from catalog.words.vocabulary import Provenance

ESTIMATE_SIGN = "~"
"""What is before an estimated number."""
_BETWEEN = 2  # rich's padding between two columns
_FADED, _FIRST = "dim", "bold"


def plain_console() -> Console:
    """A console that breaks sentences at the width of a terminal. It uses colour on a terminal alone."""
    return console(wrap=True)


def plain_table(*headings: str) -> Table:
    """A table without lines. `headings` are those of its first columns, which hold text."""
    table = Table(box=None, header_style=_FADED, pad_edge=False)
    add_text_columns(table, *headings)
    return table


def add_text_columns(table: Table, *headings: str) -> None:
    """Add columns that are aligned left, of names or sentences."""
    for heading in headings:
        table.add_column(heading, no_wrap=True)


def add_number_columns(table: Table, *headings: str) -> None:
    """Add columns that are aligned right."""
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)


def print_table(shown: Console, table: Table, optional: Collection[str] = (), first: int = 0) -> None:
    """Print a table of the columns above.

    Columns with an `optional` heading are left out of a terminal that is too narrow, the last first. The
    `first` rows are set in bold.
    """
    columns = list(table.columns)
    room = shown.width if shown.is_terminal else None
    needed = [column for column in columns if column.header not in optional]
    if room is None or _width(needed) <= room:
        chosen = _as_many_as_fit(columns, needed, room)
        lines = _lines(chosen)
    else:
        lead, rest = _split(columns)
        indent = _indent(lead)
        chosen = _as_many_as_fit(rest, [column for column in rest if column in needed], room - indent)
        below = [" " * indent + line for line in _lines(chosen)]
        lines = [line for pair in zip(_lines(lead), below, strict=True) for line in pair]
    in_header = len(lines) // (table.row_count + 1)
    for place, line in enumerate(lines):
        style = _FADED if place < in_header else _FIRST if place < in_header * (first + 1) else ""
        shown.print(Text(line, style=style, overflow="ignore", no_wrap=True), soft_wrap=True)


def _as_many_as_fit(
    columns: Sequence[Column], needed: Sequence[Column], room: int | None
) -> Sequence[Column]:
    """The columns, without the last of those that are not `needed` where the room is too small."""
    chosen = list(columns)
    for column in reversed(columns):
        if room is None or _width(chosen) <= room:
            break
        if column not in needed:
            chosen.remove(column)
    return chosen


def _split(columns: Sequence[Column]) -> tuple[Sequence[Column], Sequence[Column]]:
    """The columns up to the first text, and the other columns."""
    texts = (place for place, column in enumerate(columns) if column.justify == "left")
    end = next(texts, 0) + 1
    return columns[:end], columns[end:]


def _indent(lead: Sequence[Column]) -> int:
    """How far the second line of a row is set in: to where its name begins, and two at least."""
    return max(_BETWEEN, _width(lead[:-1]) + _BETWEEN)


def _cells(column: Column) -> list[str]:
    return [visible(str(cell)) for cell in (column.header, *column.cells)]


def _width(columns: Sequence[Column]) -> int:
    widths = [max(map(cell_len, _cells(column))) for column in columns]
    return sum(widths) + _BETWEEN * max(0, len(widths) - 1)


def _lines(columns: Sequence[Column]) -> list[str]:
    """The header and the rows, each as a line."""
    padded = []
    for column in columns:
        cells = _cells(column)
        width = max(map(cell_len, cells))
        spaces = [" " * (width - cell_len(cell)) for cell in cells]
        right = column.justify == "right"
        padded.append(
            [space + cell if right else cell + space for cell, space in zip(cells, spaces, strict=True)]
        )
    return [(" " * _BETWEEN).join(row).rstrip() for row in zip(*padded, strict=True)]


def metric_cell(metric: Metric, metrics: Mapping[Metric, MetricSchema]) -> str:
    """The number of `metric` without its unit. A dash where it is unknown, and a sign before an estimate."""
    if metric not in metrics:
        return "-"
    estimated = metrics[metric].provenance is Provenance.ESTIMATED
    return (ESTIMATE_SIGN if estimated else "") + metric.show(metrics[metric].value)
