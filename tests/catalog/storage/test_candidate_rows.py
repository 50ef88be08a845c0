import math
from collections.abc import Iterable
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.candidates import CandidateColumns, Category, MetricColumn, MetricTable, speed_order
from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Checkpoint, CountedWorkload
from catalog.storage.candidate_rows import candidate_columns
from catalog.storage.database import Catalog, revision
from catalog.storage.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements import add_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Dataset,
    Form,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)
from tests.builders import (
    NOON,
    TARGET_ID,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_environment,
    make_measurement,
    make_target,
    replace_success,
    without_reference,
)

SECOND = timedelta(seconds=1)


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """Holds nothing but what the test stores."""
    return without_reference(catalog)


def candidates_of(
    catalog: Catalog,
    measurements: Iterable[Measurement],
    *,
    checkpoints: Iterable[Checkpoint] = (),
    accuracies: Iterable[Accuracy] = (),
    workloads: Iterable[CountedWorkload] = (),
    target: str = TARGET_ID,
) -> CandidateColumns:
    """Store all that, with the architectures toynet and othernet; returns the target's candidates."""
    with catalog.write() as session:
        save_architectures(session, [make_architecture(), make_architecture("othernet", family=None)])
        save_checkpoints(session, checkpoints)
        save_accuracies(session, accuracies)
        save_workloads(session, workloads)
        add_measurements(session, list(measurements))
    with catalog.read() as reading:
        return candidate_columns(reading, target)


def values(columns: CandidateColumns, metric: Metric) -> list[float | None]:
    """The values of `metric`, None for unknown ones."""
    return [None if math.isnan(value) else float(value) for value in columns.metrics[metric].value]


def names(columns: CandidateColumns) -> list[tuple[str, str | None, int]]:
    return list(zip(columns.architecture, columns.checkpoint, columns.input_size.tolist(), strict=True))


# What is a candidate


def test_a_candidate_is_a_checkpoint_at_an_input_size_in_a_configuration(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", input_size=size, threads=threads)
            for size in (224, 288)
            for threads in (1, 2)
        ],
        checkpoints=[make_checkpoint("toynet.v2"), make_checkpoint("toynet.v1")],
    )
    assert names(columns) == [
        ("toynet", "toynet.v1", 224),
        ("toynet", "toynet.v1", 224),
        ("toynet", "toynet.v1", 288),
        ("toynet", "toynet.v1", 288),
        ("toynet", "toynet.v2", 224),
        ("toynet", "toynet.v2", 224),
        ("toynet", "toynet.v2", 288),
        ("toynet", "toynet.v2", 288),
    ]
    assert [columns.configuration[row].threads for row in range(8)] == [1, 2] * 4


def test_a_candidate_knows_family_license_and_measurement(catalog: Catalog) -> None:
    measurement = make_measurement("toynet", runtime=RuntimeName.OPENVINO, doubts=(Doubt.FEW_CALLS,))
    columns = candidates_of(catalog, [measurement], checkpoints=[make_checkpoint(license="mit")])
    assert (columns.family[0], columns.license[0]) == ("toynets", "mit")
    assert (columns.commercial_use[0], columns.training_data[0]) == (True, ("imagenet-1k",))
    assert columns.configuration[0] == measurement.configuration
    facts = columns.measurement[0]
    assert (facts.id, facts.provenance, facts.measured_at) == (measurement.id, Provenance.MEASURED, NOON)
    assert (facts.failure, facts.doubts) == (None, (Doubt.FEW_CALLS,))


def test_an_architecture_without_checkpoint_is_a_candidate_without_accuracy(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("othernet", 12.5)])
    assert names(columns) == [("othernet", None, 224)]
    assert (columns.family[0], columns.license[0]) == (None, None)
    assert (columns.commercial_use[0], columns.training_data[0]) == (None, ())
    assert values(columns, Metric.LATENCY_MS) == [12.5]
    assert values(columns, Metric.TOP1) == [None]


def test_candidates_know_use_and_training_data_of_their_own_checkpoint(catalog: Catalog) -> None:
    data: list[tuple[str, ...]] = [("imagenet-1k",), (), ("imagenet-21k", "imagenet-1k"), ("imagenet-21k",)]
    uses = [True, None, False, True]
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[
            make_checkpoint(f"toynet.v{number}", commercial_use=use, training_data=slugs)
            for number, (use, slugs) in enumerate(zip(uses, data, strict=True))
        ],
    )
    assert list(columns.training_data) == data
    assert list(columns.commercial_use) == uses
    part = columns.take(np.array([2, 0]))
    assert (list(part.training_data), list(part.commercial_use)) == ([data[2], data[0]], [False, True])


def test_a_checkpoint_of_another_number_of_classes_is_no_candidate(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", num_classes=1000)],
        checkpoints=[make_checkpoint("toynet.v1"), make_checkpoint("toynet.in22k", num_classes=21841)],
    )
    assert names(columns) == [("toynet", "toynet.v1", 224)]


def test_each_number_of_classes_has_its_own_checkpoints(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", 1.0), make_measurement("toynet", 2.0, num_classes=21841)],
        checkpoints=[make_checkpoint("toynet.v1"), make_checkpoint("toynet.in22k", num_classes=21841)],
    )
    assert names(columns) == [("toynet", "toynet.in22k", 224), ("toynet", "toynet.v1", 224)]
    assert values(columns, Metric.LATENCY_MS) == [2.0, 1.0]


def test_the_training_form_is_no_candidate(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", form=Form.TRAINING), make_measurement("othernet")],
        checkpoints=[make_checkpoint()],
    )
    assert names(columns) == [("othernet", None, 224)]


@pytest.mark.parametrize("age", [-SECOND, 0 * SECOND, SECOND], ids=["older", "as old", "newer"])
def test_other_targets_have_their_own_candidates(catalog: Catalog, age: timedelta) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", 10.0),
            make_measurement("toynet", 99.0, target=make_target("other"), measured_at=NOON + age),
        ],
    )
    assert values(columns, Metric.LATENCY_MS) == [10.0]


@pytest.mark.parametrize("target", [TARGET_ID, "no-such-target"], ids=["not measured", "unknown"])
def test_a_target_without_measurements_has_no_candidates(catalog: Catalog, target: str) -> None:
    with catalog.write() as session:
        save_targets(session, [make_target()])
    columns = candidates_of(catalog, [], target=target)
    assert len(columns) == 0
    assert set(columns.metrics) == set(Metric)
    for column in columns.metrics.values():
        assert [len(part) for part in (column.value, column.low, column.high, column.level)] == [0] * 4
    assert (list(columns.configuration), list(columns.measurement)) == ([], [])


def test_every_column_has_the_length_and_type_that_is_promised(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet"), make_measurement("othernet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy()],
    )
    assert len(columns) == 2
    assert set(columns.metrics) == set(Metric)
    for column in columns.metrics.values():
        for part in (column.value, column.low, column.high, column.level, column.deviation):
            assert part.dtype == np.float64
            assert part.shape == (2,)
    for integers in (columns.input_size, columns.speed_order):
        assert integers.dtype == np.int64
        assert integers.shape == (2,)
    assert columns.usable.dtype == np.bool_
    assert columns.usable.shape == (2,)
    for words in (
        columns.architecture,
        columns.family,
        columns.tags,
        columns.checkpoint,
        columns.license,
        columns.commercial_use,
        columns.training_data,
        columns.configuration,
        columns.measurement,
    ):
        assert words.codes.dtype == np.int64
        assert words.codes.shape == (2,)


def test_the_order_of_candidates_does_not_depend_on_the_database(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", num_classes=21841),
            make_measurement("toynet", input_size=288),
            make_measurement("toynet", input_size=224),
            make_measurement("othernet"),
        ],
        checkpoints=[make_checkpoint("toynet.v_1"), make_checkpoint("toynet.v10")],
    )
    assert names(columns) == [
        ("othernet", None, 224),
        ("toynet", None, 224),
        ("toynet", "toynet.v10", 224),
        ("toynet", "toynet.v10", 288),
        ("toynet", "toynet.v_1", 224),
        ("toynet", "toynet.v_1", 288),
    ]


def trained(*, form: Form, throughput: float = 900.0) -> Measurement:
    """A published speed of training."""
    training = make_measurement(
        "toynet",
        form=form,
        runtime=RuntimeName.PYTORCH,
        size_bytes=None,
        scenario=Scenario.TRAINING,
        provenance=Provenance.PUBLISHED,
    )
    return replace_success(training, values=(MetricValue(Metric.TRAIN_THROUGHPUT_IPS, throughput),))


@pytest.mark.parametrize("form", Form)
def test_a_network_is_trained_in_either_form(catalog: Catalog, form: Form) -> None:
    columns = candidates_of(
        catalog,
        [trained(form=form)],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
        workloads=[make_counted_workload(form=form, params_m=12.25)],
    )
    assert names(columns) == [("toynet", "toynet.v1", 224)]
    assert columns.configuration[0].scenario is Scenario.TRAINING
    assert values(columns, Metric.TRAIN_THROUGHPUT_IPS) == [900.0]
    assert values(columns, Metric.TOP1) == [75.0]
    assert values(columns, Metric.PARAMS_M) == [12.25]
    assert values(columns, Metric.LATENCY_MS) == values(columns, Metric.THROUGHPUT_IPS) == [None]


def test_training_stands_beside_inference_as_its_own_candidate(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            trained(form=Form.TRAINING),
            make_measurement("toynet", 10.0, runtime=RuntimeName.PYTORCH),
            make_measurement("toynet", 99.0, runtime=RuntimeName.PYTORCH, form=Form.TRAINING),
        ],
        checkpoints=[make_checkpoint()],
    )
    found = {
        columns.configuration[row].scenario: (latency, speed)
        for row, (latency, speed) in enumerate(
            zip(values(columns, Metric.LATENCY_MS), values(columns, Metric.TRAIN_THROUGHPUT_IPS), strict=True)
        )
    }
    assert len(columns) == 2
    assert found == {Scenario.SINGLE_STREAM: (10.0, None), Scenario.TRAINING: (None, 900.0)}


def test_batches_that_fitted_are_told_from_batches_that_were_asked_for(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", 10.0, batch_policy=policy) for policy in BatchPolicy],
    )
    assert len(columns) == 2
    assert {one.batch_policy for one in columns.configuration} == set(BatchPolicy)


@pytest.mark.parametrize(
    ("evidence", "latency"),
    [
        ((), 30.0),
        ((Provenance.MEASURED,), 10.0),
        ((Provenance.PUBLISHED,), 20.0),
        ((Provenance.MEASURED, Provenance.PUBLISHED), 20.0),
        ((Provenance.COUNTED,), None),
    ],
)
def test_only_the_evidence_asked_for_speaks(
    catalog: Catalog, evidence: tuple[Provenance, ...], latency: float | None
) -> None:
    candidates_of(
        catalog,
        [
            make_measurement("toynet", 10.0),
            make_measurement("toynet", 20.0, provenance=Provenance.PUBLISHED, measured_at=NOON + SECOND),
            make_measurement("toynet", 30.0, provenance=Provenance.ESTIMATED, measured_at=NOON + 2 * SECOND),
        ],
    )
    with catalog.read() as session:
        columns = candidate_columns(session, TARGET_ID, evidence)
    assert values(columns, Metric.LATENCY_MS) == ([] if latency is None else [latency])


# Numbers of a case


def test_the_numbers_of_a_case_come_with_their_intervals(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet", 10.0, 9.5, 11.0, peak_memory_mb=123.0)])
    latency, memory = columns.metrics[Metric.LATENCY_MS], columns.metrics[Metric.PEAK_MEMORY_MB]
    assert [latency.value[0], latency.low[0], latency.high[0], latency.level[0]] == [10.0, 9.5, 11.0, 0.95]
    assert memory.value[0] == 123.0
    assert np.isnan([memory.low[0], memory.high[0], memory.level[0]]).all()


def test_every_metric_of_a_case_has_its_own_column(catalog: Catalog) -> None:
    stored = (
        MetricValue(Metric.LATENCY_P99_MS, 15.0),
        MetricValue(Metric.THROUGHPUT_IPS, 100.0),
        MetricValue(Metric.DEVICE_MEMORY_MB, None, absent_reason="no device"),
    )
    columns = candidates_of(catalog, [make_measurement("toynet", values=stored)])
    assert values(columns, Metric.LATENCY_P99_MS) == [15.0]
    assert values(columns, Metric.THROUGHPUT_IPS) == [100.0]
    assert values(columns, Metric.DEVICE_MEMORY_MB) == [None]
    assert values(columns, Metric.LATENCY_P90_MS) == [None]


def test_the_latest_measurement_speaks_for_a_case(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", 20.0, measured_at=NOON + SECOND, environment=make_environment("2")),
            make_measurement(
                "toynet", 30.0, measured_at=NOON + 2 * SECOND, environment=make_environment("3")
            ),
            make_measurement("toynet", 10.0, measured_at=NOON, environment=make_environment("1")),
        ],
    )
    assert values(columns, Metric.LATENCY_MS) == [30.0]
    assert columns.measurement[0].measured_at == NOON + 2 * SECOND


def test_one_of_two_measurements_of_the_same_instant_speaks(catalog: Catalog) -> None:
    measurements = [make_measurement("toynet", float(run), source=f"run {run}") for run in range(1, 6)]
    columns = candidates_of(catalog, measurements)
    speaker = max(measurements, key=lambda measurement: measurement.id)
    assert [facts.id for facts in columns.measurement] == [speaker.id]
    assert len(columns) == 1


def test_a_case_that_failed_at_last_has_no_numbers_but_a_reason(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", 10.0),
            make_measurement(
                "toynet",
                status=Status.FAILED,
                reason=FailureReason.OUT_OF_MEMORY,
                measured_at=NOON + SECOND,
            ),
        ],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
    )
    assert len(columns) == 1
    for metric in (Metric.LATENCY_MS, Metric.PEAK_MEMORY_MB, Metric.SIZE_MB):
        assert values(columns, metric) == [None]
    assert values(columns, Metric.TOP1) == [75.0]
    assert columns.measurement[0].failure is FailureReason.OUT_OF_MEMORY


def test_a_case_that_succeeded_at_last_has_no_failure(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", status=Status.FAILED),
            make_measurement("toynet", 10.0, measured_at=NOON + SECOND),
        ],
    )
    assert columns.measurement[0].failure is None
    assert values(columns, Metric.LATENCY_MS) == [10.0]


def test_checkpoints_share_the_measurement_of_their_architecture(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", 10.0)],
        checkpoints=[make_checkpoint("toynet.v1"), make_checkpoint("toynet.v2")],
    )
    assert values(columns, Metric.LATENCY_MS) == [10.0, 10.0]
    assert len(columns.measurement.values) == len(columns.configuration.values) == 1


def test_more_measurements_than_fit_in_one_query_keep_their_own_numbers(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog, [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 502)]
    )
    assert len(columns) == 501
    for row in range(len(columns)):
        assert columns.metrics[Metric.LATENCY_MS].value[row] == columns.configuration[row].threads


# Numbers of artefacts and workloads


def test_the_size_is_the_artefacts_in_millions_of_bytes(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", size_bytes=46_800_000), make_measurement("othernet", size_bytes=None)],
    )
    assert values(columns, Metric.SIZE_MB) == [None, 46.8]


def test_counts_are_those_of_the_measured_workload(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", input_size=224), make_measurement("toynet", input_size=288)],
        workloads=[
            make_counted_workload(input_size=224, params_m=11.5, gmacs=1.75, activations_m=2.5),
            make_counted_workload(input_size=288, params_m=11.5, gmacs=3.0, activations_m=4.0),
        ],
    )
    assert values(columns, Metric.PARAMS_M) == [11.5, 11.5]
    assert values(columns, Metric.GMACS) == [1.75, 3.0]
    assert values(columns, Metric.ACTIVATIONS_M) == [2.5, 4.0]


def test_a_floating_point_operation_is_half_a_multiply_accumulate(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog, [make_measurement("toynet")], workloads=[make_counted_workload(gmacs=1.75)]
    )
    assert values(columns, Metric.GFLOPS) == [3.5]


def test_a_workload_that_was_not_counted_has_no_counts(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy()],
    )
    for metric in (
        Metric.PARAMS_M,
        Metric.GMACS,
        Metric.GFLOPS,
        Metric.ACTIVATIONS_M,
        Metric.TOP1_PER_GMAC,
        Metric.TOP1_PER_MPARAM,
    ):
        assert values(columns, metric) == [None]


def test_derived_ratios_divide_accuracy_by_cost(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
        workloads=[make_counted_workload(gmacs=1.5, params_m=12.5)],
    )
    assert values(columns, Metric.TOP1_PER_GMAC) == [50.0]
    assert values(columns, Metric.TOP1_PER_MPARAM) == [6.0]


@pytest.mark.parametrize("status", Status)
def test_pytorch_deploys_the_checkpoints_own_weights(catalog: Catalog, status: Status) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", size_bytes=None, runtime=RuntimeName.PYTORCH, status=status)],
        workloads=[make_counted_workload(weights_bytes=46_125_000)],
    )
    assert values(columns, Metric.SIZE_MB) == [46.125]


def test_an_artefact_is_as_large_as_it_is_whatever_the_weights(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", size_bytes=46_800_000, runtime=RuntimeName.PYTORCH)],
        workloads=[make_counted_workload(weights_bytes=46_125_000)],
    )
    assert values(columns, Metric.SIZE_MB) == [46.8]


@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
def test_other_runtimes_do_not_deploy_the_checkpoints_weights(catalog: Catalog, runtime: RuntimeName) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", size_bytes=None, runtime=runtime)],
        workloads=[make_counted_workload(weights_bytes=46_125_000)],
    )
    assert values(columns, Metric.SIZE_MB) == [None]


def test_weights_that_were_not_counted_have_no_size(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", size_bytes=None, runtime=RuntimeName.PYTORCH)],
        workloads=[make_counted_workload(weights_bytes=None)],
    )
    assert values(columns, Metric.SIZE_MB) == [None]


# Accuracy


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
    [make_accuracy(dataset="imagenet-real", top1=99.0), make_accuracy(precision=Precision.INT8, top1=99.0)],
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


ROBUSTNESS = {
    Dataset.IMAGENET_REAL: Metric.TOP1_REAL,
    Dataset.IMAGENET_V2: Metric.TOP1_V2,
    Dataset.IMAGENET_SKETCH: Metric.TOP1_SKETCH,
    Dataset.IMAGENET_A: Metric.TOP1_A,
    Dataset.IMAGENET_R: Metric.TOP1_R,
}


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


# Parts of the columns


def test_taking_rows_keeps_what_belongs_to_them(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 6)],
        checkpoints=[make_checkpoint()],
    )
    part = columns.take(np.array([3, 0]))
    assert len(part) == 2
    assert set(part.metrics) == set(Metric)
    for row, source in enumerate((3, 0)):
        assert part.configuration[row] == columns.configuration[source]
        assert part.measurement[row] == columns.measurement[source]
        assert part.metrics[Metric.LATENCY_MS].value[row] == columns.metrics[Metric.LATENCY_MS].value[source]
        assert part.metrics[Metric.LATENCY_MS].low[row] == columns.metrics[Metric.LATENCY_MS].low[source]


def test_taking_no_rows_leaves_none(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet")])
    assert len(columns.take(np.array([], dtype=np.int64))) == 0


def test_rows_may_be_taken_of_rows_that_were_taken(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 6)],
        checkpoints=[make_checkpoint()],
    )
    part = columns.take(np.array([4, 2, 0])).take(np.array([2, 0]))
    assert values(part, Metric.LATENCY_MS) == [1.0, 5.0]
    assert [run.threads for run in part.configuration] == [1, 5]
    assert part.speed_order.tolist() == [columns.speed_order[0], columns.speed_order[4]]
    assert part.revision == columns.revision


def test_a_candidate_knows_the_tags_of_its_architecture_and_whether_its_case_failed(
    catalog: Catalog,
) -> None:
    with catalog.write() as session:
        save_architectures(session, [make_architecture("tagged", tags=("mobile", "test-network"))])
    columns = candidates_of(
        catalog, [make_measurement("tagged"), make_measurement("toynet", status=Status.FAILED)]
    )
    assert list(columns.tags) == [("mobile", "test-network"), ()]
    assert columns.usable.tolist() == [True, False]


def test_columns_know_the_revision_that_they_are_of(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet")])
    with catalog.read() as session:
        assert columns.revision == revision(session)


# Words


WORDS = Category.of(["a", None, "b", "a", None])


def test_a_category_gives_back_its_words() -> None:
    assert list(WORDS) == ["a", None, "b", "a", None]
    assert [WORDS[row] for row in range(5)] == list(WORDS)
    assert WORDS.values == ("a", None, "b")
    assert len(WORDS) == 5


def test_words_are_taken_by_row_and_looked_for_by_what_admits_them() -> None:
    assert list(WORDS.take(np.array([4, 0]))) == [None, "a"]
    assert WORDS.where(lambda word: word == "a").tolist() == [True, False, False, True, False]
    assert WORDS.take(np.array([1, 2])).where(lambda word: word is None).tolist() == [True, False]


def test_each_different_word_is_asked_for_once() -> None:
    asked: list[str | None] = []

    def admits(word: str | None) -> bool:
        asked.append(word)
        return True

    assert WORDS.where(admits).all()
    assert asked == ["a", None, "b"]


def test_no_word_is_in_an_empty_category() -> None:
    empty: Category[str] = Category.of([])
    for one in (empty, empty.take(np.array([], dtype=np.int64))):
        assert (list(one), len(one)) == ([], 0)
        found = one.where(lambda _: True)
        assert found.tolist() == []
        assert found.dtype == np.bool_


# Numbers


def made_column(*numbers: tuple[float, float, float, float]) -> MetricColumn:
    return MetricColumn.of(*np.array(numbers, dtype=np.float64).reshape(-1, 4).T)


NAN = math.nan
LATENCIES = made_column((10, 9, 11, 0.95), (20, NAN, NAN, NAN), (NAN, NAN, NAN, NAN), (40, 20, 80, 0.5))


def test_the_deviation_is_that_of_the_logarithm_and_heeds_the_level() -> None:
    quantiles = {0.95: 1.959964, 0.5: 0.674490}
    assert LATENCIES.deviation == pytest.approx(
        [math.log(11 / 9) / 2 / quantiles[0.95], 0, 0, math.log(4) / 2 / quantiles[0.5]], rel=1e-5
    )


def test_a_table_takes_rows_of_rows_and_leaves_its_source_as_it_is() -> None:
    table = MetricTable({Metric.LATENCY_MS: LATENCIES})
    part = table.take(np.array([3, 1, 0]))
    assert part[Metric.LATENCY_MS].value.tolist() == [40, 20, 10]
    assert part.take(np.array([2, 0]))[Metric.LATENCY_MS].value.tolist() == [10, 40]
    assert table.take(np.array([0, 3])).take(np.array([1]))[Metric.LATENCY_MS].low.tolist() == [20]
    assert table[Metric.LATENCY_MS] is LATENCIES
    assert (list(part), len(part)) == ([Metric.LATENCY_MS], 1)
    with pytest.raises(KeyError):
        part[Metric.TOP1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=6), st.data())
def test_a_row_that_was_taken_twice_is_the_row_of_the_row(first: list[int], data: st.DataObject) -> None:
    second = data.draw(st.lists(st.integers(0, len(first) - 1), max_size=4)) if first else []
    table = MetricTable({Metric.LATENCY_MS: LATENCIES}).take(np.array(first, dtype=np.int64))
    again = table.take(np.array(second, dtype=np.int64))
    expected = LATENCIES.value[np.array(first, dtype=np.int64)][np.array(second, dtype=np.int64)]
    np.testing.assert_array_equal(again[Metric.LATENCY_MS].value, expected)
    for row, source in enumerate(second):
        assert repr(list(again.known(row))) == repr(list(table.known(source)))


def test_what_is_known_of_a_row_are_its_numbers_with_their_intervals() -> None:
    exact = made_column((75, NAN, NAN, NAN), *[(NAN, NAN, NAN, NAN)] * 3)
    table = MetricTable({Metric.LATENCY_MS: LATENCIES, Metric.TOP1: exact})
    first, *_ = table.known(0)
    assert first == (Metric.LATENCY_MS, 10, 9, 11, 0.95)
    assert [metric for metric, *_ in table.known(0)] == [Metric.LATENCY_MS, Metric.TOP1]
    ((metric, value, low, high, level),) = table.known(1)
    assert (metric, value) == (Metric.LATENCY_MS, 20)
    assert all(math.isnan(one) for one in (low, high, level))
    assert list(table.known(2)) == []
    assert [value for _, value, *_ in table.take(np.array([3, 0])).known(1)] == [10, 75]


def test_the_faster_comes_first_by_latency_then_throughput_then_its_own_place() -> None:
    nothing = (NAN, NAN, NAN)
    metrics = {
        Metric.LATENCY_MS: made_column(*((one, *nothing) for one in (20, NAN, 10, 20, NAN, NAN))),
        Metric.THROUGHPUT_IPS: made_column(*((one, *nothing) for one in (50, 90, NAN, 50, 100, NAN))),
    }
    assert speed_order(metrics).tolist() == [1, 4, 0, 2, 3, 5]


# Standard errors


IMAGES = {
    Metric.TOP1: 50_000,
    Metric.TOP5: 50_000,
    Metric.TOP1_REAL: 46_837,
    Metric.TOP1_V2: 10_000,
    Metric.TOP1_SKETCH: 50_889,
    Metric.TOP1_A: 7_500,
    Metric.TOP1_R: 30_000,
}


def test_the_error_of_an_accuracy_is_that_of_a_share_of_its_data_sets_images(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet"), make_measurement("toynet", input_size=288)],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(top1=80.0, top5=95.0),
            *(make_accuracy(top1=60.0, dataset=dataset) for dataset in ROBUSTNESS),
        ],
    )
    for metric, images in IMAGES.items():
        share = {Metric.TOP1: 0.8, Metric.TOP5: 0.95}.get(metric, 0.6)
        expected, unknown = columns.standard_error(metric)
        assert expected == pytest.approx(100 * math.sqrt(share * (1 - share) / images))
        assert math.isnan(unknown)


def test_the_error_of_a_ratio_is_that_of_its_accuracy_over_its_cost(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
        workloads=[make_counted_workload(gmacs=1.5, params_m=12.5)],
    )
    (of_top1,) = columns.standard_error(Metric.TOP1)
    assert columns.standard_error(Metric.TOP1_PER_GMAC) == pytest.approx([of_top1 / 1.5])
    assert columns.standard_error(Metric.TOP1_PER_MPARAM) == pytest.approx([of_top1 / 12.5])


def test_the_error_of_a_measured_number_is_that_of_its_interval_and_of_an_exact_one_none(
    catalog: Catalog,
) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", 10.0, 10 / 1.1, 11.0),
            make_measurement("othernet", status=Status.FAILED),
        ],
        workloads=[make_counted_workload()],
    )
    unknown, known = columns.standard_error(Metric.LATENCY_MS)
    assert math.isnan(unknown)
    assert known == pytest.approx(10 * math.log(1.1) / 1.959964)
    for metric in (Metric.GMACS, Metric.PARAMS_M, Metric.SIZE_MB, Metric.PEAK_MEMORY_MB):
        assert columns.standard_error(metric)[1] == 0


@pytest.mark.parametrize("top1", [0.0, 100.0])
def test_an_accuracy_of_all_or_nothing_has_no_error(catalog: Catalog, top1: float) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=top1, top5=100.0)],
    )
    assert columns.standard_error(Metric.TOP1).tolist() == [0.0]
