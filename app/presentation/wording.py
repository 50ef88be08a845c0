"""Numbers, configurations and bounds as people read them."""

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor

from app.contract.candidates import CandidateView
from app.contract.cards import CardView
from app.contract.fields import MetricSchema
from app.contract.measurements import MeasurementView
from app.contract.recommendations import (
    FewestRelaxationView,
    OtherWinnerView,
    RecommendationView,
    RelaxationView,
)
from app.ranking.budget import Bound
from app.ranking.sides import Side
from catalog.entities.configurations import Configuration
from catalog.entities.networks import IMAGENET_CLASSES
from catalog.words.doubts import Doubt
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import Precision, Scenario

# Probabilities nearer to 0 or 1 would be rounded to them.
_LEAST_SHOWN = 0.005


def number(metric: Metric, schema: MetricSchema | None) -> str:
    """A number with its unit and interval, for people. A dash if the number is unknown."""
    if schema is None:
        return "-"
    interval = ""
    if schema.low is not None and schema.high is not None:
        interval = f" ({metric.show(schema.low)} to {metric.show(schema.high)})"
    return f"{metric.show(schema.value)} {metric.unit}{interval}"


def quantised_warnings(measurements: Iterable[MeasurementView]) -> list[str]:
    """A warning for each measured int8 file. Its accuracy is unknown, so its speed alone decides nothing."""
    deviations = {
        (measurement.input_size, artefact.sha256): artefact.deviation
        for measurement in measurements
        if (artefact := measurement.artefact) is not None and artefact.precision is Precision.INT8
    }
    return [
        f"int8 at {size} px: with random weights, the file's output differs from torch's fp32 output by "
        f"{100 * (deviation or 0):.2g} % of its largest value. Its accuracy is unknown until it is evaluated."
        for (size, _), deviation in deviations.items()
    ]


def input_of(measurement: MeasurementView, card: CardView) -> str:
    """The input size of a measurement, and its classes where no checkpoint of the card has as many."""
    classes = measurement.num_classes
    if classes in _classes_of(card):
        return str(measurement.input_size)
    return f"{measurement.input_size}, {classes} classes"


def head_sizes(card: CardView) -> list[str]:
    """The size of each measured file with a head that no checkpoint of the card has."""
    sizes = {
        (measurement.num_classes, artefact.precision): artefact.bytes
        for measurement in card.measurements
        if (artefact := measurement.artefact) is not None and measurement.num_classes not in _classes_of(card)
    }
    return [
        f"With {classes} classes, the {precision} file has {size / 1e6:.1f} MB. No weights come with it."
        for (classes, precision), size in sorted(sizes.items())
    ]


def _classes_of(card: CardView) -> set[int]:
    stated = (checkpoint.num_classes for checkpoint in card.checkpoints)
    return {classes for classes in stated if classes is not None} or {IMAGENET_CLASSES}


def allowed(use: bool | None) -> str:
    """Whether commercial use is allowed, in a word."""
    return {True: "yes", False: "no", None: "unclear"}[use]


def speed_metric(metrics: Mapping[Metric, MetricSchema]) -> Metric | None:
    """The metric of speed among `metrics`. None where there is none."""
    return next((metric for metric in SPEED_METRICS if metric in metrics), None)


def speed(measurement: MeasurementView) -> str:
    """The speed that was measured, with its unit. A dash where there is none."""
    metric = speed_metric(measurement.metrics)
    return "-" if metric is None else number(metric, measurement.metrics[metric])


def speed_alone(measurement: MeasurementView) -> str:
    """The speed that was measured, with its unit and without its interval. A dash where there is none."""
    metric = speed_metric(measurement.metrics)
    return "-" if metric is None else f"{metric.show(measurement.metrics[metric].value)} {metric.unit}"


def as_met(measurement: MeasurementView) -> str:
    """The latency as it was met, with its unit. A dash where it is unknown."""
    return number(Metric.LATENCY_MET_MS, measurement.metrics.get(Metric.LATENCY_MET_MS))


def slowdown(measurement: MeasurementView) -> str:
    """How much slower than quiet the machine was, as a factor. A dash where it is unknown."""
    return number(Metric.SLOWDOWN, measurement.metrics.get(Metric.SLOWDOWN))


def speed_legend(measurements: Iterable[MeasurementView]) -> list[str]:
    """What the latencies and the slowdown of a card mean. Empty where no measurement has a slowdown."""
    if not any(Metric.SLOWDOWN in measurement.metrics for measurement in measurements):
        return []
    return [
        "Speed: measured while the machine is quiet. It is what we rank by.",
        "As met: the median time of one call as it was met during the campaign.",
        "Slowdown: 1.07 = the machine was 7 % slower than quiet.",
    ]


def peak_memory_metric(configuration: Configuration) -> Metric:
    """The metric of the process's peak memory: of training, or of inference."""
    training = configuration.scenario is Scenario.TRAINING
    return Metric.TRAIN_MEMORY_MB if training else Metric.PEAK_MEMORY_MB


def peak_memory(measurement: MeasurementView) -> str:
    """The process's peak memory with its unit. A dash where it is unknown."""
    metric = peak_memory_metric(measurement.configuration)
    return number(metric, measurement.metrics.get(metric))


def shortfall(miss: CandidateView) -> str:
    """How far a near miss is outside the budget, and which of its numbers are doubtful."""
    outside = [
        f"{metric} misses its bound by {metric.show(-slack)} {metric.unit}"
        f"{in_doubt(miss.metrics[metric].doubts)}"
        for metric, slack in miss.slack.items()
        if slack < 0
    ]
    if outside or miss.fit_probability is None:
        return ", ".join(outside)
    return f"keeps every bound only with probability {miss.fit_probability:.4f}"


def kept(probability: float | None) -> str:
    """How surely a candidate keeps the budget, in whole per cent. Only exact numbers are certain."""
    if probability is None:
        return "unknown"
    if 0 < probability <= _LEAST_SHOWN:
        return "<1 %"
    if 1 - _LEAST_SHOWN <= probability < 1:
        return ">99 %"
    return f"{100 * probability:.0f} %"


def half_width_percent(schema: MetricSchema | None) -> str:
    """Half of the interval of a number, in whole per cent of it. Empty where there is none."""
    if schema is None or schema.low is None or schema.high is None:
        return ""
    percent = 100 * (schema.high - schema.low) / 2 / schema.value
    return "<1" if percent < 1 else f"{percent:.0f}"


def certainty(candidate: CandidateView) -> str:
    """The interval of each bounded number that has one, and how surely the candidate keeps the budget.

    Empty without a budget.
    """
    if not candidate.slack:
        return ""
    intervals = [
        f"{metric} lies between {metric.show(number.low)} and {metric.show(number.high)} {metric.unit} "
        f"({100 * number.level:.0f} % interval)"
        for metric in candidate.slack
        if (number := candidate.metrics.get(metric)) is not None
        and number.low is not None
        and number.high is not None
        and number.level is not None
    ]
    surely = f"It keeps the budget: {kept(candidate.fit_probability)}."
    return f"Its {' and its '.join(intervals)}. {surely}" if intervals else surely


def other_winners(winners: Iterable[OtherWinnerView]) -> str:
    """Who would be first under other confidences, in sentences. Empty where nothing changes."""
    return " ".join(map(_other_winner, winners))


def _other_winner(other: OtherWinnerView) -> str:
    when = (
        "without a confidence" if other.confidence is None else f"at {100 * other.confidence:g} % confidence"
    )
    return f"First {when}: {other.winner or 'nothing, because nothing fits'}."


def in_doubt(doubts: Iterable[Doubt]) -> str:
    """The doubts about a number, in parentheses. Empty without any."""
    named = ", ".join(doubts)
    return f" (a doubtful number: {named})" if named else ""


def doubtful_part(doubtful: int, count: int) -> str:
    """How many of the eliminated rest on a doubtful number, in parentheses. Empty where none does."""
    if not doubtful:
        return ""
    return f" ({'all' if doubtful == count else doubtful} by a doubtful number)"


def top1_lines(recommendations: Iterable[RecommendationView]) -> list[str]:
    """The published top-1 of each recommended checkpoint at each input size, where the answer has them."""
    lines = []
    for candidate in recommendations:
        sizes = ", ".join(
            f"{size} px {Metric.TOP1.show(top1)} {Metric.TOP1.unit}"
            for size, top1 in (candidate.top1_by_size or {}).items()
        )
        if sizes:
            lines.append(f"Published top-1 of {candidate.checkpoint}: {sizes}.")
    return list(dict.fromkeys(lines))


def relaxed_bound(relaxation: RelaxationView) -> str:
    """A relaxation's bound with its unit."""
    rounding = floor if relaxation.side is Side.MIN else ceil
    return _outwards(relaxation.metric, relaxation.bound, rounding)


def relaxed_bounds(relaxation: FewestRelaxationView) -> str:
    """The changed bounds that would admit a candidate."""
    budget = relaxation.budget
    return bounds_in_words(
        Bound(metric, budget[metric].min, budget[metric].max) for metric in relaxation.metrics
    )


def bounds_in_words(bounds: Iterable[Bound]) -> str:
    """Bounds with their units, rounded outwards."""
    limits = []
    for bound in bounds:
        if bound.minimum is not None:
            limits.append(f"{bound.metric} at least {_outwards(bound.metric, bound.minimum, floor)}")
        if bound.maximum is not None:
            limits.append(f"{bound.metric} at most {_outwards(bound.metric, bound.maximum, ceil)}")
    return " and ".join(limits)


def _outwards(metric: Metric, bound: float, rounding: Callable[[float], int]) -> str:
    """`bound` with its unit, rounded outwards, so that the shown bound still admits the candidate."""
    scale = 10**metric.decimals
    return f"{metric.show(rounding(bound * scale) / scale)} {metric.unit}"
