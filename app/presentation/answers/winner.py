"""The recommendation to deploy, its numbers, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import RecommendationResponse, RecommendationView
from app.contract.common.fields import MetricSchema
from app.presentation.answers.candidates import origin
from app.presentation.commands.configurations import profile_command
from app.presentation.commands.doubts import doubt_command
from app.presentation.wording.budgets import certainty
from app.presentation.wording.numbers import peak_memory_metric, speed_metric
from app.presentation.wording.titles import RUNTIME_TITLES
from app.ranking.order.outcome import Outcome
from app.ranking.reasons.ties import RECOMMENDED
from catalog.entities.naming import in_words
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

_NOUNS: Mapping[Metric, str] = {
    Metric.TOP1: "top-1",
    Metric.LATENCY_MS: "latency",
    Metric.THROUGHPUT_IPS: "throughput",
    Metric.TRAIN_THROUGHPUT_IPS: "training",
    Metric.PEAK_MEMORY_MB: "peak memory",
    Metric.TRAIN_MEMORY_MB: "peak memory",
    Metric.SIZE_MB: "size",
}


@dataclass(frozen=True)
class Step:
    """A line below the decision: what it is about, and its text, which is to be run if `is_code`."""

    label: str
    text: str
    is_code: bool = False


def winner_of(response: RecommendationResponse) -> RecommendationView | None:
    """The recommendation to deploy: the first, or of several that share its rank the one that is recommended.
    None where nothing fits, or where nothing is the best."""
    if not response.recommendations or response.outcome is Outcome.OBJECTIVE_UNKNOWN:
        return None
    if response.recommended is not None:
        return response.recommended
    first = response.recommendations[0]
    tied = (one for one in response.recommendations if one.rank == first.rank)
    return next(filter(is_recommended_of_tied, tied), first)


def is_recommended_of_tied(candidate: RecommendationView) -> bool:
    """Whether it is recommended of the candidates that share its rank."""
    return any(sentence.startswith(RECOMMENDED) for sentence in candidate.reasons)


def headline(winner: CandidateView) -> str:
    """What to deploy, in a sentence."""
    run = in_words(winner.configuration, without=["runtime"]).removeprefix(" ")
    runtime = RUNTIME_TITLES[winner.configuration.runtime]
    return (
        f"Deploy {winner.checkpoint or winner.architecture} with {runtime} ({run}) at {winner.input_size} px."
    )


def numbers(winner: CandidateView) -> str:
    """The accuracy, the speed, the memory and the size, each with its unit. What is unknown is left out."""
    speed = speed_metric(winner.metrics)
    shown = (Metric.TOP1, speed, peak_memory_metric(winner.configuration), Metric.SIZE_MB)
    return ", ".join(
        f"{_origin(winner.metrics[metric])}{_NOUNS[metric]} {metric.show(winner.metrics[metric].value)} "
        f"{metric.unit}{_interval(metric, winner.metrics[metric])}"
        for metric in shown
        if metric is not None and metric in winner.metrics
    )


def _origin(schema: MetricSchema) -> str:
    """That a number is an estimate, with a space behind. Empty for other numbers."""
    return "estimated " if schema.provenance is Provenance.ESTIMATED else ""


def _interval(metric: Metric, schema: MetricSchema) -> str:
    """The interval of a number. That of a measured memory ends at the number, which is the largest seen."""
    is_largest = metric is Metric.PEAK_MEMORY_MB and schema.provenance is not Provenance.ESTIMATED
    if schema.low is None or schema.high is None or is_largest:
        return ""
    return f" ({metric.show(schema.low)} to {metric.show(schema.high)})"


def steps(winner: RecommendationView) -> list[Step]:
    """Why it is the first, how sure that is, its licence, and what to do next."""
    name = winner.checkpoint or winner.architecture
    found = [
        Step("Numbers", f"{numbers(winner)}."),
        Step("Certainty", certainty(winner)),
        Step("Why", " ".join(winner.reasons)),
        Step("Weights", f"{_capital(origin(winner))}."),
        Step("Load", winner.load or "", is_code=True),
        _firming(winner),
        Step("Card", f"archrank card {quote(name)}", is_code=True),
    ]
    return [step for step in found if step.text]


def measuring(candidate: RecommendationView) -> str:
    """The command that measures the candidate: again, here or on other hardware like that of its numbers."""
    case = [candidate.architecture], candidate.input_size, candidate.configuration
    return candidate.reproduce or profile_command(*case)


def _firming(winner: RecommendationView) -> Step:
    """The command that makes the speed surer: measured here, measured at all, or measured longer."""
    speed = speed_metric(winner.metrics)
    number = winner.metrics[speed] if speed is not None else None
    measure = measuring(winner)
    if number is None or number.provenance is Provenance.PUBLISHED:
        return Step("Measure", measure, is_code=True)
    of_doubts = (doubt_command(doubt, measure, number.provenance) for doubt in number.doubts)
    command = next(filter(None, of_doubts), winner.reproduce)
    label = "Measure" if number.provenance is Provenance.ESTIMATED else "Firm up"
    return Step(label, command or "", is_code=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
