"""Numbers, configurations and bounds as people read them."""

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor

from app.contract.candidates import CandidateView
from app.contract.fields import MetricSchema
from app.contract.measurements import MeasurementView
from app.contract.recommendations import FewestRelaxationView, RelaxationView
from app.ranking.sides import Side
from catalog.entities.configurations import Configuration
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import Precision, Scenario


def number(metric: Metric, found: MetricSchema | None) -> str:
    """A number with its unit and interval, for people. A dash if the number is unknown."""
    if found is None:
        return "-"
    interval = ""
    if found.low is not None and found.high is not None:
        interval = f" ({metric.show(found.low)} to {metric.show(found.high)})"
    return f"{metric.show(found.value)} {metric.unit}{interval}"


def quantised_words(measurements: Iterable[MeasurementView]) -> list[str]:
    """A warning for each measured int8 file. Its accuracy is unknown, so its speed alone decides nothing."""
    files = {
        (one.input_size, one.artefact.sha256): one.artefact.deviation
        for one in measurements
        if one.artefact is not None and one.artefact.precision is Precision.INT8
    }
    return [
        f"int8 at {size} px: with random weights, the file's output differs from torch's fp32 output by "
        f"{100 * (deviation or 0):.2g} % of its largest value. Its accuracy is unknown until it is evaluated."
        for (size, _), deviation in files.items()
    ]


def allowed(use: bool | None) -> str:
    """Whether commercial use is allowed, in a word."""
    return {True: "yes", False: "no", None: "unclear"}[use]


def speed_metric(metrics: Mapping[Metric, MetricSchema]) -> Metric | None:
    """The metric of speed among `metrics`; None where there is none."""
    return next((metric for metric in SPEED_METRICS if metric in metrics), None)


def speed(one: MeasurementView) -> str:
    """The speed that a measurement is about, with its unit; a dash where it has none."""
    metric = speed_metric(one.metrics)
    return "-" if metric is None else number(metric, one.metrics[metric])


def peak_memory_metric(configuration: Configuration) -> Metric:
    """The metric of the process's peak memory in what a configuration repeats."""
    training = configuration.scenario is Scenario.TRAINING
    return Metric.TRAIN_MEMORY_MB if training else Metric.PEAK_MEMORY_MB


def peak_memory(one: MeasurementView) -> str:
    """The process's peak memory with its unit; a dash where it is unknown."""
    metric = peak_memory_metric(one.configuration)
    return number(metric, one.metrics.get(metric))


def shortfall(miss: CandidateView) -> str:
    """How far a near miss is outside the budget."""
    outside = [
        f"{metric} misses its bound by {metric.show(-slack)} {metric.unit}"
        for metric, slack in miss.slack.items()
        if slack < 0
    ]
    if outside or miss.fit_probability is None:
        return ", ".join(outside)
    return f"keeps every bound only with probability {miss.fit_probability:.4f}"


def relaxed_bound(relaxation: RelaxationView) -> str:
    """A relaxation's bound with its unit."""
    rounding = floor if relaxation.side is Side.MIN else ceil
    return _outwards(relaxation.metric, relaxation.bound, rounding)


def relaxed_bounds(one: FewestRelaxationView) -> str:
    """The changed bounds that would admit a candidate."""
    words = []
    for metric in one.metrics:
        bound = one.budget[metric]
        words += [] if bound.min is None else [f"{metric} at least {_outwards(metric, bound.min, floor)}"]
        words += [] if bound.max is None else [f"{metric} at most {_outwards(metric, bound.max, ceil)}"]
    return " and ".join(words)


def _outwards(metric: Metric, bound: float, rounding: Callable[[float], int]) -> str:
    """`bound` with its unit, rounded outwards, so that the shown bound still admits the candidate."""
    scale = 10**metric.decimals
    return f"{metric.show(rounding(bound * scale) / scale)} {metric.unit}"
