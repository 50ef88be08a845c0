"""From the fields of the form to a request, and what is wrong with a field."""

import pytest

from app.errors import InvalidBound, UnknownFamily
from app.presentation.requests.questions import request_of
from app.web.form.forms import blamed_field, chosen_of, read_form
from catalog.words.metrics import Metric


def fields_of(**texts: str) -> dict[str, object]:
    return dict(read_form(chosen_of(texts.items())).fields)


def test_the_form_bounds_each_metric_on_the_side_that_limits_it() -> None:
    request = request_of(fields_of(latency_ms=" 8 ", top1="70", gmacs="", license="commercial"))
    assert {metric: (bound.min, bound.max) for metric, bound in request.budget.items()} == {
        Metric.LATENCY_MS: (None, 8),
        Metric.TOP1: (70, None),
    }
    assert request.license is not None
    assert request.license.commercial_use


def test_the_other_side_of_a_bound_has_a_field_of_its_own() -> None:
    assert fields_of(latency_ms="8", min_latency_ms="2", max_top1="90")["budget"] == {
        "latency_ms": {"max": 8, "min": 2},
        "top1": {"max": 90},
    }


def test_an_empty_form_constrains_nothing_and_ranks_by_accuracy() -> None:
    request = request_of(fields_of(runtime="", objective=" ", license=""))
    assert request.budget == {}
    assert request.license is None
    assert request.objective == Metric.TOP1


def test_the_form_asks_whatever_the_api_can_be_asked() -> None:
    """A field of a request that no field of the form fills would be asked by the API alone."""
    asked = fields_of(
        target="rtx-4090", latency_ms="60", input_size="192-288", typical_image="640x480", runtime="openvino",
        license_allow="MIT, Apache-2.0", no_data="laion", method="supervised", no_method="distillation",
        family="resnet", no_family="vgg; xcit", tag="convolutional", no_tag="transformer",
        weights="top1=0.6, latency_ms=0.4", evidence="measured", collapse="checkpoint", plan="yes",
        images="20 000", device_memory="24 GiB", devices="2", optimizer="adamw", confidence="90 %", limit="5",
        verify="yes",
    )  # fmt: skip
    request = request_of(asked)
    assert request.model_fields_set == set(type(request).model_fields)
    assert request.confidence == 0.9
    assert request.training.memory_mb == pytest.approx(25770, abs=1)
    assert request.training.images == 20_000
    assert request.families.exclude == ["vgg", "xcit"]
    assert request.input_size is not None
    assert (request.input_size.min, request.input_size.max) == (192, 288)


@pytest.mark.parametrize("text", ["fast", "-1", "nan", "inf", "60 MB", "1,000"])
def test_a_text_that_is_no_bound_is_a_fault_of_its_field_alone(text: str) -> None:
    form = read_form({"latency_ms": [text], "top1": ["70"]})
    assert list(form.faults) == ["latency_ms"]
    assert "Write " in form.faults["latency_ms"]
    assert form.fields["budget"] == {"top1": {"min": 70}}


def test_a_field_that_the_form_does_not_have_is_named() -> None:
    form = read_form({"latency": ["60"], "x": ["gmacs"]})
    assert form.ignored == ["latency"]


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (UnknownFamily("Unknown family 'vggg'.", "families", []), "no_family"),
        (InvalidBound("min is larger than max."), "latency_ms"),
    ],
)
def test_an_error_of_the_request_is_led_back_to_the_field_that_caused_it(
    error: InvalidBound | UnknownFamily, field: str
) -> None:
    chosen = {"target": ["local"], "family": ["resnet"], "no_family": ["vggg"], "latency_ms": ["3"]}
    assert blamed_field(error, chosen) == field
