"""Recommendations for a terminal of 80 columns: the decision, the ranked rows, what became of the rest."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from app.cli.tables.doubts import print_doubts
from app.cli.tables.entries import print_entry
from app.cli.tables.layout import ESTIMATE_SIGN, plain_console
from app.cli.tables.not_considered import print_not_considered
from app.cli.tables.ranked_rows import print_ranking, speed_shown
from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import RecommendationResponse, RecommendationView
from app.presentation.answers.candidates import accuracy_doubts, license_in_words
from app.presentation.answers.outcomes import TITLES
from app.presentation.answers.winner import headline, measuring, steps, winner_of
from app.presentation.commands.doubts import doubt_command
from app.presentation.wording.budgets import (
    certainty,
    doubtful_part,
    other_winners,
    relaxed_bound,
    relaxed_bounds,
    required_of_each,
    shortfall,
    top1_lines,
    widened,
)
from app.presentation.wording.numbers import half_width_legend, in_doubt
from app.ranking.budget.sides import Side
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

# Where a bound moves when its side is relaxed.
_DIRECTIONS = {Side.MIN: "down to", Side.MAX: "up to"}


def print_recommendations(response: RecommendationResponse) -> None:
    """What to deploy, the ranked table, what eliminated the others, and what to relax."""
    console = plain_console()
    if winner := winner_of(response):
        _print_winner(console, winner)
        console.print()
    if response.recommendations:
        _print_ranking(console, response)
        if winner:
            _print_training_plan(console, winner)
        console.print()
    else:
        console.print(Text(f"{TITLES[response.outcome]}.", style="bold"))
    _print_explanation(console, response)
    if not response.recommendations:
        for miss in response.near_misses:
            sentence = f"{_name(miss)} ({miss.configuration}): {shortfall(miss)}."
            console.print(f"  Near miss: {sentence}", markup=False)
    if line := required_of_each(response.confidence, response.required_probability):
        console.print(line, markup=False)
    if line := other_winners(response.other_winners):
        console.print(line, markup=False)
    _print_counts(console, response)
    _print_relaxations(console, response)
    print_not_considered(console, response)


def _print_winner(console: Console, winner: RecommendationView) -> None:
    console.print(Text(headline(winner), style="bold green"))
    below = steps(winner)
    width = max(len(step.label) for step in below)
    for step in below:
        print_entry(console, step.label, step.text, width, is_code=step.is_code)


def _print_explanation(console: Console, response: RecommendationResponse) -> None:
    """What the answer came to, and what to do about it."""
    explanation = response.explanation
    console.print(" ".join(filter(None, [explanation.text, explanation.remedy])), markup=False)


def _print_ranking(console: Console, response: RecommendationResponse) -> None:
    """The table, and what its signs mean."""
    rows = response.recommendations
    speed = speed_shown(rows)
    print_ranking(console, response, speed)
    if certainty(rows[0]):
        legend = half_width_legend(row.metrics.get(speed) for row in rows)
        console.print(f"{legend} Keeps: how surely a row keeps the budget.".strip())
    if any(candidate.shares_rank_with for candidate in rows):
        console.print(
            "= Tied with other rows of this rank: the difference is within the error "
            "(the 95 % interval of the difference holds 0)."
        )
    _print_licenses(console, rows)
    console.print("Top-1 is the accuracy on ImageNet, and not on your images.")
    for line in top1_lines(rows):
        console.print(line, markup=False)
    _print_estimated(console, rows)
    print_doubts(console, _doubts(rows, speed))


def _print_licenses(console: Console, candidates: Iterable[CandidateView]) -> None:
    """The licence of the weights, for all candidates that share it."""
    names: dict[str, list[str]] = {}
    for candidate in candidates:
        names.setdefault(license_in_words(candidate), []).append(_name(candidate))
    for text, group in names.items():
        console.print(f"{text[0].upper()}{text[1:]}: {', '.join(dict.fromkeys(group))}.", markup=False)


def _doubts(candidates: Iterable[RecommendationView], speed: Metric) -> Iterator[tuple[Doubt, str | None]]:
    """The doubts about the candidates' speeds and accuracies, with the commands that remove them."""
    for candidate in candidates:
        if speed in candidate.metrics:
            number = candidate.metrics[speed]
            for doubt in number.doubts:
                yield doubt, doubt_command(doubt, measuring(candidate), number.provenance)
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
            f"  Every bound wider by {widened(joint)} would admit {joint.admits}{in_doubt(joint.doubts)}.",
            markup=False,
        )


def _name(candidate: CandidateView) -> str:
    return candidate.checkpoint or candidate.architecture
