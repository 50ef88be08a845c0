from collections.abc import Mapping
from dataclasses import replace

import pytest

from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.facts import save_accuracies, save_architectures, save_checkpoints, save_workloads
from catalog.storage.measurements import add_measurements
from catalog.storage.names import architecture_names
from catalog.storage.search import ArchitectureQuery, ArchitectureSummary, Range, find_architectures
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
    without_reference,
)
from tests.conftest import BACKENDS, Backend, Databases

OTHER_TARGET = make_target("other-cpu-4c-123456", label="Other CPU, 4 CPUs", identity={"cpus": 4})
EVERYTHING = ArchitectureQuery()


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """Holds nothing but what the test stores."""
    return without_reference(catalog)


Record = Architecture | Checkpoint | Accuracy | CountedWorkload | Measurement


def store(catalog: Catalog, *records: Record) -> None:
    """Store the records, with the architectures that they name."""
    known = {one.name for one in records if isinstance(one, Architecture)}
    named = {one.architecture for one in records if isinstance(one, Checkpoint)}
    named |= {one.workload.architecture for one in records if isinstance(one, CountedWorkload | Measurement)}
    with catalog.write() as session:
        save_architectures(session, [make_architecture(name) for name in sorted(named - known)])
        save_architectures(session, [one for one in records if isinstance(one, Architecture)])
        save_checkpoints(session, [one for one in records if isinstance(one, Checkpoint)])
        save_accuracies(session, [one for one in records if isinstance(one, Accuracy)])
        save_workloads(session, [one for one in records if isinstance(one, CountedWorkload)])
        add_measurements(session, [one for one in records if isinstance(one, Measurement)])


def found(catalog: Catalog, query: ArchitectureQuery) -> list[str]:
    with catalog.read() as session:
        summaries = find_architectures(session, query, limit=10_000)
    return [summary.architecture.name for summary in summaries]


def within(metric: Metric, low: float | None, high: float | None, **others: object) -> ArchitectureQuery:
    return ArchitectureQuery(ranges={metric: (low, high)}, **others)  # type: ignore[arg-type]


# Names, families and tags


def test_text_is_looked_for_in_names_families_and_tags(catalog: Catalog) -> None:
    store(
        catalog,
        make_architecture("zz_one", family="other"),
        make_architecture("two", family="the ZZ_family"),
        make_architecture("three", family="other"),
        make_architecture("four", family=None),
        make_architecture("five", family=None, tags=("other", "a-ZZ_tag")),
    )
    assert found(catalog, ArchitectureQuery(text="zz_")) == ["five", "two", "zz_one"]


@pytest.mark.parametrize("text", ["toynet", "ToyNet"])
@pytest.mark.parametrize("name", ["toynet_small", "ToyNet_small"])
def test_text_is_found_whatever_its_case(catalog: Catalog, name: str, text: str) -> None:
    store(catalog, make_architecture(name, family=None))
    assert found(catalog, ArchitectureQuery(text=text)) == [name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("zz%", ["zz%a"]), ("zz_", ["zz_a"]), ("zz/", ["zz/a"]), ("zz\\", ["zz\\a"]), ("zz%_", [])],
)
def test_text_has_no_wildcards(catalog: Catalog, text: str, expected: list[str]) -> None:
    names = ("zz%a", "zz_a", "zz/a", "zz\\a", "zzba")
    store(catalog, *(make_architecture(name, family=None) for name in names))
    assert found(catalog, ArchitectureQuery(text=text)) == expected


@pytest.mark.parametrize("text", ["[", '"', '", "', "]"])
def test_the_punctuation_of_a_list_of_tags_is_no_text(catalog: Catalog, text: str) -> None:
    store(catalog, make_architecture(tags=("toynets", "convolutional")))
    assert found(catalog, ArchitectureQuery(text=text)) == []


def test_a_family_is_matched_whole(catalog: Catalog) -> None:
    store(catalog, make_architecture("a1", family="toy"), make_architecture("b1", family="toynets"))
    assert found(catalog, ArchitectureQuery(family="toy")) == ["a1"]
    assert found(catalog, ArchitectureQuery(family="no such family")) == []


def test_text_and_family_both_narrow(catalog: Catalog) -> None:
    store(
        catalog,
        make_architecture("toy_a", family="f"),
        make_architecture("toy_b", family="g"),
        make_architecture("other", family="f"),
    )
    assert found(catalog, ArchitectureQuery(text="toy", family="f")) == ["toy_a"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("resnet",), ["both", "one"]),
        (("resnet", "feature-pyramid"), ["both"]),
        (("feature-pyramid", "resnet"), ["both"]),
        (("res",), []),
        (("resnet%",), []),
        (("resne_",), []),
        (("no-such-tag",), []),
        ((), ["both", "longer", "one", "unknown"]),
    ],
)
def test_an_architecture_must_have_every_tag_asked_for_whole(
    catalog: Catalog, tags: tuple[str, ...], expected: list[str]
) -> None:
    store(
        catalog,
        make_architecture("one", tags=("resnet", "convolutional")),
        make_architecture("both", tags=("feature-pyramid", "resnet")),
        make_architecture("longer", tags=("resnetv2",)),
        make_architecture("unknown"),
    )
    assert found(catalog, ArchitectureQuery(tags=tags)) == expected


def found_in_each(
    databases: Databases, query: ArchitectureQuery, *records: Record
) -> dict[Backend, list[str]]:
    """What each database finds among the records."""
    results: dict[Backend, list[str]] = {}
    for backend in BACKENDS:
        with open_catalog(databases.full(backend)) as opened:
            store(without_reference(opened), *records)
            results[backend] = found(opened, query)
    return results


def test_both_databases_agree_on_the_case_of_tags(databases: Databases) -> None:
    query = ArchitectureQuery(tags=("ResNet",))
    results = found_in_each(databases, query, make_architecture(tags=("resnet",)))
    assert results["sqlite"] == results["postgresql"]


# Checkpoints


@pytest.mark.parametrize("name", ["Apache-2.0", "apache-2.0", "APACHE-2.0"])
def test_a_licence_is_matched_whatever_its_case(catalog: Catalog, name: str) -> None:
    store(
        catalog,
        make_checkpoint("free.v1", license="Apache-2.0"),
        make_checkpoint("other.v1", license="Apache-2.0-with-a-rider"),
        make_checkpoint("unknown.v1", license=None),
    )
    assert found(catalog, ArchitectureQuery(license=name)) == ["free"]


@pytest.mark.parametrize(("allowed", "expected"), [(True, ["free"]), (False, ["bound"])])
def test_unclear_commercial_use_is_neither_allowed_nor_forbidden(
    catalog: Catalog,
    allowed: bool,
    expected: list[str],
) -> None:
    store(
        catalog,
        make_checkpoint("free.v1", commercial_use=True),
        make_checkpoint("bound.v1", commercial_use=False),
        make_checkpoint("unclear.v1", commercial_use=None),
        make_architecture("bare"),
    )
    assert found(catalog, ArchitectureQuery(commercial_use=allowed)) == expected


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        (("imagenet-21k",), ["cleaned", "small"]),
        (("imagenet-1k",), ["cleaned"]),
        (("imagenet-21k-p",), ["large", "small"]),
        (("imagenet-21k", "imagenet-21k-p"), ["small"]),
        (("imagenet",), ["cleaned", "large", "small"]),
        (("%",), ["cleaned", "large", "small"]),
    ],
)
def test_a_checkpoint_without_the_data_must_be_known_to_be_without_it(
    catalog: Catalog, excluded: tuple[str, ...], expected: list[str]
) -> None:
    store(
        catalog,
        make_checkpoint("small.v1", training_data=("imagenet-1k",)),
        make_checkpoint("large.v1", training_data=("imagenet-21k", "imagenet-1k")),
        make_checkpoint("cleaned.v1", training_data=("imagenet-21k-p",)),
        make_checkpoint("unknown.v1", training_data=()),
        make_architecture("bare"),
    )
    assert found(catalog, ArchitectureQuery(without_training_data=excluded)) == expected


def test_both_databases_agree_on_the_case_of_training_data(databases: Databases) -> None:
    query = ArchitectureQuery(without_training_data=("ImageNet-1k",))
    results = found_in_each(databases, query, make_checkpoint(training_data=("imagenet-1k",)))
    assert results["sqlite"] == results["postgresql"]


def test_one_checkpoint_must_meet_all_that_is_asked_of_checkpoints(catalog: Catalog) -> None:
    checkpoints = [
        make_checkpoint("toynet.free", license="MIT", commercial_use=True, training_data=("imagenet-1k",)),
        make_checkpoint(
            "toynet.bound", license="CC-BY-NC-4.0", commercial_use=False, training_data=("jft-300m",)
        ),
    ]
    accuracies = [make_accuracy("toynet.free", top1=70.0), make_accuracy("toynet.bound", top1=80.0)]
    store(catalog, *checkpoints, *accuracies)
    accurate: Mapping[Metric, Range] = {Metric.TOP1: (75.0, None)}
    for query in (
        ArchitectureQuery(license="MIT"),
        ArchitectureQuery(commercial_use=True),
        ArchitectureQuery(without_training_data=("jft-300m",)),
    ):
        assert found(catalog, query) == ["toynet"]
        assert found(catalog, replace(query, ranges=accurate)) == []
    assert found(catalog, ArchitectureQuery(license="MIT", commercial_use=False)) == []
    assert found(catalog, ArchitectureQuery(license="CC-BY-NC-4.0", ranges=accurate)) == ["toynet"]
    assert found(catalog, ArchitectureQuery(license="CC-BY-NC-4.0", commercial_use=False)) == ["toynet"]


def test_accuracies_of_several_kinds_are_of_one_checkpoint(catalog: Catalog) -> None:
    store(
        catalog,
        make_checkpoint("toynet.v1"),
        make_checkpoint("toynet.v2"),
        make_accuracy("toynet.v1", top1=80.0),
        make_accuracy("toynet.v1", top1=30.0, dataset=Dataset.IMAGENET_A),
        make_accuracy("toynet.v2", top1=70.0),
        make_accuracy("toynet.v2", top1=60.0, dataset=Dataset.IMAGENET_A),
    )
    both: list[tuple[float, float, list[str]]] = [
        (75.0, 25.0, ["toynet"]),
        (65.0, 55.0, ["toynet"]),
        (75.0, 55.0, []),
    ]
    for top1, top1_a, expected in both:
        ranges: Mapping[Metric, Range] = {Metric.TOP1: (top1, None), Metric.TOP1_A: (top1_a, None)}
        assert found(catalog, ArchitectureQuery(ranges=ranges)) == expected


# Ranges


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
        make_measurement("othernet"), values=(MetricValue(metric, None, absent_reason="no device"),)
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


# Summaries and pages


def test_a_summary_tells_counts_the_best_accuracy_and_how_many_checkpoints(catalog: Catalog) -> None:
    architecture = make_architecture(native_size=256, tags=("resnet",))
    default = make_counted_workload(input_size=256)
    best = make_accuracy("toynet.v2", top1=80.0, input_size=288)
    store(
        catalog,
        architecture,
        default,
        make_counted_workload(input_size=224, gmacs=1.0),
        make_checkpoint("toynet.v1"),
        make_checkpoint("toynet.v2"),
        make_checkpoint("toynet.v3"),
        make_checkpoint("othernet.v1"),
        make_accuracy("toynet.v1", top1=75.0),
        best,
        make_accuracy("toynet.v2", top1=78.0, input_size=224),
        make_accuracy("toynet.v3", top1=95.0, dataset=Dataset.IMAGENET_REAL),
        make_accuracy("toynet.v3", top1=95.0, precision=Precision.INT8),
        make_accuracy("othernet.v1", top1=90.0),
    )
    with catalog.read() as session:
        summaries = find_architectures(session, ArchitectureQuery(text="toynet", tags=("resnet",)), limit=10)
    assert summaries == [ArchitectureSummary(architecture, default, best, 3)]


def test_of_equal_accuracies_the_smallest_input_speaks(catalog: Catalog) -> None:
    store(
        catalog,
        make_checkpoint("toynet.v1"),
        make_checkpoint("toynet.v2"),
        make_accuracy("toynet.v2", top1=75.0, input_size=224),
        make_accuracy("toynet.v1", top1=75.0, input_size=288),
        make_accuracy("toynet.v1", top1=75.0, input_size=224),
    )
    with catalog.read() as session:
        (summary,) = find_architectures(session, EVERYTHING, limit=10)
    assert summary.most_accurate == make_accuracy("toynet.v1", top1=75.0, input_size=224)


def test_a_summary_of_which_only_the_name_is_known_is_empty(catalog: Catalog) -> None:
    store(
        catalog,
        Architecture("toynet"),
        make_counted_workload("failed", count_failure="no such operator"),
    )
    with catalog.read() as session:
        assert find_architectures(session, EVERYTHING, limit=10) == [
            ArchitectureSummary(make_architecture("failed"), None, None, 0),
            ArchitectureSummary(Architecture("toynet"), None, None, 0),
        ]


def test_counts_at_another_than_the_native_size_are_not_in_a_summary(catalog: Catalog) -> None:
    store(catalog, make_architecture(native_size=None), make_counted_workload())
    store(catalog, make_architecture("othernet", num_classes=None), make_counted_workload("othernet"))
    with catalog.read() as session:
        assert [one.counted for one in find_architectures(session, EVERYTHING, limit=10)] == [None, None]


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_pages_cover_each_architecture_once_in_order_of_name(catalog: Catalog, limit: int) -> None:
    numbers = range(30)
    names = [f"{'toynet_' if number % 3 else 'Toynet'}{number}" for number in numbers]
    store(
        catalog,
        *(
            make_architecture(name, tags=("even",) if number % 2 == 0 else ("odd",))
            for number, name in enumerate(names)
        ),
    )
    with catalog.read() as session:
        everything = architecture_names(session)
    for query, expected in (
        (EVERYTHING, set(names)),
        (ArchitectureQuery(tags=("even",)), set(names[::2])),
    ):
        pages: list[str] = []
        with catalog.read() as session:
            after = None
            while page := find_architectures(session, query, after=after, limit=limit):
                assert len(page) <= limit
                pages += [summary.architecture.name for summary in page]
                assert len(pages) <= len(names), "a page came twice"
                after = pages[-1]
        assert pages == [name for name in everything if name in expected]


def test_a_page_may_begin_behind_a_name_that_is_not_there(catalog: Catalog) -> None:
    store(catalog, make_architecture("a"), make_architecture("c"))
    with catalog.read() as session:
        (page,) = find_architectures(session, EVERYTHING, after="b", limit=10)
        assert page.architecture.name == "c"
        assert find_architectures(session, EVERYTHING, after="c", limit=10) == []
