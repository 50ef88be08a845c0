"""From the fields of the form to a request."""

from collections.abc import Mapping

from app.contract.questions import RecommendationRequest
from app.errors import InvalidBound
from app.presentation.questions import request_of
from app.presentation.sizes import parse_size
from app.ranking.objective import Scheme
from catalog import host
from catalog.words.metrics import Direction, Metric

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


def request_of_form(chosen: Mapping[str, str]) -> RecommendationRequest:
    """The request that the form's fields make. Empty fields constrain nothing.

    Raises:
        InvalidBound: the text of a bound is not a number of at least 0.
        InvalidSize: the size of the images is not WIDTHxHEIGHT.
        InvalidRequest: another field is not one of the form's values.
    """
    bounds = {metric: chosen[metric].strip() for metric in FORM_METRICS if chosen.get(metric, "").strip()}
    runtime = chosen.get("runtime")
    image = chosen.get("typical_image", "").strip()
    return request_of(
        {
            "target": chosen.get("target", host.LOCAL),
            "typical_image": parse_size(image) if image else None,
            "budget": {metric: _bound(metric, text) for metric, text in bounds.items()},
            "configuration": {"runtime": [runtime] if runtime else []},
            "license": {"commercial_use": True} if chosen.get("license") == _COMMERCIAL else None,
            "objective": chosen.get("objective") or Metric.TOP1,
            "limit": _LIMIT,
        }
    )


def _bound(metric: Metric, text: str) -> dict[str, float]:
    """The bound on the side that limits the metric."""
    try:
        value = float(text)
    except ValueError as error:
        raise InvalidBound(f"The bound on {metric}, {text!r}, is not a number.", _BOUND_REMEDY) from error
    if not 0 <= value < float("inf"):
        raise InvalidBound(f"The bound on {metric}, {text!r}, is negative or infinite.", _BOUND_REMEDY)
    return {"max" if metric.direction is Direction.LOWER else "min": value}
