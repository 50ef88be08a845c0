from collections.abc import Sequence
from typing import Any

import pytest

from catalog.candidates.columns import CandidateColumns
from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Device,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)
from tests.builders import (
    NOON,
    TARGET_ID,
    make_checkpoint,
    make_measurement,
    replace_success,
)
from tests.catalog.storage.candidates.candidate_values import SECOND, candidates_of, names, values

pytestmark = pytest.mark.empty_catalog


def trained(
    speed: float | None = 900.0, memory: float | None = None, *, doubts: tuple[Doubt, ...] = (), **case: Any
) -> Measurement:
    """A training run of toynet through PyTorch, in images/s and MB."""
    run = make_measurement(
        "toynet",
        **{
            "runtime": RuntimeName.PYTORCH,
            "form": Form.TRAINING,
            "scenario": Scenario.TRAINING,
            "size_bytes": None,
            "doubts": doubts,
            **case,
        },
    )
    if run.status is Status.FAILED:
        return run
    numbers = {Metric.TRAIN_MEMORY_MB: memory, Metric.TRAIN_THROUGHPUT_IPS: speed}
    return replace_success(
        run, values=tuple(MetricValue(metric, number) for metric, number in numbers.items() if number)
    )


def both(columns: CandidateColumns) -> list[tuple[float | None, float | None]]:
    """The latency and the speed of training of every candidate."""
    pairs = (Metric.LATENCY_MS, Metric.TRAIN_THROUGHPUT_IPS)
    return list(zip(*(values(columns, metric) for metric in pairs), strict=True))


def test_a_candidate_has_what_was_measured_of_it_in_inference_and_in_training(catalog: Catalog) -> None:
    inference = make_measurement("toynet", 10.0)
    run = trained(900.0, 400.0, batch_size=32, measured_at=NOON + SECOND)
    columns = candidates_of(catalog, [inference, run], checkpoints=[make_checkpoint()])
    assert names(columns) == [("toynet", "toynet.v1", 224)]
    assert both(columns) == [(10.0, 900.0)]
    assert values(columns, Metric.TRAIN_MEMORY_MB) == [400.0]
    assert columns.configuration[0] == inference.configuration
    assert columns.training_configuration[0] == run.configuration
    assert columns.measurement[0].id == inference.id
    assert columns.training[0].id == run.id


def test_a_number_of_training_has_the_origin_of_the_training_run(catalog: Catalog) -> None:
    run = trained(provenance=Provenance.PUBLISHED, doubts=(Doubt.NO_INTERVAL,), measured_at=NOON + SECOND)
    columns = candidates_of(catalog, [make_measurement("toynet"), run])
    speed, latency = Metric.TRAIN_THROUGHPUT_IPS, Metric.LATENCY_MS
    assert columns.provenance(speed, 0) is Provenance.PUBLISHED
    assert columns.provenance(latency, 0) is Provenance.MEASURED
    assert columns.doubts(speed, 0) == (Doubt.NO_INTERVAL,)
    assert columns.doubts(latency, 0) == ()
    assert columns.measurement_of(speed)[0].measured_at == NOON + SECOND
    assert columns.measurement_of(latency)[0].measured_at == NOON
    assert columns.provenances == {Provenance.PUBLISHED, Provenance.MEASURED}


@pytest.mark.parametrize(
    "inference",
    [
        {"runtime": RuntimeName.OPENVINO},
        {"runtime": RuntimeName.PYTORCH, "compiled": True},
        {"arena": False},
        {"batch_size": 8},
        {"batch_policy": BatchPolicy.LARGEST_FITTING, "batch_size": 1024},
        {"scenario": Scenario.CONCURRENT},
    ],
    ids=["runtime", "compiled", "arena", "batch size", "batch policy", "clients"],
)
def test_what_each_scenario_has_of_its_own_is_not_compared(
    catalog: Catalog, inference: dict[str, Any]
) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet", 10.0, **inference), trained(batch_size=32)])
    assert both(columns) == [(10.0, 900.0)]


@pytest.mark.parametrize(
    "other",
    [
        {"threads": 2},
        {"threads": None},
        {"precision": Precision.BF16},
        {"layout": Layout.NHWC},
        {"device": Device.CUDA},
        {"input_size": 288},
        {"num_classes": 21841, "provenance": Provenance.PUBLISHED},
    ],
    ids=["threads", "threads not stated", "precision", "layout", "device", "input size", "classes"],
)
def test_training_of_something_else_is_a_candidate_by_itself(catalog: Catalog, other: dict[str, Any]) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet", 10.0), trained(**other)])
    assert sorted(both(columns), key=str) == [(10.0, None), (None, 900.0)]
    assert list(columns.training_configuration) == [None, None]


def test_every_configuration_of_inference_and_every_checkpoint_has_the_training_run(catalog: Catalog) -> None:
    cases = [make_measurement("toynet", 10.0 * batch_size, batch_size=batch_size) for batch_size in (1, 2)]
    checkpoints = [make_checkpoint("toynet.v1"), make_checkpoint("toynet.v2")]
    columns = candidates_of(catalog, [*cases, trained()], checkpoints=checkpoints)
    assert both(columns) == [(10.0, 900.0), (20.0, 900.0)] * 2


def test_of_several_training_runs_a_candidate_has_the_fastest(catalog: Catalog) -> None:
    runs = [
        trained(speed, memory, batch_size=batch_size)
        for batch_size, speed, memory in ((1, 200.0, 300.0), (8, 900.0, 500.0), (64, 800.0, 2_000.0))
    ]
    columns = candidates_of(catalog, [make_measurement("toynet", 10.0), *runs])
    assert sorted(both(columns), key=str) == [(10.0, 900.0), (None, 200.0), (None, 800.0)]
    (row,) = [row for row, latency in enumerate(values(columns, Metric.LATENCY_MS)) if latency]
    assert columns.training_configuration[row] == runs[1].configuration
    assert values(columns, Metric.TRAIN_MEMORY_MB)[row] == 500.0


def test_of_equally_fast_runs_a_candidate_has_the_first(catalog: Catalog) -> None:
    runs = [trained(None, batch_size=batch_size, memory=100.0 * batch_size) for batch_size in (8, 1)]
    columns = candidates_of(catalog, [make_measurement("toynet", 10.0), *runs])
    assert values(columns, Metric.TRAIN_MEMORY_MB) == [100.0, 800.0]


def failed(kind: Sequence[str]) -> list[Measurement]:
    """Inference and training, of which those named failed."""
    return [
        make_measurement("toynet", 10.0, status=Status.FAILED if "inference" in kind else Status.OK),
        trained(status=Status.FAILED if "training" in kind else Status.OK),
    ]


@pytest.mark.parametrize("kind", [["inference"], ["training"], ["inference", "training"]])
def test_what_failed_is_not_joined(catalog: Catalog, kind: list[str]) -> None:
    columns = candidates_of(catalog, failed(kind))
    assert len(columns) == 2
    assert columns.usable.tolist().count(False) == len(kind)
    assert list(columns.training_configuration) == [None, None]


def test_the_latest_run_of_a_batch_that_shrank_to_fit_is_the_one(catalog: Catalog) -> None:
    fitting: dict[str, Any] = {"batch_policy": BatchPolicy.LARGEST_FITTING}
    runs = [
        trained(900.0, batch_size=256, **fitting),
        trained(700.0, batch_size=128, measured_at=NOON + SECOND, **fitting),
    ]
    inference = make_measurement("toynet", 10.0, batch_size=1024, **fitting)
    columns = candidates_of(catalog, [inference, *runs])
    assert both(columns) == [(10.0, 700.0)]


def test_evidence_decides_which_training_runs_count(catalog: Catalog) -> None:
    candidates_of(catalog, [make_measurement("toynet", 10.0), trained(provenance=Provenance.PUBLISHED)])
    with catalog.read() as session:
        columns = candidate_columns(session, TARGET_ID, [Provenance.MEASURED])
    assert both(columns) == [(10.0, None)]
