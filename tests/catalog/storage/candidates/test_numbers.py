import numpy as np
import pytest

from catalog.entities.measurements import MetricValue
from catalog.storage.database import Catalog
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    RuntimeName,
    Status,
)
from tests.builders import (
    NOON,
    make_accuracy,
    make_checkpoint,
    make_counted_workload,
    make_environment,
    make_measurement,
)
from tests.catalog.storage.candidates.candidate_values import SECOND, candidates_of, values

pytestmark = pytest.mark.empty_catalog


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


def test_degrees_of_freedom_are_those_stored_else_one_less_than_the_processes(catalog: Catalog) -> None:
    interval = (10.0, 9.5, 11.0, 0.95)
    stored = (
        MetricValue(Metric.LATENCY_MET_MS, *interval, processes=3, degrees_of_freedom=11.5),
        MetricValue(Metric.LATENCY_P90_MS, *interval, processes=5),
        MetricValue(Metric.LATENCY_P95_MS, *interval),
    )
    metrics = candidates_of(catalog, [make_measurement("toynet", values=stored)]).metrics
    freedoms = [float(metrics[value.metric].degrees_of_freedom[0]) for value in stored]
    assert freedoms == [11.5, 4, np.inf]


def test_the_measurement_that_arrived_last_represents_a_case(catalog: Catalog) -> None:
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
    assert values(columns, Metric.LATENCY_MS) == [10.0]
    assert columns.measurement[0].measured_at == NOON


def test_one_of_several_measurements_of_the_same_instant_represents_a_case(catalog: Catalog) -> None:
    measurements = [make_measurement("toynet", float(run), source=f"run {run}") for run in range(1, 6)]
    columns = candidates_of(catalog, measurements)
    assert [facts.id for facts in columns.measurement] == [measurements[-1].id]
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
