"""The ranked rows of an answer as a table."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from app.cli.tables.layout import add_number_columns, add_text_columns, metric_cell, plain_table, print_table
from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import RecommendationResponse, RecommendationView
from app.presentation.answers.candidates import accuracy_doubts
from app.presentation.wording.numbers import half_width_percent, kept, peak_memory_metric
from catalog.entities.naming import label_of
from catalog.words.metrics import SPEED_METRICS, Metric

HEADINGS: Mapping[Metric, str] = {
    Metric.TOP1: "top-1",
    Metric.TOP5: "top-5",
    Metric.LATENCY_MS: "ms",
    Metric.THROUGHPUT_IPS: "img/s",
    Metric.TRAIN_THROUGHPUT_IPS: "img/s",
    Metric.PEAK_MEMORY_MB: "mem MB",
    Metric.SIZE_MB: "size MB",
    Metric.PARAMS_M: "params M",
}
"""What the columns of metrics are called where there is little room. Other metrics have their own name."""
# In the order in which a terminal that gets wider shows them.
_WITH_ROOM = ("params M", "licence")


def print_ranking(console: Console, response: RecommendationResponse, speed: Metric) -> None:
    """The rows, the first in bold. A column that would be empty is left out.

    Every metric that the question bounds or ranks by has a column. Others have one where there is room.
    """
    rows = response.recommendations
    asked = [_heading(metric) for metric in asked_metrics(response)]
    optional = [heading for heading in _WITH_ROOM if heading not in asked]
    print_table(console, _ranking_table(rows, response, speed), optional, first=1)


def asked_metrics(response: RecommendationResponse) -> list[Metric]:
    """The metrics that the question bounds or ranks by, each once."""
    bounded = response.recommendations[0].slack if response.recommendations else {}
    return list(dict.fromkeys([*bounded, *response.weights]))


def speed_shown(candidates: Sequence[CandidateView]) -> Metric:
    """The metric of speed that most of the rows have."""
    return max(SPEED_METRICS, key=lambda metric: sum(metric in candidate.metrics for candidate in candidates))


def accuracy_cell(row: CandidateView) -> str:
    """The top-1 accuracy, with an asterisk where it is doubtful."""
    return metric_cell(Metric.TOP1, row.metrics) + ("*" if accuracy_doubts(row) else "")


def speed_cell(speed: Metric, row: CandidateView) -> str:
    """The speed, with an asterisk where it is doubtful."""
    doubtful = speed in row.metrics and row.metrics[speed].doubts
    return metric_cell(speed, row.metrics) + ("*" if doubtful else "")


def memory_cell(row: CandidateView) -> str:
    """The peak memory of inference, or of training where that is what was run."""
    return metric_cell(peak_memory_metric(row.configuration), row.metrics)


def _ranking_table(
    rows: Sequence[RecommendationView], response: RecommendationResponse, speed: Metric
) -> Table:
    cells = {
        "top-1": [accuracy_cell(row) for row in rows],
        HEADINGS[speed]: [speed_cell(speed, row) for row in rows],
        "± %": [half_width_percent(row.metrics.get(speed)) for row in rows],
        "keeps": [kept(row.fit_probability).replace(" ", "") if row.slack else "" for row in rows],
    }
    shown = {Metric.TOP1, speed}
    cells |= {
        "mem MB": [memory_cell(row) for row in rows],
        "size MB": [metric_cell(Metric.SIZE_MB, row.metrics) for row in rows],
    }
    for metric in dict.fromkeys([*asked_metrics(response), Metric.PARAMS_M]):
        if metric not in shown and _heading(metric) not in cells:
            cells[_heading(metric)] = [metric_cell(metric, row.metrics) for row in rows]
    numbers = {heading: column for heading, column in cells.items() if set(column) - {"", "-"}}
    table = plain_table()
    add_number_columns(table, "#")
    add_text_columns(table, "checkpoint")
    add_number_columns(table, "px")
    add_text_columns(table, "runtime")
    add_number_columns(table, *numbers)
    add_text_columns(table, "licence")
    for row, *values in zip(rows, *numbers.values(), strict=True):
        table.add_row(
            f"{row.rank}{'=' if row.shares_rank_with else ''}",
            row.checkpoint or row.architecture,
            str(row.input_size),
            label_of(row.configuration),
            *(value or "-" for value in values),
            row.license or "unknown",
        )
    return table


def _heading(metric: Metric) -> str:
    return HEADINGS.get(metric, str(metric))
