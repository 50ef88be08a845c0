import pytest

from catalog.entities.networks import Accuracy
from catalog.storage.database import Catalog
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    Dataset,
    Precision,
    Provenance,
)
from tests.builders import (
    make_accuracy,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
)
from tests.catalog.storage.candidates.candidate_values import ROBUSTNESS, candidates_of, names, values

pytestmark = pytest.mark.empty_catalog


def test_accuracy_joins_only_at_its_own_input_size(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", input_size=size) for size in (192, 224, 288)],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(input_size=224, top1=75.0, top5=92.0),
            make_accuracy(input_size=288, top1=77.0, top5=93.0),
        ],
    )
    assert columns.input_size.tolist() == [192, 224, 288]
    assert values(columns, Metric.TOP1) == [None, 75.0, 77.0]
    assert values(columns, Metric.TOP5) == [None, 92.0, 93.0]


def test_accuracy_belongs_to_its_own_checkpoint(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[
            make_checkpoint("toynet.v1"),
            make_checkpoint("toynet.v2"),
            make_checkpoint("toynet.v3"),
        ],
        accuracies=[make_accuracy("toynet.v1", top1=71.0), make_accuracy("toynet.v3", top1=73.0)],
    )
    assert values(columns, Metric.TOP1) == [71.0, None, 73.0]


def test_accuracy_at_another_number_of_classes_does_not_join(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", num_classes=1000)],
        checkpoints=[make_checkpoint("toynet.in22k", num_classes=21841)],
        accuracies=[make_accuracy("toynet.in22k", top1=75.0)],
    )
    assert names(columns) == [("toynet", None, 224)]
    assert values(columns, Metric.TOP1) == [None]


def test_the_best_crop_speaks_for_an_input_size(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(crop_pct=0.875, top1=74.0, top5=99.0),
            make_accuracy(crop_pct=0.95, top1=76.0, top5=92.0),
            make_accuracy(crop_pct=1.0, top1=75.0, top5=93.0),
            make_accuracy(crop_pct=1.0, interpolation="bilinear", top1=73.0),
        ],
    )
    assert len(columns) == 1
    assert values(columns, Metric.TOP1) == [76.0]
    assert values(columns, Metric.TOP5) == [92.0]


@pytest.mark.parametrize(
    "other",
    [
        make_accuracy(dataset=Dataset.IMAGENET_REAL, top1=99.0),
        make_accuracy(precision=Precision.INT8, top1=99.0),
    ],
    ids=["another data set", "another precision"],
)
def test_other_evaluations_do_not_pass_for_the_accuracy(catalog: Catalog, other: Accuracy) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0), other],
    )
    assert values(columns, Metric.TOP1) == [75.0]


@pytest.mark.parametrize(
    "precision", [Precision.BF16, Precision.FP16, Precision.AMP_BF16, Precision.AMP_FP16]
)
def test_a_lower_float_precision_carries_the_accuracy_with_a_doubt(
    catalog: Catalog, precision: Precision
) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", precision=precision, doubts=(Doubt.CONTENDED,))],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0, top5=92.0)],
        workloads=[make_counted_workload(gmacs=1.5)],
    )
    assert values(columns, Metric.TOP1) == [75.0]
    assert values(columns, Metric.TOP5) == [92.0]
    for metric in (Metric.TOP1, Metric.TOP5, Metric.TOP1_PER_GMAC, Metric.TOP1_PER_MPARAM):
        assert columns.doubts(metric, 0) == (Doubt.ACCURACY_TRANSFERRED,)
    assert columns.doubts(Metric.LATENCY_MS, 0) == (Doubt.CONTENDED,)
    assert columns.doubts(Metric.GMACS, 0) == columns.doubts(Metric.SIZE_MB, 0) == ()


def test_int8_has_no_accuracy_until_it_was_evaluated(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", precision=Precision.INT8)],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
        workloads=[make_counted_workload()],
    )
    assert names(columns) == [("toynet", "toynet.v1", 224)]
    for metric in (Metric.TOP1, Metric.TOP5, Metric.TOP1_PER_GMAC, Metric.TOP1_PER_MPARAM):
        assert values(columns, metric) == [None]


def test_each_robustness_metric_is_the_top1_of_its_data_set(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(top1=75.0),
            *(
                make_accuracy(top1=float(number), dataset=dataset)
                for number, dataset in enumerate(ROBUSTNESS, start=10)
            ),
        ],
    )
    assert values(columns, Metric.TOP1) == [75.0]
    assert [values(columns, metric) for metric in ROBUSTNESS.values()] == [[10], [11], [12], [13], [14]]


def test_robustness_is_of_the_crop_that_gave_the_top1(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(crop_pct=0.9, top1=74.0),
            make_accuracy(crop_pct=1.0, top1=76.0),
            make_accuracy(crop_pct=1.0, interpolation="bilinear", top1=75.0),
            make_accuracy(crop_pct=0.9, top1=55.0, dataset=Dataset.IMAGENET_A),
            make_accuracy(crop_pct=1.0, top1=50.0, dataset=Dataset.IMAGENET_A),
            make_accuracy(crop_pct=1.0, interpolation="bilinear", top1=60.0, dataset=Dataset.IMAGENET_A),
            make_accuracy(crop_pct=0.9, top1=65.0, dataset=Dataset.IMAGENET_R),
        ],
    )
    assert values(columns, Metric.TOP1) == [76.0]
    assert values(columns, Metric.TOP1_A) == [50.0]
    assert values(columns, Metric.TOP1_R) == [None]


def test_robustness_joins_only_at_its_own_size_checkpoint_and_precision(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", input_size=size) for size in (224, 288)],
        checkpoints=[make_checkpoint("toynet.v1"), make_checkpoint("toynet.v2")],
        accuracies=[
            *(
                make_accuracy(f"toynet.v{version}", input_size=size)
                for version in (1, 2)
                for size in (224, 288)
            ),
            make_accuracy("toynet.v1", input_size=224, top1=40.0, dataset=Dataset.IMAGENET_V2),
            make_accuracy("toynet.v2", input_size=288, top1=50.0, dataset=Dataset.IMAGENET_V2),
            make_accuracy(
                "toynet.v2",
                input_size=224,
                top1=60.0,
                dataset=Dataset.IMAGENET_V2,
                precision=Precision.INT8,
            ),
        ],
    )
    assert names(columns) == [
        ("toynet", f"toynet.v{version}", size) for version in (1, 2) for size in (224, 288)
    ]
    assert values(columns, Metric.TOP1_V2) == [40.0, None, None, 50.0]


def test_robustness_is_shared_by_all_configurations_of_a_checkpoint(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", threads=1),
            make_measurement("toynet", threads=2, precision=Precision.BF16),
            make_measurement("toynet", threads=3, precision=Precision.INT8),
        ],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(), make_accuracy(top1=40.0, dataset=Dataset.IMAGENET_A)],
    )
    found = dict(
        zip(
            (columns.configuration[row].precision for row in range(3)),
            values(columns, Metric.TOP1_A),
            strict=True,
        )
    )
    assert found == {Precision.FP32: 40.0, Precision.BF16: 40.0, Precision.INT8: None}
    for row in range(3):
        transferred = columns.configuration[row].precision is not Precision.FP32
        assert bool(columns.doubts(Metric.TOP1_A, row)) == transferred
        assert columns.provenance(Metric.TOP1_A, row) is Provenance.PUBLISHED


def test_fp32_accuracy_carries_no_doubt(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog, [make_measurement("toynet")], checkpoints=[make_checkpoint()], accuracies=[make_accuracy()]
    )
    assert columns.doubts(Metric.TOP1, 0) == ()


@pytest.mark.parametrize("provenance", [Provenance.MEASURED, Provenance.PUBLISHED, Provenance.ESTIMATED])
def test_each_number_says_where_it_comes_from(catalog: Catalog, provenance: Provenance) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet", provenance=provenance)])
    assert columns.provenance(Metric.LATENCY_MS, 0) is provenance
    assert columns.provenance(Metric.TOP1, 0) is Provenance.PUBLISHED
    assert columns.provenance(Metric.GMACS, 0) is Provenance.COUNTED
    assert columns.provenance(Metric.SIZE_MB, 0) is Provenance.COUNTED
