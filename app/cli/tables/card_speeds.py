"""The speeds of a profile card: one table of the fastest case on every target, and what it rests on."""

from collections.abc import Iterator
from shlex import quote

from rich.console import Console
from rich.table import Table

from app.cli.tables.doubts import print_doubts
from app.cli.tables.layout import (
    ESTIMATE_SIGN,
    add_number_columns,
    add_text_columns,
    plain_table,
    print_table,
)
from app.contract.common.fields import MetricSchema
from app.contract.networks.cards import BatchCurveView, CardView
from app.presentation.commands.configurations import profile_command
from app.presentation.commands.doubts import doubt_command
from app.presentation.wording.cards import hardly_quiet, quantised_warnings, refusals, speed_legend
from app.presentation.wording.numbers import (
    half_width_legend,
    half_width_percent,
    number,
    peak_memory_metric,
)
from app.presentation.wording.own_networks import input_in_words, input_of, own_sizes
from catalog.entities.naming import in_words, label_of
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, Status

_BAR, _BAR_CELLS = "▇", 12
_FAILURES = 5


def print_speeds(console: Console, card: CardView) -> None:
    """The fastest known case of each target, the doubts about it, and the curves against the batch size."""
    if not card.speeds:
        console.print(f"Not measured on any target. Run `archrank profile {quote(card.name)}`.")
    else:
        print_table(console, _speed_table(card), optional=("", "mem MB", "of"))
        _print_legend(console, card)
        print_doubts(console, _doubts(card))
        for warning in quantised_warnings(card.measurements):
            console.print(warning, markup=False)
        _print_as_met(console, card)
    for reason in refusals(card):
        console.print(f"Not estimated: {reason}", markup=False)
    for curve in card.batch_curves:
        configuration = in_words(curve.configuration, without=["batch_size"])
        console.print(f"{curve.target}, {configuration}, {input_in_words(curve, card)}:", markup=False)
        print_table(console, _curve_table(curve))


def _speed_table(card: CardView) -> Table:
    """A row for each target, precision and use that is known."""
    table = plain_table("target", "configuration")
    add_number_columns(table, "px", "speed", "± %", "ms/image")
    add_text_columns(table, "")
    add_number_columns(table, "mem MB", "of")
    fastest = max(1 / row.image_ms for row in card.speeds)
    for row in card.speeds:
        estimated = ESTIMATE_SIGN if row.speed.provenance is Provenance.ESTIMATED else ""
        doubtful = "*" if row.speed.doubts else ""
        cells = max(1, round(_BAR_CELLS / row.image_ms / fastest))
        table.add_row(
            row.target,
            label_of(row.configuration),
            input_of(row, card),
            f"{estimated}{row.metric.show(row.speed.value)} {row.metric.unit}{doubtful}",
            half_width_percent(row.speed) or "-",
            f"{row.image_ms:.3g}",
            _BAR * cells,
            _shown(peak_memory_metric(row.configuration), row.memory),
            str(row.cases),
        )
    return table


def _print_legend(console: Console, card: CardView) -> None:
    cases = sum(row.cases for row in card.speeds)
    console.print(
        f"The fastest of {cases} known cases for each use. "
        f"{half_width_legend(row.speed for row in card.speeds)}"
    )
    if any(row.speed.provenance is Provenance.ESTIMATED for row in card.speeds):
        console.print(f"{ESTIMATE_SIGN} Estimated from measurements of other networks on the same machine.")
    console.print(f"Every case: `archrank card {quote(card.name)} --csv`.")
    for sentence in own_sizes(card):
        console.print(sentence, markup=False)


def _doubts(card: CardView) -> Iterator[tuple[Doubt, str | None]]:
    """The doubts about the speeds that are shown, with the commands that remove them."""
    for row in card.speeds:
        measure = row.reproduce or profile_command([card.name], row.input_size, row.configuration)
        for doubt in row.speed.doubts:
            yield doubt, doubt_command(doubt, measure, row.speed.provenance)


def print_failures(console: Console, card: CardView) -> None:
    """The cases that failed, with the reason of each."""
    failed = [one for one in card.measurements if one.status is Status.FAILED]
    for one in failed[:_FAILURES]:
        case = f"{one.target}, {in_words(one.configuration)}, {input_in_words(one, card)}"
        meaning = one.reason.meaning if one.reason else ""
        console.print(f"Failed on {case}: {one.reason}. {meaning}", markup=False)
    if len(failed) > _FAILURES:
        console.print(f"... and {len(failed) - _FAILURES} more failures.")


def _print_as_met(console: Console, card: CardView) -> None:
    """How the latencies were met, and what that means. Nothing where no shown speed has a slowdown."""
    shown = [row for row in card.speeds if row.slowdown is not None]
    if not shown:
        return
    table = plain_table("target", "configuration")
    add_number_columns(table, "px", "quiet ms", "as met ms", "slowdown")
    for row in shown:
        table.add_row(
            row.target,
            label_of(row.configuration),
            input_of(row, card),
            _shown(Metric.LATENCY_MS, row.speed if row.metric is Metric.LATENCY_MS else None)
            + ("*" if hardly_quiet(row.speed.doubts) else ""),
            _shown(Metric.LATENCY_MET_MS, row.met),
            _shown(Metric.SLOWDOWN, row.slowdown),
        )
    print_table(console, table)
    for sentence in speed_legend(card):
        console.print(sentence, markup=False)


def _shown(metric: Metric, schema: MetricSchema | None) -> str:
    return "-" if schema is None else metric.show(schema.value)


def _curve_table(curve: BatchCurveView) -> Table:
    table = plain_table()
    add_number_columns(table, "batch", "throughput", "memory")
    for point in curve.points:
        throughput = f"{point.reason}" if point.reason else number(curve.metrics[0], point.throughput)
        table.add_row(str(point.batch_size), throughput, number(curve.metrics[1], point.memory))
    return table
