"""From the texts of the command line to fields of a request."""

import pytest

from app.cli.options.parsing import parse_bounds, parse_objective, share_hints
from app.errors import InvalidBound, InvalidObjective, InvalidSize
from app.presentation.requests.sizes import parse_size
from catalog.words.metrics import Metric


def test_bounds_of_one_metric_are_joined() -> None:
    assert parse_bounds(["latency_ms=60", "top1=90"], ["top1=70", " size_mb =5"]) == {
        Metric.LATENCY_MS: {"max": 60},
        Metric.TOP1: {"min": 70, "max": 90},
        Metric.SIZE_MB: {"min": 5},
    }
    assert parse_bounds([], []) == {}


def test_a_bound_may_have_the_unit_that_the_form_takes() -> None:
    assert parse_bounds(["latency_ms=0.06s", "peak_memory_mb=1.5 GB"], ["throughput_ips=30fps"]) == {
        Metric.LATENCY_MS: {"max": 60},
        Metric.PEAK_MEMORY_MB: {"max": 1500},
        Metric.THROUGHPUT_IPS: {"min": 30},
    }


def test_a_bound_of_zero_is_one() -> None:
    assert parse_bounds(["latency_ms=0"], ["top1=0"]) == {
        Metric.LATENCY_MS: {"max": 0},
        Metric.TOP1: {"min": 0},
    }


def test_a_share_is_hinted_at() -> None:
    budget = parse_bounds(["latency_ms=0.5"], ["top1=0.78", "top1_real=80"])
    assert share_hints(budget) == ["top1=0.78 means 0.78 %. For 78 %, write top1=78."]


@pytest.mark.parametrize("text", ["top1=100.1", "top1=178 %"])
def test_no_accuracy_is_above_100(text: str) -> None:
    with pytest.raises(InvalidBound, match="above 100 %"):
        parse_bounds([], [text])


@pytest.mark.parametrize(
    "text", ["latency_ms=1=2", "latency_ms 60", "60", "", "latency_ms=60MB", "latency_ms=-1"]
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(InvalidBound):
        parse_bounds([text], [])


def test_the_command_line_takes_metrics_schemes_and_weights() -> None:
    assert parse_objective("gmacs") == "gmacs"
    assert parse_objective("knee") == "knee"
    assert parse_objective("top1=3,latency_ms=1") == {"weights": {Metric.TOP1: 3, Metric.LATENCY_MS: 1}}


@pytest.mark.parametrize("text", ["", "frob", "top1=", "top1=0", "top1=-1", "top1=1,top1=2", "frob=1"])
def test_what_is_no_objective_is_refused(text: str) -> None:
    with pytest.raises(InvalidObjective):
        parse_objective(text)


def test_a_size_has_a_width_and_a_height() -> None:
    assert parse_size("640x480") == {"width": 640, "height": 480}
    assert parse_size("1X100000") == {"width": 1, "height": 100_000}


@pytest.mark.parametrize("text", ["", "640", "640x", "x480", "0x480", "640x-1", "640x480x3", "100001x1"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidSize):
        parse_size(text)
