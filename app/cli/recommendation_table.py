"""Recommendations as tables and sentences for a terminal of 80 columns."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table

from app.cli.doubts import print_doubts
from app.cli.layout import (
    ESTIMATE_SIGN,
    add_number_columns,
    add_text_columns,
    metric_cell,
    plain_console,
    plain_table,
    print_table,
)
from app.cli.not_considered import print_not_considered
from app.contract.candidates import CandidateView
from app.contract.recommendations import RecommendationResponse, RecommendationView
from app.presentation.candidates import accuracy_doubts, origin
from app.presentation.doubts import doubt_command
from app.presentation.outcomes import TITLES
from app.presentation.wording import (
    certainty,
    doubtful_part,
    half_width_percent,
    in_doubt,
    kept,
    other_winners,
    peak_memory_metric,
    relaxed_bound,
    relaxed_bounds,
    shortfall,
    top1_lines,
)
from app.ranking.sides import Side
from catalog.entities.naming import label_of
from catalog.words.doubts import Doubt
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import Provenance

# Where a bound moves when its side is relaxed.
_DIRECTIONS = {Side.MIN: "down to", Side.MAX: "up to"}
_SPEED_HEADINGS = {
    Metric.LATENCY_MS: "ms",
    Metric.THROUGHPUT_IPS: "img/s",
    Metric.TRAIN_THROUGHPUT_IPS: "img/s",
}


def print_recommendations(response: RecommendationResponse) -> None:
    """The ranked table, what eliminated the others, and what to relax."""
    console = plain_console()
    if response.recommendations:
        _print_ranking(console, response)
        _print_training_plan(console, response.recommendations[0])
    else:
        console.print(f"{TITLES[response.outcome]}.")
    _print_explanation(console, response)
    if not response.recommendations:
        for miss in response.near_misses:
            sentence = f"{_name(miss)} ({miss.configuration}): {shortfall(miss)}."
            console.print(f"  Near miss: {sentence}", markup=False)
    if line := other_winners(response.other_winners):
        console.print(line, markup=False)
    _print_counts(console, response)
    _print_relaxations(console, response)
    print_not_considered(console, response)


def _print_explanation(console: Console, response: RecommendationResponse) -> None:
    """What the answer came to, and what to do about it."""
    explanation = response.explanation
    console.print(" ".join(filter(None, [explanation.text, explanation.remedy])), markup=False)


def _print_ranking(console: Console, response: RecommendationResponse) -> None:
    speed = _speed_shown(response)
    print_table(console, _ranking_table(response, speed))
    first = response.recommendations[0]
    console.print(f"1. {first.architecture}: {' '.join(first.reasons)}", markup=False)
    if sentence := certainty(first):
        console.print(sentence, markup=False)
        console.print("± is half of the 95 % interval. Keeps: how surely a row keeps the budget.")
    if any(candidate.shares_rank_with for candidate in response.recommendations):
        console.print(
            "= Tied with other rows of this rank: the difference is within the error "
            "(95 % intervals overlap)."
        )
    for origin_, names in _by_origin(response.recommendations).items():
        console.print(f"{origin_[0].upper()}{origin_[1:]}: {', '.join(names)}.", markup=False)
    console.print("Top-1 is the accuracy on ImageNet, and not on your images.")
    for line in top1_lines(response.recommendations):
        console.print(line, markup=False)
    _print_estimated(console, response.recommendations)
    print_doubts(console, _doubts(response.recommendations, speed))


def _doubts(candidates: Iterable[RecommendationView], speed: Metric) -> Iterator[tuple[Doubt, str | None]]:
    """The doubts about the candidates' speeds and accuracies, with the commands that remove them."""
    for candidate in candidates:
        case = candidate.architecture, candidate.input_size, candidate.configuration
        if speed in candidate.metrics:
            number = candidate.metrics[speed]
            for doubt in number.doubts:
                yield doubt, doubt_command(doubt, *case, number.provenance)
        for doubt in accuracy_doubts(candidate):
            yield doubt, None


def _print_estimated(console: Console, candidates: Iterable[CandidateView]) -> None:
    """What the sign before a number means. Nothing where no candidate was estimated."""
    estimated = [
        one
        for one in candidates
        if any(number.provenance is Provenance.ESTIMATED for number in one.metrics.values())
    ]
    if estimated:
        console.print(
            f"{ESTIMATE_SIGN} Estimated from measurements of other networks on the same machine. "
            "To measure those that may be the best, run `archrank recommend` with the same options and "
            "--verify."
        )


def _by_origin(candidates: Iterable[CandidateView]) -> dict[str, list[str]]:
    """The names of the candidates, by the licence and the training of their weights."""
    names: dict[str, list[str]] = {}
    for candidate in candidates:
        names.setdefault(origin(candidate), []).append(_name(candidate))
    return {text: list(dict.fromkeys(group)) for text, group in names.items()}


def _ranking_table(response: RecommendationResponse, speed: Metric) -> Table:
    """The rows. A column that would be empty is left out."""
    rows = response.recommendations
    cells = {
        "top-1": [
            metric_cell(Metric.TOP1, row.metrics) + ("*" if accuracy_doubts(row) else "") for row in rows
        ],
        _SPEED_HEADINGS[speed]: [_speed_cell(speed, row) for row in rows],
        "± %": [half_width_percent(row.metrics.get(speed)) for row in rows],
        "keeps": [kept(row.fit_probability).replace(" ", "") if row.slack else "" for row in rows],
        "mem MB": [metric_cell(peak_memory_metric(row.configuration), row.metrics) for row in rows],
        "size MB": [metric_cell(Metric.SIZE_MB, row.metrics) for row in rows],
    }
    shown = {heading: column for heading, column in cells.items() if set(column) - {"", "-"}}
    table = plain_table()
    add_number_columns(table, "#")
    add_text_columns(table, "checkpoint")
    add_number_columns(table, "px")
    add_text_columns(table, "runtime")
    add_number_columns(table, *shown)
    for row, *numbers in zip(rows, *shown.values(), strict=True):
        table.add_row(
            f"{row.rank}{'=' if row.shares_rank_with else ''}",
            _name(row),
            str(row.input_size),
            label_of(row.configuration),
            *(number or "-" for number in numbers),
        )
    return table


def _speed_cell(speed: Metric, row: CandidateView) -> str:
    return metric_cell(speed, row.metrics) + (
        "*" if speed in row.metrics and row.metrics[speed].doubts else ""
    )


def _speed_shown(response: RecommendationResponse) -> Metric:
    """The metric of speed that most of the rows have."""
    return max(
        SPEED_METRICS,
        key=lambda metric: sum(metric in candidate.metrics for candidate in response.recommendations),
    )


def _print_training_plan(console: Console, candidate: RecommendationView) -> None:
    for line in candidate.training_plan or []:
        titles = ", ".join(source.title for source in line.sources)
        console.print(f"  {line.topic} ({line.provenance}): {line.text} Sources: {titles}.", markup=False)


def _print_counts(console: Console, response: RecommendationResponse) -> None:
    """How many candidates each bound eliminated, and how many lack a number."""
    eliminated = [
        f"{count} by {metric}{doubtful_part(response.eliminated_doubtful.get(metric, 0), count)}"
        for metric, count in response.eliminated.items()
        if count
    ]
    unknown = [f"{metric} of {count}" for metric, count in response.unknown.items()]
    sentences = [
        *([f"Outside the budget: {', '.join(eliminated)}."] if eliminated else []),
        *([f"Unknown: {', '.join(unknown)}."] if unknown else []),
    ]
    if sentences:
        console.print(" ".join(sentences), markup=False)
    for metric, remedy in response.unknown_remedies.items():
        if remedy in (response.explanation.remedy or ""):
            continue
        console.print(f"  {metric}: {remedy}", markup=False)
    for filter_ in response.filters:
        if filter_.note:
            console.print(f"  {filter_.note}", markup=False)


def _print_relaxations(console: Console, response: RecommendationResponse) -> None:
    """What to relax. A change of all bounds together is shown where there are several."""
    for relaxation in response.relaxations:
        bound = f"{relaxation.metric} {_DIRECTIONS[relaxation.side]} {relaxed_bound(relaxation)}"
        console.print(
            f"  {bound} would admit {relaxation.admits}{in_doubt(relaxation.doubts)}.", markup=False
        )
    fewest, joint = response.fewest_relaxation, response.joint_relaxation
    if fewest and len(fewest.metrics) > 1:
        console.print(
            f"  Changing {relaxed_bounds(fewest)} together would admit {fewest.admits}"
            f"{in_doubt(fewest.doubts)}.",
            markup=False,
        )
    if joint and len(joint.budget) > 1:
        console.print(
            f"  Every bound wider by {joint.factor:.1%} would admit {joint.admits}{in_doubt(joint.doubts)}.",
            markup=False,
        )


def _name(candidate: CandidateView) -> str:
    return candidate.checkpoint or candidate.architecture
