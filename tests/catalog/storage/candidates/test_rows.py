from datetime import timedelta

import numpy as np
import pytest

from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import (
    save_targets,
)
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Form,
    Provenance,
    RuntimeName,
    Scenario,
)
from tests.builders import (
    NOON,
    TARGET_ID,
    make_accuracy,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
    replace_success,
)
from tests.catalog.storage.candidates.candidate_values import SECOND, candidates_of, names, values

pytestmark = pytest.mark.empty_catalog


def test_a_head_of_classes_that_no_weights_have_is_no_candidate(catalog: Catalog) -> None:
    """It is on the card, where its size and memory are looked at."""
    columns = candidates_of(
        catalog,
        [make_measurement("toynet"), make_measurement("toynet", num_classes=10)],
        checkpoints=[make_checkpoint("toynet.v1")],
    )
    assert names(columns) == [("toynet", "toynet.v1", 224)]


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
            make_measurement("toynet", num_classes=21841, provenance=Provenance.PUBLISHED),
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


def test_inference_in_the_training_form_is_no_candidate(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog, [make_measurement("toynet", 10.0), make_measurement("toynet", 99.0, form=Form.TRAINING)]
    )
    assert values(columns, Metric.LATENCY_MS) == [10.0]


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
