"""From the fields of the form to a question."""

from collections.abc import Mapping

from app.errors import InvalidBound
from app.questions.question import ConfigurationFilter, Question
from app.ranking.budget import Bound, Budget
from app.ranking.objective import Scheme
from catalog import host
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import RuntimeName

# The form's metrics, in its order. The API bounds every other metric too.
FORM_METRICS = (
    Metric.LATENCY_MS,
    Metric.THROUGHPUT_IPS,
    Metric.TOP1,
    Metric.PEAK_MEMORY_MB,
    Metric.SIZE_MB,
    Metric.GMACS,
)
_COMMERCIAL = "commercial"
OBJECTIVES = (
    Metric.TOP1,
    Metric.LATENCY_MS,
    Metric.THROUGHPUT_IPS,
    Metric.PEAK_MEMORY_MB,
    Metric.SIZE_MB,
    Metric.TOP1_PER_GMAC,
    *Scheme,
)
_LIMIT = 20


_BOUND_REMEDY = "Give a number of at least 0, or leave the field empty."


def question_of(chosen: Mapping[str, str]) -> Question:
    """The question that the form's fields ask; empty fields are not constrained.

    Raises:
        InvalidBound: a field that is not one of the form's values.
    """
    bounds = []
    for metric in FORM_METRICS:
        text = chosen.get(metric, "").strip()
        if text:
            bounds.append(_bound(metric, text))
    try:
        runtime = tuple(RuntimeName(name) for name in [chosen.get("runtime", "")] if name)
        asked = chosen.get("objective") or Metric.TOP1
        objective = Scheme(asked) if asked in set(Scheme) else Metric(asked)
    except ValueError as error:
        raise InvalidBound(
            f"The form has no such value: {error}.", "Choose one of the listed values."
        ) from error
    return Question(
        target=chosen.get("target", host.LOCAL),
        budget=Budget(tuple(bounds)),
        configuration=ConfigurationFilter(runtime=runtime),
        commercial_use=True if chosen.get("license") == _COMMERCIAL else None,
        objective=objective,
        limit=_LIMIT,
    )


def _bound(metric: Metric, text: str) -> Bound:
    try:
        value = float(text)
    except ValueError as error:
        raise InvalidBound(f"The bound on {metric}, {text!r}, is not a number.", _BOUND_REMEDY) from error
    if not 0 <= value < float("inf"):
        raise InvalidBound(f"The bound on {metric}, {text!r}, is negative or infinite.", _BOUND_REMEDY)
    lower = metric.direction is Direction.LOWER
    return Bound(metric, None if lower else value, value if lower else None)
