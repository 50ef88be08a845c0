"""Quantities as people write them."""

import pytest

from app.errors import InvalidBound
from app.presentation.requests.quantities import parse_quantity
from catalog.words.metrics import Metric

LATENCY, MEMORY, SPEED = Metric.LATENCY_MS, Metric.PEAK_MEMORY_MB, Metric.THROUGHPUT_IPS


@pytest.mark.parametrize(
    ("text", "metric", "value"),
    [
        ("60", LATENCY, 60),
        ("60ms", LATENCY, 60),
        (" 60 MS ", LATENCY, 60),
        ("0,06 s", LATENCY, 60),
        ("12,5", LATENCY, 12.5),
        ("0,125", LATENCY, 0.125),
        (",5", LATENCY, 0.5),
        ("1500 µs", LATENCY, 1.5),
        ("6e1", LATENCY, 60),
        ("1.5 GB", MEMORY, 1500),
        ("1,5 GB", MEMORY, 1500),
        ("512MiB", MEMORY, 536.870912),
        ("1 014,45", MEMORY, 1014.45),
        ("1.014,45", MEMORY, 1014.45),
        ("1,014.45", MEMORY, 1014.45),
        ("1,014,450", MEMORY, 1_014_450),
        ("30 fps", SPEED, 30),
        ("30/s", SPEED, 30),
        ("30 images/s", SPEED, 30),
        ("76 %", Metric.TOP1, 76),
        ("25M", Metric.PARAMS_M, 25),
        ("1.2B", Metric.PARAMS_M, 1200),
        ("600M", Metric.GMACS, 0.6),
        ("600 MMACs", Metric.GMACS, 0.6),
        ("4 gflops", Metric.GMACS, 2),
        ("4 GMACs", Metric.GFLOPS, 8),
        ("1 TFLOP", Metric.GFLOPS, 1000),
        ("0", LATENCY, 0),
    ],
)
def test_a_quantity_is_read_in_the_unit_of_its_metric(text: str, metric: Metric, value: float) -> None:
    assert parse_quantity(text, metric) == pytest.approx(value)


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_can_be_written_with_its_own_unit(metric: Metric) -> None:
    assert parse_quantity(f"3 {metric.unit}", metric) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fast", "is not a number"),
        ("-1", "is not a number"),
        ("60 MB", "is not a unit"),
        ("1,000", "can mean 1000 or 1.000"),
        ("1,2,3", "is not a number"),
        ("9e999", "too large"),
        ("≤ 60", "is not a number"),
    ],
)
def test_what_is_no_quantity_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(InvalidBound) as caught:
        parse_quantity(text, LATENCY)
    assert says in caught.value.message
    assert caught.value.remedy is not None
    assert caught.value.remedy.startswith("Write ")
