"""The answer as a decision: what to deploy, why, what may go wrong, and what else could be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import RecommendationResponse, RecommendationView
from app.contract.common.fields import MetricSchema
from app.presentation.answers.winner import winner_of
from app.presentation.wording.numbers import kept, peak_memory_metric, speed_metric
from app.presentation.wording.titles import METRIC_TITLES, RUNTIME_TITLES
from app.ranking.order.margins import are_apart, by_logarithm
from app.ranking.reasons.ties import RECOMMENDED, SURE
from catalog.entities.naming import in_words
from catalog.words.doubts import Doubt
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Provenance

# Smaller differences are shown as none: an accuracy with a decimal, a ratio in whole per cent.
_SAME_ACCURACY = 0.05
_SAME_RATIO = 0.005
# Doubts of every published speed, which its provenance says already.
_OF_PUBLISHED = (Doubt.LEARNT_INTERVAL, Doubt.MEAN_OF_CALLS, Doubt.UNDATED)


@dataclass(frozen=True)
class ShownNumber:
    """A number of the decision: its title, its text with the unit, its interval and its origin."""

    metric: Metric
    title: str
    text: str
    interval: str
    provenance: Provenance


@dataclass(frozen=True)
class Decision:
    """What to deploy. `trade` is a sentence about the runner-up, empty where there is none."""

    winner: RecommendationView
    runtime: str
    run: str
    numbers: tuple[ShownNumber, ...]
    why: str
    risk: str
    runner_up: RecommendationView | None
    trade: str


def decision_of(response: RecommendationResponse) -> Decision | None:
    """The decision that an answer comes to. None where nothing fits, or where nothing is the best."""
    winner = winner_of(response)
    if winner is None:
        return None
    next_best = next((one for one in response.recommendations if one is not winner), None)
    return Decision(
        winner=winner,
        runtime=RUNTIME_TITLES[winner.configuration.runtime],
        run=in_words(winner.configuration, without=["runtime"]).strip(),
        numbers=tuple(shown_numbers(winner)),
        why=_why(winner),
        risk=risk_of(winner),
        runner_up=next_best,
        trade="" if next_best is None else trade(next_best, winner),
    )


def shown_numbers(candidate: CandidateView) -> list[ShownNumber]:
    """Up to four numbers: accuracy, speed, memory and size. What is unknown is left out."""
    wanted = (
        speed_metric(candidate.metrics),
        Metric.TOP1,
        peak_memory_metric(candidate.configuration),
        Metric.SIZE_MB,
    )
    return [
        ShownNumber(
            metric,
            METRIC_TITLES[metric],
            f"{metric.show(candidate.metrics[metric].value)} {metric.unit}",
            interval(metric, candidate.metrics[metric]),
            candidate.metrics[metric].provenance,
        )
        for metric in wanted
        if metric is not None and metric in candidate.metrics
    ]


def interval(metric: Metric, schema: MetricSchema) -> str:
    """The interval of a number, as `30.1 to 32.4`. Empty where it has none, or where it rounds to nothing."""
    if schema.low is None or schema.high is None:
        return ""
    low, high = metric.show(schema.low), metric.show(schema.high)
    return "" if low == high else f"{low} to {high}"


def risk_of(candidate: RecommendationView) -> str:
    """The most serious reason for which the choice may be wrong, in a sentence."""
    speed = speed_metric(candidate.metrics)
    number = candidate.metrics[speed] if speed is not None else None
    probability = candidate.fit_probability
    if candidate.slack and probability is not None and probability < SURE:
        binding = METRIC_TITLES[candidate.binding].lower() if candidate.binding else "a bounded number"
        surely = f"It keeps the budget with a probability of {kept(probability)}"
        return f"{surely}: its {binding} is close to the bound."
    if speed is not None and number is not None and number.provenance is Provenance.ESTIMATED:
        lies = interval(speed, number)
        between = f", and it lies between {lies.replace(' to ', ' and ')} {speed.unit}" if lies else ""
        return f"Its {METRIC_TITLES[speed].lower()} was estimated, not measured{between}."
    if number is not None and (doubts := [one for one in number.doubts if one not in _OF_PUBLISHED]):
        return f"Its {METRIC_TITLES[speed or Metric.LATENCY_MS].lower()} is doubtful. {doubts[0].meaning}"
    if candidate.commercial_use is not True:
        use = (
            "no commercial use"
            if candidate.commercial_use is False
            else "no clear answer about commercial use"
        )
        return f"The licence of its weights, {candidate.license or 'unknown'}, gives {use}."
    if number is not None and number.provenance is Provenance.PUBLISHED:
        return "Its speed was published for this hardware, and not measured on your machine."
    return "Its accuracy was measured on ImageNet, and may differ on your images."


def _why(winner: RecommendationView) -> str:
    """Its place, and where it shares that, why it is the one to take."""
    return " ".join(
        sentence
        for place, sentence in enumerate(winner.reasons)
        if place == 0 or sentence.startswith(RECOMMENDED)
    )


def trade(candidate: RecommendationView, winner: RecommendationView) -> str:
    """What one wins and loses by taking `candidate` in the place of the winner, in a sentence."""
    if candidate.rank != winner.rank:
        return f"{trade_between(candidate, winner)}."
    return f"is tied with it. It {trade_between(candidate, winner)}."


def trade_between(candidate: CandidateView, other: CandidateView) -> str:
    """How a candidate differs from another one in accuracy, speed and size: `is 12 % faster, but ...`.

    What lies within the error of both numbers is no difference.
    """
    gains: list[str] = []
    losses: list[str] = []
    within_error = False
    for metric, (better, worse) in _compared(candidate, other).items():
        mine, theirs = candidate.metrics.get(metric), other.metrics.get(metric)
        if mine is None or theirs is None or not mine.value or not theirs.value:
            continue
        amount = _difference(metric, mine.value, theirs.value)
        if amount is None:
            continue
        if not are_apart(metric, mine, theirs):
            within_error = True
            continue
        is_better = (mine.value < theirs.value) == (metric.direction is Direction.LOWER)
        (gains if is_better else losses).append(f"{amount} {better if is_better else worse}")
    if gains and losses:
        return f"is {_listed(gains)}, but {_listed(losses)}"
    if gains or losses:
        return f"is {_listed(gains or losses)}"
    return (
        "differs in no number by more than the error"
        if within_error
        else "differs in no number that is shown"
    )


def _compared(candidate: CandidateView, other: CandidateView) -> Mapping[Metric, tuple[str, str]]:
    """The metrics that are compared, with the words for better and worse. Of speed, the one that both show,
    where their batches are as large."""
    speed = speed_metric(candidate.metrics)
    words = {Metric.TOP1: ("more accurate", "less accurate")}
    is_comparable = (
        speed is not Metric.LATENCY_MS or candidate.configuration.batch_size == other.configuration.batch_size
    )
    if speed is not None and speed is speed_metric(other.metrics) and is_comparable:
        words[speed] = ("faster", "slower")
    return words | {Metric.SIZE_MB: ("smaller on disk", "larger on disk")}


def _difference(metric: Metric, mine: float, theirs: float) -> str | None:
    """How far two numbers are apart, as `1.2 points`, `12 %` or `3.1 times`. None where that would be 0."""
    if not by_logarithm(metric):
        return f"{abs(mine - theirs):.1f} points" if abs(mine - theirs) >= _SAME_ACCURACY else None
    return _ratio(mine / theirs) if abs(mine / theirs - 1) >= _SAME_RATIO else None


def _ratio(ratio: float) -> str:
    """How far a ratio is from 1, as `12 %` or `3.1 times`."""
    larger = max(ratio, 1 / ratio)
    return f"{larger:.1f} times" if larger >= 2 else f"{100 * (larger - 1):.0f} %"  # noqa: PLR2004 - a doubling


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
