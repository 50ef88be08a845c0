"""Numbers and configurations as people read them."""

from collections.abc import Iterable, Mapping

from app.contract.common.fields import MetricSchema
from catalog.entities.configurations import Configuration
from catalog.entities.naming import in_words
from catalog.words.doubts import Doubt
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import BatchPolicy, Provenance, Scenario

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


def number_of_origin(metric: Metric, schema: MetricSchema | None) -> str:
    """A number as `number` writes it, and whether it was counted, measured, published or estimated."""
    return number(metric, schema) if schema is None else f"{number(metric, schema)}, {schema.provenance}"


def half_width_percent(schema: MetricSchema | None) -> str:
    """Half of the interval of a number, in whole per cent of it. Empty where there is none."""
    if schema is None or schema.low is None or schema.high is None:
        return ""
    percent = 100 * (schema.high - schema.low) / 2 / schema.value
    return "<1" if percent < 1 else f"{percent:.0f}"


def half_width_legend(numbers: Iterable[MetricSchema | None]) -> str:
    """What ± before the half-widths of these numbers means: of which interval each is half. Empty where none
    has an interval."""
    levels: dict[bool, set[str]] = {False: set(), True: set()}
    for one in numbers:
        if one is not None and one.level is not None:
            levels[one.provenance is Provenance.ESTIMATED].add(f"{100 * one.level:.0f} %")
    others, estimated = ("/".join(sorted(levels[is_estimate])) for is_estimate in (False, True))
    if others and estimated and others != estimated:
        return f"± is half of the {others} interval, and of an estimate half of the {estimated} interval."
    return f"± is half of the {others or estimated} interval." if others or estimated else ""


def kept(probability: float | None) -> str:
    """How surely a candidate keeps the budget, in whole per cent. Only exact numbers are certain."""
    if probability is None:
        return "unknown"
    if 0 < probability <= _LEAST_SHOWN:
        return "<1 %"
    if 1 - _LEAST_SHOWN <= probability < 1:
        return ">99 %"
    return f"{100 * probability:.0f} %"


def speed_metric(metrics: Mapping[Metric, MetricSchema]) -> Metric | None:
    """The metric of speed among `metrics`. None where there is none."""
    return next((metric for metric in SPEED_METRICS if metric in metrics), None)


def peak_memory_metric(configuration: Configuration) -> Metric:
    """The metric of the process's peak memory: of training, or of inference."""
    training = configuration.scenario is Scenario.TRAINING
    return Metric.TRAIN_MEMORY_MB if training else Metric.PEAK_MEMORY_MB


def run_of_all(configuration: Configuration) -> str:
    """A configuration that many networks were run in, as a part of a sentence."""
    if configuration.batch_policy is BatchPolicy.FIXED:
        return in_words(configuration)
    return f"{in_words(configuration, without=['batch_size', 'batch_policy'])}, the largest batch that fits"


def in_doubt(doubts: Iterable[Doubt]) -> str:
    """The doubts about a number, in parentheses. Empty without any."""
    named = ", ".join(doubts)
    return f" (a doubtful number: {named})" if named else ""


def either(names: Iterable[str]) -> str:
    """Names, between commas and a last `or`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else str(last)


def counted(count: int, noun: str) -> str:
    """A number of things that `noun` names, as `1 candidate` and `2 candidates`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
