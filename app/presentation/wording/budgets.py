"""A budget as people read it: its bounds, how surely it is kept, what misses it, what relaxing it admits."""

from collections.abc import Callable, Iterable
from math import ceil, floor, log10

from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import (
    FewestRelaxationView,
    JointRelaxationView,
    OtherWinnerView,
    RecommendationView,
    RelaxationView,
)
from app.presentation.wording.numbers import in_doubt, kept
from app.ranking.budget.budget import Bound
from app.ranking.budget.sides import Side
from catalog.words.metrics import Metric

# A number of this size has no decimals left to round.
_WHOLE = 1e13


def shortfall(miss: CandidateView) -> str:
    """How far a near miss is outside the budget, and which of its numbers are doubtful."""
    outside = [
        f"{metric} misses its bound by {metric.show(-slack)} {_difference_unit(metric)}"
        f"{in_doubt(miss.metrics[metric].doubts)}"
        for metric, slack in miss.slack.items()
        if slack < 0
    ]
    if outside or miss.fit_probability is None:
        return ", ".join(outside)
    return f"keeps every bound only with probability {miss.fit_probability:.4f}"


def _difference_unit(metric: Metric) -> str:
    """The unit of a difference. That of two percentages is a point."""
    return "points" if metric.unit == "%" else metric.unit


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


def required_of_each(confidence: float | None, required: float | None) -> str:
    """How surely each measured candidate had to keep the budget, where that is more than the confidence.
    Empty where it is not."""
    if confidence is None or required is None or required <= confidence:
        return ""
    nines = max(0, ceil(-log10(1 - required)) - 2) if required < 1 else 0
    return (
        f"The confidence of {100 * confidence:g} % is for all measured candidates together, so each of them "
        f"had to keep the budget with a probability of {100 * required:.{nines}f} %."
    )


def other_winners(winners: Iterable[OtherWinnerView]) -> str:
    """Who would be first under other confidences, in sentences. Empty where nothing changes."""
    return " ".join(map(_other_winner, winners))


def _other_winner(other: OtherWinnerView) -> str:
    when = (
        "without a confidence" if other.confidence is None else f"at {100 * other.confidence:g} % confidence"
    )
    return f"First {when}: {other.winner or 'nothing, because nothing fits'}."


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


def widened(relaxation: JointRelaxationView) -> str:
    """By how many per cent every bound is widened."""
    percent = 100 * relaxation.factor
    return f"{percent:.1f} %" if percent < _WHOLE else f"{percent:.3g} %"


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
    scale = 10 ** metric.decimals_of(bound)
    if abs(bound) >= _WHOLE:
        return f"{metric.show(bound)} {metric.unit}"
    return f"{metric.show(rounding(bound * scale) / scale)} {metric.unit}"
