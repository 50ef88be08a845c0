"""What the catalog knows of training a network: its runs, its layers, the memory of the cards."""

from collections.abc import Mapping

import pytest

from catalog.entities.measurements import Measurement, MetricValue, TrainingRun
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_workloads
from catalog.storage.measurements.training_runs import TrainedLayers, trained_layers, training_runs
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
    TARGET_ID,
    make_counted_workload,
    make_measurement,
    make_target,
    store_measurements,
)

CARD = make_target("rtx-3090", kind=Device.CUDA, label="A card", identity={"model_name": "a card"})


pytestmark = pytest.mark.empty_catalog


def make_training(
    architecture: str = "toynet",
    batch_size: int = 64,
    *,
    memory_mb: float | None = None,
    speed_ips: float | None = None,
    on_card: bool = False,
    status: Status = Status.OK,
    input_size: int = 224,
    source: str = "a test",
) -> Measurement:
    """A run of training, published for a card or measured on a CPU."""
    return make_measurement(
        architecture,
        peak_memory_mb=None,
        size_bytes=None,
        input_size=input_size,
        runtime=RuntimeName.PYTORCH,
        precision=Precision.AMP_FP16 if on_card else Precision.FP32,
        batch_size=batch_size,
        device=Device.CUDA if on_card else Device.CPU,
        scenario=Scenario.TRAINING,
        batch_policy=BatchPolicy.LARGEST_FITTING if on_card else BatchPolicy.FIXED,
        target=CARD if on_card else None,
        provenance=Provenance.PUBLISHED if on_card else Provenance.MEASURED,
        status=status,
        source=source,
        values=tuple(
            MetricValue(metric, value)
            for metric, value in (
                (Metric.TRAIN_MEMORY_MB, memory_mb),
                (Metric.TRAIN_THROUGHPUT_IPS, speed_ips),
            )
            if value is not None
        ),
    )


def runs_of(catalog: Catalog) -> Mapping[str, tuple[TrainingRun, ...]]:
    with catalog.read() as session:
        return training_runs(session)


def test_a_published_run_names_its_hardware(catalog: Catalog) -> None:
    store_measurements(catalog, make_training(on_card=True))
    expected = TrainingRun(
        batch_size=64,
        input_size=224,
        precision=Precision.AMP_FP16,
        layout=Layout.NCHW,
        target=CARD.id,
        target_label="A card",
        provenance=Provenance.PUBLISHED,
        source="a test",
    )
    assert runs_of(catalog) == {"toynet": (expected,)}


def test_a_measured_run_comes_with_its_peak_and_its_speed(catalog: Catalog) -> None:
    store_measurements(catalog, make_training(memory_mb=1_234.5, speed_ips=12.5))
    expected = TrainingRun(
        batch_size=64,
        input_size=224,
        precision=Precision.FP32,
        layout=Layout.NCHW,
        target=TARGET_ID,
        target_label="Test CPU, 2 CPUs",
        provenance=Provenance.MEASURED,
        source="a test",
        train_memory_mb=1_234.5,
        train_throughput_ips=12.5,
    )
    assert runs_of(catalog) == {"toynet": (expected,)}


def test_a_run_knows_the_activations_of_its_own_input_size(catalog: Catalog) -> None:
    runs = [make_training(input_size=size, on_card=True) for size in (160, 224)]
    store_measurements(catalog, *runs)
    with catalog.write() as session:
        save_workloads(session, [make_counted_workload("toynet", input_size=160, activations_m=1.5)])
    assert {run.input_size: run.activations_m for run in runs_of(catalog)["toynet"]} == {
        160: 1.5,
        224: None,
    }


def test_runs_are_of_training_that_succeeded(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("toynet"), make_training(status=Status.FAILED))
    assert runs_of(catalog) == {}


def test_runs_of_each_architecture_on_every_target_start_with_the_large_batches(catalog: Catalog) -> None:
    store_measurements(
        catalog,
        make_training(batch_size=8),
        make_training(batch_size=64, input_size=160),
        make_training(batch_size=64, on_card=True),
        make_training(batch_size=64, source="another"),
        make_training("othernet", 32),
        make_training("strangernet", 16),
    )
    found = runs_of(catalog)
    assert list(found) == ["othernet", "strangernet", "toynet"]
    assert [(run.batch_size, run.input_size, run.target_label, run.source) for run in found["toynet"]] == [
        (64, 224, "A card", "a test"),
        (64, 224, "Test CPU, 2 CPUs", "another"),
        (64, 160, "Test CPU, 2 CPUs", "a test"),
        (8, 224, "Test CPU, 2 CPUs", "a test"),
    ]


def test_layers_are_the_convolutions_and_linear_layers_of_the_form_that_is_trained(catalog: Catalog) -> None:
    folded = [
        make_counted_workload(name, operator_calls={"conv": 53, "linear": 1, "batch_norm": 53, "relu_": 49})
        for name in ("anet", "bnet")
    ]
    branched = make_counted_workload("anet", operator_calls={"conv": 70, "addmm": 2}, form=Form.TRAINING)
    other_size = make_counted_workload("cnet", input_size=320, operator_calls={"conv": 1})
    measured = [make_measurement(name) for name in ("anet", "bnet", "cnet")]
    store_measurements(catalog, *measured)
    with catalog.write() as session:
        save_workloads(session, [*folded, branched, other_size])
    with catalog.read() as reading:
        found = trained_layers(reading)
    assert [found.get(one.workload.id) for one in measured] == [
        TrainedLayers(weighted=72, batch_norms=0),
        TrainedLayers(weighted=54, batch_norms=53),
        None,
    ]
