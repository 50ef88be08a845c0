"""From the fields of the form to a request."""

import pytest

from app.errors import InvalidBound, InvalidRequest
from app.web.forms import request_of_form
from catalog.words.metrics import Metric


def test_the_form_bounds_each_metric_on_the_side_that_limits_it() -> None:
    request = request_of_form({"latency_ms": " 8 ", "top1": "70", "gmacs": "", "license": "commercial"})
    assert {metric: (bound.min, bound.max) for metric, bound in request.budget.items()} == {
        Metric.LATENCY_MS: (None, 8),
        Metric.TOP1: (70, None),
    }
    assert request.license is not None
    assert request.license.commercial_use


def test_an_empty_form_constrains_nothing_and_ranks_by_accuracy() -> None:
    request = request_of_form({"runtime": "", "objective": "", "license": ""})
    assert request.budget == {}
    assert request.license is None
    assert request.objective == Metric.TOP1


@pytest.mark.parametrize(
    ("name", "field"), [("runtime", "configuration.runtime.0"), ("objective", "objective")]
)
def test_a_value_that_the_form_does_not_offer_is_refused_by_its_own_field(name: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        request_of_form({name: "bogus"})
    assert caught.value.field == field
    assert caught.value.allowed


@pytest.mark.parametrize("text", ["fast", "-1", "nan", "inf"])
def test_a_text_that_is_no_bound_is_a_fault_of_the_budget(text: str) -> None:
    with pytest.raises(InvalidBound) as caught:
        request_of_form({"latency_ms": text})
    assert caught.value.field == "budget"
