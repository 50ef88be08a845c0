import pytest

from catalog.words.metrics import Direction, Metric, Subject

CONTRACT = [
    "latency_ms",
    "latency_met_ms",
    "latency_p90_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "throughput_ips",
    "peak_memory_mb",
    "device_memory_mb",
    "size_mb",
    "params_m",
    "gmacs",
    "gflops",
    "activations_m",
    "train_throughput_ips",
    "train_memory_mb",
    "slowdown",
    "top1",
    "top5",
    "top1_real",
    "top1_v2",
    "top1_sketch",
    "top1_a",
    "top1_r",
    "top1_per_gmac",
    "top1_per_mparam",
]


def test_the_metrics_are_the_contracts() -> None:
    assert [metric.value for metric in Metric] == CONTRACT


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_is_described(metric: Metric) -> None:
    assert metric.unit
    assert metric.meaning
    assert metric.decimals >= 0
    assert isinstance(metric.direction, Direction)
    assert isinstance(metric.subject, Subject)


def test_accuracies_and_throughputs_are_better_higher_and_costs_lower() -> None:
    higher = {metric for metric in Metric if metric.startswith("top") or "throughput" in metric}
    assert {metric for metric in Metric if metric.direction is Direction.HIGHER} == higher


def test_a_cost_is_lower_for_the_better_of_two_values() -> None:
    assert Metric.LATENCY_MS.cost_sign * 10 < Metric.LATENCY_MS.cost_sign * 20
    assert Metric.TOP1.cost_sign * 80 < Metric.TOP1.cost_sign * 70


@pytest.mark.parametrize(
    ("ending", "unit"),
    [("_ms", "ms"), ("_mb", "MB"), ("_ips", "images/s"), ("_m", "M"), ("_per_gmac", "%/G")],
)
def test_the_unit_is_the_one_that_the_name_ends_in(ending: str, unit: str) -> None:
    assert {metric.unit for metric in Metric if metric.endswith(ending)} == {unit}


def test_every_subject_has_metrics() -> None:
    assert {metric.subject for metric in Metric} == set(Subject)


def test_a_metric_is_found_by_its_name_and_is_its_name() -> None:
    assert Metric("top1") is Metric.TOP1
    assert f"{Metric.TOP1}" == "top1"


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        (Metric.LATENCY_MS, 31.256, "31.26"),
        (Metric.PEAK_MEMORY_MB, 511.6, "512"),
        (Metric.THROUGHPUT_IPS, 1014.45, "1014"),
        (Metric.LATENCY_MS, 3287.08, "3287"),
        (Metric.LATENCY_MS, 328.708, "328.7"),
        (Metric.LATENCY_MS, 99.99, "99.99"),
        (Metric.LATENCY_MS, 12_345_678.9, "12345679"),
        (Metric.SIZE_MB, 46.0, "46.0"),
        (Metric.LATENCY_MS, float("nan"), "nan"),
        (Metric.LATENCY_MS, 0.0, "0.00"),
        (Metric.LATENCY_MS, 0.0012, "0.0012"),
        (Metric.LATENCY_MS, 1e-300, "1e-300"),
        (Metric.TOP1, -1e308, "-1e+308"),
        (Metric.THROUGHPUT_IPS, float("inf"), "inf"),
    ],
)
def test_a_value_is_shown_with_the_metrics_decimals_and_none_beyond_the_fourth_digit(
    metric: Metric, value: float, shown: str
) -> None:
    assert metric.show(value) == shown
