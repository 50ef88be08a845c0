"""Bounds of what was not measured, on columns of a few networks."""

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import t as student

from app.ranking.budget.unmeasured import bounded_candidates
from catalog.candidates.category import Category
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Precision, Provenance, RuntimeName, Scenario
from tests.app.ranking.candidates import Candidate, columns

LATENCY, THROUGHPUT, TOP1, SIZE = Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.TOP1, Metric.SIZE_MB
GMACS = Metric.GMACS
HERE = [10.0, 22.0, 39.0, 85.0, 150.0, 31.0, 64.0, 18.0]
THERE = [5.0, 10.0, 20.0, 40.0, 80.0, 15.0, 30.0, 10.0]
MACS = [1.0, 2.2, 3.9, 8.0, 17.0, 2.0, 7.0, 1.5]


def networks(latencies: list[float], provenance: Provenance = Provenance.MEASURED) -> list[Candidate]:
    return [
        Candidate(f"net{place}", {LATENCY: latency, GMACS: gmacs, TOP1: 70 + place}, provenance=provenance)
        for place, (latency, gmacs) in enumerate(zip(latencies, MACS, strict=False))
    ]


def published(*more: Candidate) -> CandidateColumns:
    return columns(*networks(THERE, Provenance.PUBLISHED), *more)


NEW = Candidate("new", {LATENCY: 30.0, GMACS: 6.0, TOP1: 90.0, SIZE: 100.0}, provenance=Provenance.PUBLISHED)


def test_a_network_gets_the_prediction_interval_of_a_fit_to_published_times_and_macs() -> None:
    (bounded,) = bounded_candidates(columns(*networks(HERE)), {"there": published(NEW)})
    assert list(bounded.columns.architecture) == ["new"]
    x = np.stack([np.ones(8), np.log(THERE), np.log(MACS)], axis=1)
    y, new = np.log(HERE), np.array([1.0, log(30.0), log(6.0)])
    inverse = np.linalg.inv(x.T @ x)
    weights = inverse @ x.T @ y
    error = sqrt(((y - x @ weights) ** 2).sum() / 5)
    reach = student.ppf(0.975, 5) * max(error, 0.2) * sqrt(1 + new @ inverse @ new)
    latency = bounded.columns.metrics[LATENCY]
    assert latency.value[0] == pytest.approx(exp(weights @ new))
    assert latency.low[0] == pytest.approx(exp(weights @ new - reach))
    assert latency.high[0] == pytest.approx(exp(weights @ new + reach))
    assert (latency.level[0], latency.degrees_of_freedom[0]) == (0.9, 5)
    assert bounded.columns.metrics[THROUGHPUT].value[0] == pytest.approx(1000 / latency.value[0])
    basis = bounded.basis
    assert (basis.source, basis.networks) == ("there", 8)
    assert basis.error == pytest.approx(error)


def test_what_needs_no_target_is_known_and_the_rest_is_not() -> None:
    (bounded,) = bounded_candidates(columns(*networks(HERE)), {"there": published(NEW)})
    numbers = {metric: value for metric, value, *_ in bounded.columns.metrics.numbers(0)}
    assert numbers.keys() == {LATENCY, THROUGHPUT, TOP1, SIZE, GMACS}
    assert bounded.columns.provenance(LATENCY, 0) is Provenance.ESTIMATED
    assert bounded.columns.provenance(TOP1, 0) is Provenance.PUBLISHED


def test_fewer_than_eight_networks_in_common_bound_nothing() -> None:
    assert bounded_candidates(columns(*networks(HERE[:7])), {"there": published(NEW)}) == ()
    assert bounded_candidates(columns(*networks(HERE)), {}) == ()


def test_what_others_measured_bounds_nothing() -> None:
    measured = columns(*networks(THERE), replace(NEW, provenance=Provenance.MEASURED))
    assert bounded_candidates(columns(*networks(HERE)), {"there": measured}) == ()


def test_the_source_whose_fit_errs_least_bounds_a_network_first() -> None:
    uneven = columns(
        *networks([5.0, 90.0, 20.0, 5.0, 80.0, 3.0, 30.0, 70.0], Provenance.PUBLISHED),
        NEW,
        replace(NEW, architecture="other"),
    )
    found = bounded_candidates(columns(*networks(HERE)), {"a": uneven, "b": published(NEW)})
    assert [(each.basis.source, list(each.columns.architecture)) for each in found] == [
        ("b", ["new"]),
        ("a", ["other"]),
    ]


def test_another_input_size_is_another_network() -> None:
    larger = replace(NEW, architecture="net0", input_size=288)
    (bounded,) = bounded_candidates(columns(*networks(HERE)), {"there": published(larger)})
    assert bounded.columns.input_size.tolist() == [288]


def configured(them: CandidateColumns, configuration: Configuration) -> CandidateColumns:
    return replace(them, configuration=Category((configuration,), np.zeros(len(them), dtype=np.int64)))


def test_training_says_nothing_of_inference_and_several_clients_nothing_at_all() -> None:
    for scenario in (Scenario.TRAINING, Scenario.CONCURRENT):
        run = Configuration(
            RuntimeName.PYTORCH, scenario=scenario, clients=1 + (scenario is Scenario.CONCURRENT)
        )
        assert bounded_candidates(configured(columns(*networks(HERE)), run), {"there": published(NEW)}) == ()
        assert bounded_candidates(columns(*networks(HERE)), {"there": configured(published(NEW), run)}) == ()


def test_batches_that_shrank_to_what_fits_are_one_series() -> None:
    def run(batch_size: int) -> Configuration:
        return Configuration(
            RuntimeName.PYTORCH,
            precision=Precision.BF16,
            batch_size=batch_size,
            batch_policy=BatchPolicy.LARGEST_FITTING,
        )

    here = columns(*networks(HERE))
    shrunk = replace(here, configuration=Category((run(256), run(64)), np.array([0, 0, 0, 0, 0, 1, 1, 1])))
    (bounded,) = bounded_candidates(shrunk, {"there": published(NEW)})
    assert bounded.columns.configuration[0] == run(256)
    assert np.isnan(bounded.columns.metrics[SIZE].value[0])  # the weights are no longer those of fp32
    assert bounded.columns.metrics[TOP1].value[0] == 90


def test_an_int8_file_has_no_accuracy() -> None:
    quantised = configured(
        columns(*networks(HERE)), Configuration(RuntimeName.ONNXRUNTIME, precision=Precision.INT8)
    )
    (bounded,) = bounded_candidates(quantised, {"there": published(NEW)})
    assert np.isnan(bounded.columns.metrics[TOP1].value[0])


def test_a_network_that_was_not_counted_has_no_bounds() -> None:
    uncounted = replace(NEW, numbers={LATENCY: 30.0, TOP1: 90.0})
    assert bounded_candidates(columns(*networks(HERE)), {"there": published(uncounted)}) == ()
