"""Answers as tables and sentences for a terminal of 80 columns."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.contract.candidates import CandidateView
from app.contract.cards import BatchCurveView, CardView
from app.contract.fields import MetricSchema
from app.contract.measurements import MeasurementView
from app.contract.recommendations import RecommendationResponse
from app.contract.targets import TargetView
from app.presentation.wording import (
    number,
    peak_memory_metric,
    quantised_warnings,
    relaxed_bound,
    relaxed_bounds,
    shortfall,
    speed,
)
from app.ranking.sides import Side
from catalog.entities.naming import in_words, label_of
from catalog.words.doubts import Doubt
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import Dataset, Provenance, Status

# The command that removes a doubt; NAME is the architecture.
COMMAND_OF = {
    Doubt.CONTENDED: "archrank profile NAME --force",
    Doubt.OFF_CPU: "archrank profile NAME --force",
    Doubt.CANARY_MOVED: "archrank profile NAME --force",
    Doubt.CLOCK_DRIFT: "archrank profile NAME --force",
    Doubt.WARM_UP_UNSETTLED: "archrank profile NAME --force",
    Doubt.FEW_CALLS: "archrank profile NAME --force --max-processes 30",
    Doubt.IMPRECISE: "archrank profile NAME --force --max-processes 30",
    Doubt.FEW_FOR_PERCENTILE: "archrank profile NAME --force --max-processes 30",
    Doubt.MEAN_OF_CALLS: "archrank profile NAME",
}
# Where a bound moves when its side is relaxed.
_MOVED = {Side.MIN: "down to", Side.MAX: "up to"}
_CHECKPOINT_ROWS = 12
_MEASUREMENT_ROWS = 20


def print_recommendations(response: RecommendationResponse) -> None:
    """The ranked table, what eliminated the others, and what to relax."""
    console = Console(highlight=False)
    if response.recommendations:
        console.print(_ranking(response))
        first = response.recommendations[0]
        console.print(f"1. {first.architecture}: {' '.join(first.reasons)}", markup=False)
        if any(one.shares_rank_with for one in response.recommendations):
            console.print(
                "= Tied with other rows of this rank: the difference is within the error "
                "(95 % intervals overlap)."
            )
        _explain_doubts(console, _doubts(response))
        for line in first.training_plan or []:
            titles = ", ".join(source.title for source in line.sources)
            console.print(f"  {line.topic} ({line.provenance}): {line.text} Sources: {titles}.", markup=False)
    else:
        console.print("Nothing fits this budget.")
        for miss in response.near_misses:
            words = f"{_name(miss)} ({miss.configuration}): {shortfall(miss)}"
            console.print(f"  Near miss: {words}.", markup=False)
    counts = [f"{count} by {metric}" for metric, count in response.eliminated.items() if count]
    unknown = [f"{metric} of {count}" for metric, count in response.unknown.items()]
    console.print(
        f"{response.considered} candidates on {response.target}."
        + (f" Outside the budget: {', '.join(counts)}." if counts else "")
        + (f" Unknown: {', '.join(unknown)}." if unknown else ""),
        markup=False,
    )
    for metric, remedy in response.unknown_remedies.items():
        console.print(f"  {metric}: {remedy}", markup=False)
    for one in response.relaxations:
        console.print(
            f"  {one.metric} {_MOVED[one.side]} {relaxed_bound(one)} would admit {one.admits}.",
            markup=False,
        )
    fewest = response.fewest_relaxation
    if fewest and len(fewest.metrics) > 1:
        console.print(
            f"  Changing {relaxed_bounds(fewest)} together would admit {fewest.admits}.", markup=False
        )
    if response.joint_relaxation and len(response.joint_relaxation.budget) > 1:
        joint = response.joint_relaxation
        console.print(f"  Every bound wider by {joint.factor:.1%} would admit {joint.admits}.", markup=False)


def print_card(view: CardView) -> None:
    """The profile card."""
    console = Console(highlight=False)
    tag = f", default checkpoint {view.name}.{view.default_tag}" if view.default_tag else ""
    year = f", {view.year}" if view.year else ""
    console.print(Text.assemble((view.name, "bold"), f"  family {view.family or 'unknown'}{year}{tag}"))
    if view.metrics:
        facts = (f"{metric} {number(metric, found)}" for metric, found in view.metrics.items())
        console.print(f"counted: {', '.join(facts)}", markup=False)
    if view.native_size:
        other = {True: "no other size", False: "other sizes are accepted", None: "other sizes unknown"}[
            view.fixed_input
        ]
        console.print(f"input: {view.native_size} px, {other}", markup=False)
    for family in view.families[:1]:
        console.print(f"{family.title}: {family.introduced} {family.choose_when}", markup=False)
    if view.measurements:
        shown = sorted(
            view.measurements,
            key=lambda one: (
                one.provenance is not Provenance.MEASURED,
                one.input_size != view.native_size,
                one.target,
                str(one.configuration),
                one.configuration.scenario,
                one.configuration.clients,
                one.configuration.batch_size,
            ),
        )
        console.print(_measured(shown[:_MEASUREMENT_ROWS]))
        _more(console, view.name, len(shown) - _MEASUREMENT_ROWS)
        _explain_doubts(console, {doubt for one in shown[:_MEASUREMENT_ROWS] for doubt in one.doubts})
        for words in quantised_warnings(shown[:_MEASUREMENT_ROWS]):
            console.print(words, markup=False)
        for curve in view.batch_curves:
            words = in_words(curve.configuration, without=["batch_size"])
            console.print(f"{curve.target}, {words}, {curve.input_size} px:", markup=False)
            console.print(_batch_curve(curve))
    else:
        console.print(f"Not measured on any target. Run `archrank profile {view.name}`.")
    rows = [
        (checkpoint.name, accuracy.input_size, accuracy.top1, accuracy.top5, checkpoint.license)
        for checkpoint in view.checkpoints
        for accuracy in checkpoint.accuracies
        if accuracy.dataset == Dataset.IMAGENET_VAL
    ]
    rows.sort(key=lambda row: -row[2])
    if rows:
        table = Table("checkpoint", box=None, header_style="dim", pad_edge=False)
        for heading in ("px", "top-1", "top-5"):
            table.add_column(heading, justify="right")
        table.add_column("licence")
        for name, size, top1, top5, license_ in rows[:_CHECKPOINT_ROWS]:
            table.add_row(name, str(size), f"{top1:.2f}", f"{top5:.2f}", license_ or "unknown")
        console.print(table)
        _more(console, view.name, len(rows) - _CHECKPOINT_ROWS)


def _more(console: Console, name: str, left: int) -> None:
    if left > 0:
        console.print(f"... and {left} more rows, which `archrank card {name} --json` lists.")


def print_targets(views: Sequence[TargetView]) -> None:
    """A line for each target."""
    console = Console(highlight=False)
    if not views:
        console.print("The catalog has no target yet. Run `archrank profile --preset starter`.")
        return
    table = Table("id", "alias", "kind", "hardware", box=None, header_style="dim", pad_edge=False)
    for view in views:
        table.add_row(view.id, view.alias or "", view.kind, view.label)
    console.print(table)


def _ranking(response: RecommendationResponse) -> Table:
    speed = _speed_shown(response)
    headings = {Metric.LATENCY_MS: "ms", Metric.THROUGHPUT_IPS: "img/s", Metric.TRAIN_THROUGHPUT_IPS: "img/s"}
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("checkpoint", overflow="fold", max_width=31)
    table.add_column("px", justify="right")
    table.add_column("runtime")
    for heading in ("top-1", headings[speed], "mem MB", "size MB"):
        table.add_column(heading, justify="right")
    for one in response.recommendations:
        numbers = one.metrics
        table.add_row(
            f"{one.rank}{'=' if one.shares_rank_with else ''}",
            _name(one),
            str(one.input_size),
            label_of(one.configuration),
            _cell(Metric.TOP1, numbers),
            _cell(speed, numbers) + ("*" if speed in numbers and numbers[speed].doubts else ""),
            _cell(peak_memory_metric(one.configuration), numbers),
            _cell(Metric.SIZE_MB, numbers),
        )
    return table


def _speed_shown(response: RecommendationResponse) -> Metric:
    """The metric of speed that most of the rows have."""
    return max(
        SPEED_METRICS, key=lambda metric: sum(metric in one.metrics for one in response.recommendations)
    )


def _measured(measurements: Sequence[MeasurementView]) -> Table:
    table = Table("target", "configuration", box=None, header_style="dim", pad_edge=False)
    table.add_column("px", justify="right")
    table.add_column("speed", justify="right")
    table.add_column("mem MB", justify="right")
    for one in measurements:
        shown = speed(one) + ("*" if one.doubts else "") if one.status is Status.OK else f"{one.reason}"
        table.add_row(
            one.target,
            label_of(one.configuration),
            str(one.input_size),
            shown,
            _cell(peak_memory_metric(one.configuration), one.metrics),
        )
    return table


def _batch_curve(curve: BatchCurveView) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("batch", "throughput", "memory"):
        table.add_column(heading, justify="right")
    for point in curve.points:
        shown = f"{point.reason}" if point.reason else number(curve.metrics[0], point.throughput)
        table.add_row(str(point.batch_size), shown, number(curve.metrics[1], point.memory))
    return table


def _explain_doubts(console: Console, doubts: set[Doubt]) -> None:
    for doubt in sorted(doubts):
        console.print(f"* {doubt}: {doubt.meaning} {doubt.remedy}{_command(doubt)}", markup=False)


def _command(doubt: Doubt) -> str:
    command = COMMAND_OF.get(doubt)
    return f" Run `{command}`." if command else ""


def _doubts(response: RecommendationResponse) -> set[Doubt]:
    speed = _speed_shown(response)
    return {
        doubt
        for one in response.recommendations
        if speed in one.metrics
        for doubt in one.metrics[speed].doubts
    }


def _cell(metric: Metric, metrics: dict[Metric, MetricSchema]) -> str:
    found = metrics.get(metric)
    return "-" if found is None else metric.show(found.value)


def _name(one: CandidateView) -> str:
    return one.checkpoint or one.architecture
