"""What the tables of the terminal have in common: their look, and a number in a cell."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from app.contract.fields import MetricSchema
from catalog.words.metrics import Metric


def plain_console() -> Console:
    """A console that colours nothing by itself."""
    return Console(highlight=False)


def plain_table(*headings: str) -> Table:
    """A table without lines. `headings` are those of its first columns, which are aligned left."""
    return Table(*headings, box=None, header_style="dim", pad_edge=False)


def add_number_columns(table: Table, *headings: str) -> None:
    """Add columns that are aligned right."""
    for heading in headings:
        table.add_column(heading, justify="right")


def metric_cell(metric: Metric, metrics: Mapping[Metric, MetricSchema]) -> str:
    """The number of `metric` without its unit. A dash where it is unknown."""
    return metric.show(metrics[metric].value) if metric in metrics else "-"
