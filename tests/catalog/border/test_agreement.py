"""What is uploaded agrees with itself. What a catalog holds already can still be imported."""

from dataclasses import replace
from typing import Any

import pytest

from catalog.border.agreement import contradiction_in
from catalog.entities.measurements import MetricValue
from catalog.storage.database import Catalog
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Form, Precision, RuntimeName, Scenario, Status
from tests.builders import make_artefact, make_measurement, make_target, replace_success
from tests.catalog.exchange.lines import HEADER, import_lines, line_of

GPU = make_target("a-gpu", kind=Device.CUDA)
RATE = MetricValue(Metric.TRAIN_THROUGHPUT_IPS, 40.0)
TRAINING = replace_success(
    make_measurement(
        runtime=RuntimeName.PYTORCH, scenario=Scenario.TRAINING, form=Form.TRAINING, size_bytes=None
    ),
    values=(RATE, MetricValue(Metric.SLOWDOWN, 1.0)),
)


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        ({"device": Device.CUDA}, "configuration.device"),
        ({"runtime": RuntimeName.OPENVINO, "compiled": True}, "configuration.compiled"),
        ({"runtime": RuntimeName.OPENVINO, "arena": True}, "configuration.arena"),
        ({"scenario": Scenario.TRAINING}, "configuration.scenario"),
        ({"clients": 4}, "configuration.clients"),
        ({"scenario": Scenario.CONCURRENT}, "configuration.clients"),
        ({"precision": Precision.INT8}, "artefact.precision"),
        ({"runtime": RuntimeName.PYTORCH, "scenario": Scenario.TRAINING}, "outcome.values.0.metric"),
    ],
    ids=str,
)
def test_fields_that_contradict_each_other_are_named(configuration: dict[str, Any], field: str) -> None:
    sound = make_measurement()
    odd = replace(sound, configuration=replace(sound.configuration, **configuration))
    fault = contradiction_in(odd)
    assert fault is not None
    assert fault.field == field


def test_a_number_of_training_is_none_of_inference() -> None:
    fault = contradiction_in(make_measurement(values=(RATE,)))
    assert fault is not None
    assert fault.complaint == "train_throughput_ips is no number of a case whose scenario is single_stream."


@pytest.mark.parametrize(
    "sound",
    [
        make_measurement(),
        make_measurement(status=Status.FAILED),
        make_measurement(arena=False),
        make_measurement(precision=Precision.INT8),
        make_measurement(target=GPU, device=Device.CUDA),
        make_measurement(runtime=RuntimeName.PYTORCH, compiled=True),
        replace(
            make_measurement(runtime=RuntimeName.OPENVINO, precision=Precision.BF16),
            artefact=make_artefact(precision=Precision.FP32),
        ),
        TRAINING,
    ],
)
def test_what_archrank_measures_agrees(sound: Any) -> None:
    assert contradiction_in(sound) is None


def test_what_a_catalog_holds_can_be_imported(sqlite_catalog: Catalog) -> None:
    held = make_measurement("resnet18", runtime=RuntimeName.OPENVINO, arena=True)
    assert contradiction_in(held) is not None
    assert import_lines(sqlite_catalog, [HEADER, line_of(held)]).new_measurements == 1
