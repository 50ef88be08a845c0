from collections.abc import Mapping
from dataclasses import replace

import pytest

from catalog.entities.measurements import MetricValue
from catalog.storage.database import Catalog
from catalog.storage.facts.search import ArchitectureQuery, Range
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset, Form, Precision, Scenario, Status
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
    replace_success,
)
from tests.catalog.storage.facts.searching import found, store

OTHER_TARGET = make_target("other-cpu-4c-123456", label="Other CPU, 4 CPUs", identity={"cpus": 4})


pytestmark = pytest.mark.empty_catalog


def within(metric: Metric, low: float | None, high: float | None, **others: object) -> ArchitectureQuery:
    return ArchitectureQuery(ranges={metric: (low, high)}, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (None, 2.0, ["large", "small"]),
        (None, 1.99, ["small"]),
        (2.0, None, ["large"]),
        (2.01, None, []),
        (1.0, 2.0, ["large", "small"]),
        (1.5, 1.75, []),
        (2.0, 1.0, []),
        (None, None, ["large", "small"]),
    ],
)
def test_bounds_are_closed_and_the_unknown_is_within_none(
    catalog: Catalog, low: float | None, high: float | None, expected: list[str]
) -> None:
    store(
        catalog,
        make_counted_workload("small", gmacs=1.0),
        make_counted_workload("large", gmacs=2.0),
        make_counted_workload("failed", count_failure="no such operator"),
        make_architecture("bare"),
    )
    assert found(catalog, within(Metric.GMACS, low, high)) == expected


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.PARAMS_M, 11.5),
        (Metric.GMACS, 1.75),
        (Metric.GFLOPS, 3.5),
        (Metric.ACTIVATIONS_M, 2.5),
        (Metric.SIZE_MB, 46.125),
    ],
)
def test_counts_are_those_of_the_default_workload(catalog: Catalog, metric: Metric, value: float) -> None:
    counted = make_counted_workload(
        params_m=11.5, gmacs=1.75, activations_m=2.5, weights_bytes=46_125_000, input_size=256
    )
    others = [
        make_counted_workload(
            params_m=99.0, gmacs=99.0, activations_m=99.0, weights_bytes=99_000_000, **workload
        )
        for workload in (
            {"input_size": 224},
            {"input_size": 256, "form": Form.TRAINING},
            {"input_size": 256, "num_classes": 21841},
        )
    ]
    store(catalog, make_architecture(native_size=256), counted, *others)
    assert found(catalog, within(metric, value, value)) == ["toynet"]
    assert found(catalog, within(metric, value + 0.01, None)) == []
    assert found(catalog, within(metric, None, value - 0.01)) == []


def test_several_counts_are_bounded_at_once(catalog: Catalog) -> None:
    store(
        catalog,
        make_counted_workload("one", gmacs=1.0, params_m=20.0),
        make_counted_workload("two", gmacs=2.0, params_m=10.0),
        make_counted_workload("three", gmacs=1.0, params_m=10.0),
    )
    ranges: Mapping[Metric, Range] = {Metric.GMACS: (None, 1.5), Metric.PARAMS_M: (None, 15.0)}
    assert found(catalog, ArchitectureQuery(ranges=ranges)) == ["three"]


ACCURACIES = {
    Metric.TOP1: Dataset.IMAGENET_VAL,
    Metric.TOP1_REAL: Dataset.IMAGENET_REAL,
    Metric.TOP1_V2: Dataset.IMAGENET_V2,
    Metric.TOP1_SKETCH: Dataset.IMAGENET_SKETCH,
    Metric.TOP1_A: Dataset.IMAGENET_A,
    Metric.TOP1_R: Dataset.IMAGENET_R,
}


@pytest.mark.parametrize("metric", ACCURACIES)
def test_each_accuracy_is_of_its_own_data_set(catalog: Catalog, metric: Metric) -> None:
    accuracies = [
        make_accuracy(top1=60.0 if dataset is ACCURACIES[metric] else 90.0, dataset=dataset)
        for dataset in Dataset
    ]
    store(catalog, make_checkpoint(), *accuracies, make_checkpoint("othernet.v1"))
    assert found(catalog, within(metric, 60.0, 60.0)) == ["toynet"]
    assert found(catalog, within(metric, 61.0, None)) == []


def test_top5_is_bounded_too(catalog: Catalog) -> None:
    store(catalog, make_checkpoint(), make_accuracy(top1=60.0, top5=85.0))
    assert found(catalog, within(Metric.TOP5, 85.0, 85.0)) == ["toynet"]
    assert found(catalog, within(Metric.TOP5, 86.0, None)) == []


def test_the_accuracy_of_another_precision_does_not_count(catalog: Catalog) -> None:
    store(catalog, make_checkpoint(), make_accuracy(top1=90.0, precision=Precision.INT8))
    assert found(catalog, within(Metric.TOP1, None, None)) == []


def test_ratios_divide_an_accuracy_by_the_counts_at_its_own_size(catalog: Catalog) -> None:
    store(
        catalog,
        make_checkpoint(),
        make_accuracy(top1=75.0, input_size=224),
        make_accuracy(top1=78.0, input_size=288),
        make_accuracy("othernet.v1", top1=75.0, input_size=384),
        make_checkpoint("othernet.v1"),
        make_counted_workload(input_size=224, gmacs=1.5, params_m=12.5),
        make_counted_workload(input_size=288, gmacs=3.0, params_m=12.5),
        make_counted_workload(input_size=224, gmacs=0.5, params_m=1.0, form=Form.TRAINING),
        make_counted_workload(input_size=224, gmacs=0.5, params_m=1.0, num_classes=10),
        make_counted_workload("othernet", input_size=224, gmacs=0.5),
    )
    for value in (50.0, 26.0):
        assert found(catalog, within(Metric.TOP1_PER_GMAC, value, value)) == ["toynet"]
    assert found(catalog, within(Metric.TOP1_PER_GMAC, 50.5, None)) == []
    assert found(catalog, within(Metric.TOP1_PER_MPARAM, 6.0, 6.0)) == ["toynet"]
    assert found(catalog, within(Metric.TOP1_PER_MPARAM, 6.5, None)) == []


@pytest.mark.parametrize(
    "metric",
    [
        Metric.LATENCY_MS,
        Metric.LATENCY_P99_MS,
        Metric.THROUGHPUT_IPS,
        Metric.PEAK_MEMORY_MB,
        Metric.TRAIN_THROUGHPUT_IPS,
    ],
)
def test_numbers_of_a_case_are_looked_for_in_measurements(catalog: Catalog, metric: Metric) -> None:
    measured = replace_success(make_measurement("toynet"), values=(MetricValue(metric, 12.5),))
    absent = replace_success(
        make_measurement("othernet"),
        values=(MetricValue(metric, None, absent_reason="no device"), MetricValue(Metric.SLOWDOWN, 12.5)),
    )
    failed = make_measurement("failed", status=Status.FAILED)
    store(catalog, measured, absent, failed, make_architecture("bare"))
    assert found(catalog, within(metric, 12.5, 12.5)) == ["toynet"]
    assert found(catalog, within(metric, None, None)) == ["toynet"]
    assert found(catalog, within(metric, None, 12.4)) == []


def test_a_measurement_on_the_target_is_asked_for_where_one_is_named(catalog: Catalog) -> None:
    target = make_target()
    store(
        catalog,
        make_measurement("fast", 10.0, target=target),
        make_measurement("slow", 30.0, target=target),
        make_measurement("slow", 5.0, target=OTHER_TARGET),
        make_measurement("elsewhere", 5.0, target=OTHER_TARGET),
        make_architecture("bare"),
    )
    assert found(catalog, within(Metric.LATENCY_MS, None, 20.0)) == ["elsewhere", "fast", "slow"]
    assert found(catalog, within(Metric.LATENCY_MS, None, 20.0, target=target.id)) == ["fast"]
    assert found(catalog, within(Metric.LATENCY_MS, None, 20.0, target="no such target")) == []
    assert found(catalog, ArchitectureQuery(target=target.id)) == ["fast", "slow"]
    assert found(catalog, ArchitectureQuery(target="no such target")) == []
    counted = make_counted_workload("elsewhere", gmacs=1.0)
    store(catalog, counted)
    assert found(catalog, within(Metric.GMACS, None, 2.0)) == ["elsewhere"]
    assert found(catalog, within(Metric.GMACS, None, 2.0, target=target.id)) == []


def test_training_is_searched_as_training(catalog: Catalog) -> None:
    trained = replace_success(
        make_measurement("toynet", scenario=Scenario.TRAINING, form=Form.TRAINING),
        values=(MetricValue(Metric.TRAIN_THROUGHPUT_IPS, 900.0),),
    )
    store(catalog, trained)
    assert found(catalog, within(Metric.TRAIN_THROUGHPUT_IPS, 900.0, None)) == ["toynet"]
    assert found(catalog, within(Metric.THROUGHPUT_IPS, None, None)) == []


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_can_be_bounded(catalog: Catalog, metric: Metric) -> None:
    store(
        catalog, make_architecture(), make_measurement("toynet"), make_counted_workload(), make_checkpoint()
    )
    assert found(catalog, within(metric, 1e9, None)) == []


def test_filters_of_every_kind_narrow_together(catalog: Catalog) -> None:
    query = ArchitectureQuery(
        text="toy",
        family="toynets",
        tags=("resnet",),
        license="MIT",
        commercial_use=True,
        without_training_data=("jft-300m",),
        ranges={Metric.GMACS: (1.0, 2.0), Metric.TOP1: (70.0, None), Metric.LATENCY_MS: (None, 20.0)},
        target=make_target().id,
    )
    store(
        catalog,
        make_architecture(tags=("resnet",)),
        make_checkpoint(license="MIT"),
        make_accuracy(),
        make_counted_workload(),
        make_measurement("toynet"),
    )
    assert found(catalog, query) == ["toynet"]
    for other in (
        replace(query, text="zz"),
        replace(query, family="f"),
        replace(query, tags=("resnet", "zz")),
        replace(query, license="zz"),
        replace(query, commercial_use=False),
        replace(query, without_training_data=("jft-300m", "imagenet-1k")),
        replace(query, ranges={**query.ranges, Metric.GMACS: (None, 1.0)}),
        replace(query, ranges={**query.ranges, Metric.TOP1: (90.0, None)}),
        replace(query, ranges={**query.ranges, Metric.LATENCY_MS: (None, 5.0)}),
        replace(query, target="zz"),
    ):
        assert found(catalog, other) == []
