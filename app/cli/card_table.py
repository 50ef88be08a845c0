"""The profile card as tables and sentences for a terminal of 80 columns."""

from collections.abc import Iterator, Sequence
from shlex import quote

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.doubts import print_doubts
from app.cli.layout import (
    add_number_columns,
    add_text_columns,
    metric_cell,
    plain_console,
    plain_table,
    print_table,
)
from app.contract.cards import BatchCurveView, CardView
from app.contract.estimates import EstimateView
from app.contract.measurements import MeasurementView
from app.presentation.doubts import doubt_command
from app.presentation.wording import (
    half_width_percent,
    head_sizes,
    input_of,
    number,
    peak_memory_metric,
    quantised_warnings,
    speed_alone,
    speed_legend,
    speed_metric,
)
from catalog.entities.naming import in_words, label_of
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset, Provenance, Status

_CHECKPOINT_ROWS = 12
_MEASUREMENT_ROWS = 20
# The latency on the quiet machine and as it was met, and the slowdown, with their headings.
_AS_MET = {Metric.LATENCY_MS: "quiet ms", Metric.LATENCY_MET_MS: "as met ms", Metric.SLOWDOWN: "slowdown"}


def print_card(card: CardView) -> None:
    """The profile card."""
    console = plain_console()
    _print_facts(console, card)
    if card.measurements:
        _print_measurements(console, card)
    else:
        console.print(f"Not measured on any target. Run `archrank profile {quote(card.name)}`.")
    if card.estimates:
        _print_estimates(console, card.estimates)
    _print_checkpoints(console, card)


def _print_facts(console: Console, card: CardView) -> None:
    tag = f", default checkpoint {card.name}.{card.default_tag}" if card.default_tag else ""
    year = f", {card.year}" if card.year else ""
    console.print(Text.assemble((card.name, "bold"), f"  family {card.family or 'unknown'}{year}{tag}"))
    if card.metrics:
        counts = (f"{metric} {number(metric, count)}" for metric, count in card.metrics.items())
        console.print(f"counted: {', '.join(counts)}", markup=False)
    if card.native_size:
        other = {True: "no other size", False: "other sizes are accepted", None: "other sizes unknown"}[
            card.fixed_input
        ]
        console.print(f"input: {card.native_size} px, {other}", markup=False)
    if card.pretrained_twin:
        console.print(
            f"No pretrained weights. The same network has weights as {card.pretrained_twin}.", markup=False
        )
    for family in card.families[:1]:
        console.print(f"{family.title}: {family.introduced} {family.choose_when}", markup=False)
        for claim in family.claims:
            if claim.here:
                console.print(f"{claim.text} ({claim.target}). {claim.here.text}", markup=False)


def _print_measurements(console: Console, card: CardView) -> None:
    shown = _in_order(card)[:_MEASUREMENT_ROWS]
    print_table(console, _measurement_table(card, shown))
    console.print("± is half of the 95 % interval of the speed.")
    for sentence in head_sizes(card):
        console.print(sentence, markup=False)
    _print_rest(console, card.name, len(card.measurements) - _MEASUREMENT_ROWS)
    print_doubts(console, _doubts(card.name, shown))
    for warning in quantised_warnings(shown):
        console.print(warning, markup=False)
    _print_as_met(console, card, shown)
    for curve in card.batch_curves:
        configuration = in_words(curve.configuration, without=["batch_size"])
        console.print(f"{curve.target}, {configuration}, {curve.input_size} px:", markup=False)
        print_table(console, _curve_table(curve))


def _doubts(architecture: str, measurements: Sequence[MeasurementView]) -> Iterator[tuple[Doubt, str | None]]:
    """The doubts about the measurements, with the commands that remove them."""
    for measurement in measurements:
        for doubt in measurement.doubts:
            case = architecture, measurement.input_size, measurement.configuration
            yield doubt, doubt_command(doubt, *case, measurement.provenance)


def _in_order(card: CardView) -> list[MeasurementView]:
    """The measurements: measured before published ones, and of those the native input size before others."""
    return sorted(
        card.measurements,
        key=lambda measurement: (
            measurement.provenance is not Provenance.MEASURED,
            measurement.input_size != card.native_size,
            measurement.target,
            str(measurement.configuration),
            measurement.configuration.scenario,
            measurement.configuration.clients,
            measurement.configuration.batch_size,
        ),
    )


def _measurement_table(card: CardView, measurements: Sequence[MeasurementView]) -> Table:
    table = plain_table("target", "configuration")
    add_number_columns(table, "px", "speed", "± %", "mem MB")
    for measurement in measurements:
        configuration, metrics = measurement.configuration, measurement.metrics
        outcome = f"{measurement.reason}"
        if measurement.status is Status.OK:
            outcome = speed_alone(measurement) + ("*" if measurement.doubts else "")
        table.add_row(
            measurement.target,
            label_of(configuration),
            input_of(measurement, card),
            outcome,
            half_width_percent(metrics[metric]) if (metric := speed_metric(metrics)) else "",
            metric_cell(peak_memory_metric(configuration), metrics),
        )
    return table


def _print_estimates(console: Console, estimates: Sequence[EstimateView]) -> None:
    """The estimates of cases that were not measured, and why others have none."""
    table = plain_table("estimated on", "configuration")
    add_number_columns(table, "px", "speed", "mem MB")
    for one in estimates:
        metric = speed_metric(one.metrics)
        table.add_row(
            one.target,
            label_of(one.configuration),
            str(one.input_size),
            "-" if metric is None else number(metric, one.metrics[metric]),
            metric_cell(peak_memory_metric(one.configuration), one.metrics),
        )
    print_table(console, table)
    for reason in dict.fromkeys(reason for one in estimates for reason in one.refused.values()):
        console.print(f"Not estimated: {reason}", markup=False)


def _print_as_met(console: Console, card: CardView, measurements: Sequence[MeasurementView]) -> None:
    """How each latency was met, and what that means. Nothing where no measurement has a slowdown."""
    with_slowdown = [one for one in measurements if Metric.SLOWDOWN in one.metrics]
    if not with_slowdown:
        return
    table = plain_table("target", "configuration")
    add_number_columns(table, "px", *_AS_MET.values())
    for measurement in with_slowdown:
        table.add_row(
            measurement.target,
            label_of(measurement.configuration),
            input_of(measurement, card),
            *(metric_cell(metric, measurement.metrics) for metric in _AS_MET),
        )
    print_table(console, table)
    for sentence in speed_legend(with_slowdown):
        console.print(sentence, markup=False)


def _curve_table(curve: BatchCurveView) -> Table:
    table = plain_table()
    add_number_columns(table, "batch", "throughput", "memory")
    for point in curve.points:
        throughput = f"{point.reason}" if point.reason else number(curve.metrics[0], point.throughput)
        table.add_row(str(point.batch_size), throughput, number(curve.metrics[1], point.memory))
    return table


def _print_checkpoints(console: Console, card: CardView) -> None:
    """The checkpoints with a published ImageNet accuracy, the most accurate first."""
    rows = [
        (checkpoint.name, accuracy.input_size, accuracy.top1, accuracy.top5, checkpoint.license)
        for checkpoint in card.checkpoints
        for accuracy in checkpoint.accuracies
        if accuracy.dataset == Dataset.IMAGENET_VAL
    ]
    if not rows:
        return
    rows.sort(key=lambda row: -row[2])
    table = plain_table("checkpoint")
    add_number_columns(table, "px", "top-1", "top-5")
    add_text_columns(table, "licence")
    for name, size, top1, top5, license_ in rows[:_CHECKPOINT_ROWS]:
        table.add_row(name, str(size), f"{top1:.2f}", f"{top5:.2f}", license_ or "unknown")
    print_table(console, table)
    _print_rest(console, card.name, len(rows) - _CHECKPOINT_ROWS)
    for checkpoint in card.checkpoints:
        if checkpoint.imported_from:
            console.print(f"{checkpoint.name} is not as archrank ships it: {checkpoint.imported_from}.")


def _print_rest(console: Console, name: str, left: int) -> None:
    """Where the rows are that the table leaves out, if there are any."""
    if left > 0:
        console.print(f"... and {left} more rows, which `archrank card {quote(name)} --json` lists.")
