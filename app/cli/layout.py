"""What the tables of the terminal have in common: their look, a number in a cell, and that nothing is cut.

A pipe gets each row on one line. A terminal gets texts in several lines where the table is too wide. Numbers
are never shortened: where they do not fit, the table is wider than the terminal.
"""

from collections.abc import Mapping

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from app.contract.fields import MetricSchema
from catalog.terminal import console
from catalog.words.metrics import Metric
from catalog.words.texts import visible
from catalog.words.vocabulary import Provenance

# Characters that a text keeps on a narrow terminal. A shorter piece of a name says nothing.
_LEAST_TEXT = 12
ESTIMATE_SIGN = "~"
"""What is before an estimated number."""
_BETWEEN = 2  # rich's padding between two columns


def plain_console() -> Console:
    """A console that colours nothing by itself, and breaks sentences at the width of a terminal."""
    return console(wrap=True)


def plain_table(*headings: str) -> Table:
    """A table without lines. `headings` are those of its first columns, which hold text."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    add_text_columns(table, *headings)
    return table


def add_text_columns(table: Table, *headings: str) -> None:
    """Add columns that are aligned left, of names or sentences."""
    for heading in headings:
        table.add_column(heading, overflow="fold")


def add_number_columns(table: Table, *headings: str) -> None:
    """Add columns that are aligned right."""
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)


def print_table(shown: Console, table: Table) -> None:
    """Print a table of the columns above. Sets the widths of `table`."""
    for column in table.columns:
        longest = max(cell_len(visible(str(cell))) for cell in (column.header, *column.cells))
        whole = column.no_wrap or not shown.is_terminal
        column.min_width = longest if whole else min(longest, _LEAST_TEXT)
    least = sum(column.min_width or 0 for column in table.columns) + _BETWEEN * (len(table.columns) - 1)
    if least > shown.width:
        table.width = least
    shown.print(table, crop=False)


def metric_cell(metric: Metric, metrics: Mapping[Metric, MetricSchema]) -> str:
    """The number of `metric` without its unit. A dash where it is unknown, and a sign before an estimate."""
    if metric not in metrics:
        return "-"
    estimated = metrics[metric].provenance is Provenance.ESTIMATED
    return (ESTIMATE_SIGN if estimated else "") + metric.show(metrics[metric].value)
