from collections.abc import Sequence
from dataclasses import replace

import pytest

from catalog.border.recomputing import contradiction
from catalog.entities.configurations import Configuration
from catalog.entities.measurements import Measurement, MetricValue, Success
from catalog.entities.samples import ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName, Scenario
from profiler.protocol.plan import PROTOCOL_VERSION
from profiler.protocol.recomputing import numbers_before_6, numbers_of
from profiler.protocol.summary import metric_values
from tests.builders import make_beat, make_measurement, make_sample

SAMPLES = (make_sample(), make_sample(), make_sample())
CONFIGURATION = Configuration(RuntimeName.ONNXRUNTIME)


def drifting(slowdowns: Sequence[float]) -> ProcessSample:
    """A process on a machine that is ever slower: of each block the canary and the calls."""
    sample = make_sample(calls=len(slowdowns), blocks=len(slowdowns))
    blocks = zip(sample.blocks, map(make_beat, slowdowns), strict=True)
    return replace(
        sample,
        wall_ns=tuple(round(1e7 * slowdown) for slowdown in slowdowns),
        blocks=tuple(replace(block, before=beat, after=beat) for block, beat in blocks),
    )


def measured(**changed: float) -> Measurement:
    """A measurement with the numbers that its samples make, but for those that are `changed`."""
    values = metric_values(SAMPLES, CONFIGURATION, Spread(0.02, 8))
    stated = tuple(
        MetricValue(value.metric, changed[value.metric]) if value.metric in changed else value
        for value in values
    )
    return replace(
        make_measurement(),
        configuration=CONFIGURATION,
        protocol_version=PROTOCOL_VERSION,
        outcome=Success(stated, (), SAMPLES),
    )


def number(metric: Metric) -> float:
    return numbers_of(SAMPLES, CONFIGURATION)[metric]


def test_numbers_that_the_samples_make_are_believed_whatever_the_history_of_the_target() -> None:
    assert contradiction(measured()) is None


@pytest.mark.parametrize("metric", [Metric.LATENCY_MS, Metric.LATENCY_MET_MS, Metric.THROUGHPUT_IPS])
def test_a_number_that_its_samples_do_not_make_is_refused_by_its_place(metric: Metric) -> None:
    lying = measured(**{metric: 0.99 * number(metric)})
    assert isinstance(lying.outcome, Success)
    place = [value.metric for value in lying.outcome.values].index(metric)
    fault = contradiction(lying)
    assert fault is not None
    assert str(fault).startswith(f"outcome.values.{place}.value: It states ")
    assert f"its samples make a {metric} of {number(metric):g}" in str(fault)


def test_the_last_digits_of_another_processor_are_no_contradiction() -> None:
    assert contradiction(measured(latency_ms=number(Metric.LATENCY_MS) * (1 + 1e-9))) is None


@pytest.mark.parametrize(("version", "is_before_6"), [(4, True), (5, True), (6, False)])
def test_each_protocol_is_computed_by_its_own_quiet_part_of_a_minute(version: int, is_before_6: bool) -> None:
    samples = (drifting([1 + step / 20 for step in range(20)]),)
    before = MetricValue(Metric.LATENCY_MS, numbers_before_6(samples, CONFIGURATION)[Metric.LATENCY_MS])
    stated = replace(measured(), protocol_version=version, outcome=Success((before,), (), samples))
    assert (contradiction(stated) is None) is is_before_6


def test_memory_was_summarised_otherwise_before_and_is_not_computed_again() -> None:
    assert Metric.PEAK_MEMORY_MB not in numbers_of(SAMPLES, CONFIGURATION)


def test_protocols_that_nobody_computes_again_are_left_alone() -> None:
    lying = measured(latency_ms=number(Metric.LATENCY_MS) / 2)
    assert contradiction(replace(lying, protocol_version=2)) is None
    assert contradiction(replace(lying, protocol_version=None)) is None


def test_samples_without_blocks_make_no_numbers() -> None:
    empty = replace(
        measured(),
        outcome=Success(
            (MetricValue(Metric.LATENCY_MS, 3.0),),
            (),
            (replace(SAMPLES[0], blocks=(), wall_ns=(), cpu_ns=()),),
        ),
    )
    assert str(contradiction(empty)) == (
        "outcome.samples: No numbers can be made of them: they have no blocks of calls."
    )


def test_overlapping_calls_without_their_whole_time_make_no_numbers() -> None:
    concurrent = replace(CONFIGURATION, scenario=Scenario.CONCURRENT, clients=2)
    fault = contradiction(replace(measured(), configuration=concurrent))
    assert fault is not None
    assert str(fault).startswith("outcome.samples: ")
