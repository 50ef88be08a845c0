"""How long an image takes."""

from dataclasses import replace

import numpy as np
import pytest

from app.ranking.order.margins import speed_margin
from app.ranking.speed import image_ms, metric_of_time, time_per_image
from catalog.candidates.category import Category
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName, Scenario
from tests.app.ranking.candidates import Candidate, Interval, Number, columns

BATCHES = Configuration(RuntimeName.OPENVINO, batch_size=4)
CLIENTS = Configuration(RuntimeName.OPENVINO, scenario=Scenario.CONCURRENT, clients=4)
BOTH: dict[Metric, Number] = {Metric.LATENCY_MS: 40.0, Metric.THROUGHPUT_IPS: Interval(100.0, 80.0, 125.0)}


@pytest.mark.parametrize(
    ("metric", "speed", "configuration", "ms"),
    [
        (Metric.LATENCY_MS, 40.0, BATCHES, 10.0),
        (Metric.THROUGHPUT_IPS, 100.0, BATCHES, 10.0),
        (Metric.TRAIN_THROUGHPUT_IPS, 20.0, BATCHES, 50.0),
    ],
)
def test_the_time_of_an_image(metric: Metric, speed: float, configuration: Configuration, ms: float) -> None:
    assert time_per_image(metric, speed, configuration) == ms


def test_the_throughput_says_how_long_an_image_of_several_clients_takes() -> None:
    assert metric_of_time(BOTH, CLIENTS) is Metric.THROUGHPUT_IPS
    assert metric_of_time({Metric.LATENCY_MS: 40.0}, CLIENTS) is Metric.LATENCY_MS
    assert metric_of_time(BOTH, BATCHES) is Metric.LATENCY_MS
    assert metric_of_time({Metric.TOP1: 80.0}, BATCHES) is None


@pytest.mark.parametrize("configuration", [BATCHES, CLIENTS])
def test_columns_and_single_numbers_agree_on_the_time_of_an_image(configuration: Configuration) -> None:
    them = columns(Candidate(numbers=BOTH))
    them = replace(them, configuration=Category((configuration,), np.zeros(1, dtype=np.int64)))
    metric = metric_of_time(BOTH, configuration)
    assert metric is not None
    value = float(them.metrics[metric].value[0])
    assert image_ms(them).tolist() == [time_per_image(metric, value, configuration)]
    has_interval = metric is Metric.THROUGHPUT_IPS
    assert (speed_margin(them, np.array([0]))[0] > 0) == has_interval
