"""How surely a budget is kept, how wide an interval is, and who else would be first, in words."""

import pytest

from app.contract.answers.recommendations import JointRelaxationView, OtherWinnerView
from app.contract.common.fields import MetricSchema
from app.presentation.wording.budgets import bounds_in_words, other_winners, widened
from app.presentation.wording.numbers import half_width_percent, kept
from app.ranking.budget.budget import Bound
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.964, "96 %"), (0.5, "50 %"), (0.994, "99 %"), (0.995, ">99 %"), (0.996, ">99 %"),
        (1 - 1e-12, ">99 %"), (1.0, "100 %"),
        (0.006, "1 %"), (0.005, "<1 %"), (1e-12, "<1 %"), (0.0, "0 %"), (None, "unknown"),
    ],
)  # fmt: skip
def test_only_what_is_exact_is_certain(probability: float | None, words: str) -> None:
    assert kept(probability) == words


@pytest.mark.parametrize(
    ("low", "high", "words"), [(97.0, 103.0, "3"), (75.0, 133.0, "29"), (99.9, 100.1, "<1"), (None, None, "")]
)
def test_an_interval_is_shown_as_half_of_it_in_per_cent(
    low: float | None, high: float | None, words: str
) -> None:
    number = MetricSchema(value=100.0, low=low, high=high, level=0.95, provenance=Provenance.MEASURED)
    assert half_width_percent(number) == words
    assert half_width_percent(None) == ""


def test_other_winners_are_named_in_a_line() -> None:
    views = [
        OtherWinnerView(winner="resnet50.a1_in1k"),
        OtherWinnerView(confidence=0.9, winner="resnet18.a1_in1k"),
        OtherWinnerView(confidence=0.99),
    ]
    assert other_winners(views) == (
        "First without a confidence: resnet50.a1_in1k. First at 90 % confidence: resnet18.a1_in1k. "
        "First at 99 % confidence: nothing, because nothing fits."
    )
    assert other_winners([]) == ""


@pytest.mark.parametrize(("factor", "text"), [(0.086, "8.6 %"), (1.5, "150.0 %"), (1e300, "1e+302 %")])
def test_how_much_bounds_are_widened_is_short_whatever_they_were(factor: float, text: str) -> None:
    assert widened(JointRelaxationView(factor=factor, budget={}, admits="a network")) == text


def test_a_bound_of_any_size_is_short() -> None:
    bounds = [Bound(Metric.TOP1, minimum=1e308), Bound(Metric.LATENCY_MS, maximum=1e300)]
    assert bounds_in_words(bounds) == "top1 at least 1e+308 % and latency_ms at most 1e+300 ms"
