import json
from typing import Any

import pytest

from catalog.entities.networks import (
    Architecture,
    Checkpoint,
    CountedWorkload,
    Counts,
    Stage,
)
from catalog.exchange.writing import VERSION
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import (
    save_architectures,
    save_checkpoints,
    save_workloads,
)
from catalog.storage.summaries.cards import find_card
from catalog.words.doubts import Doubt
from tests.builders import (
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_workload,
)
from tests.catalog.exchange.lines import (
    HEADER,
    import_lines,
    lines_of,
    refuse,
)

pytestmark = pytest.mark.empty_catalog


HEADER_1 = '{"format":"archrank-catalog","version":1}'
# As archrank 0.1.0 wrote them, before catalogs knew what is missing here.
RECORDS_1: dict[str, dict[str, Any]] = {
    "architecture": {
        "record": "architecture",
        "name": "toynet",
        "family": "toynets",
        "year": 2020,
        "paper": None,
        "default_tag": "v1",
        "fixed_input": False,
    },
    "checkpoint": {
        "record": "checkpoint",
        "name": "toynet.v1",
        "architecture": "toynet",
        "num_classes": 1000,
        "license": "MIT",
        "commercial_use": True,
        "training_data": None,
        "native_size": 224,
    },
    "workload": {
        "record": "workload",
        "workload": {
            "architecture": "toynet",
            "num_classes": 1000,
            "input_size": 224,
            "form": "deployed",
        },
        "counts": {"params_m": 11.5, "gmacs": 1.8, "activations_m": 2.5, "operators": {"conv": 1.8}},
        "count_failure": None,
    },
    "measurement": {
        "record": "measurement",
        "workload": {
            "architecture": "toynet",
            "num_classes": 1000,
            "input_size": 224,
            "form": "deployed",
        },
        "configuration": {
            "runtime": "onnxruntime",
            "precision": "fp32",
            "batch_size": 1,
            "threads": 2,
            "device": "cpu",
            "layout": "nchw",
            "compiled": False,
            "arena": None,
            "scenario": "single_stream",
        },
        "target": {
            "id": "test-cpu-2c-abcdef",
            "kind": "cpu",
            "label": "Test CPU, 2 CPUs",
            "identity": {"model_name": "Test CPU", "cpus": 2},
        },
        "environment": {
            "runtime_version": "1.24.0",
            "driver": None,
            "kernel": "6.1.0",
            "governor": None,
        },
        "provenance": "measured",
        "status": "ok",
        "protocol": "1",
        "measured_at": "2026-01-01T12:00:00Z",
        "source": "a test",
        "artefact": None,
        "reason": None,
        "detail": None,
        "doubts": ["few_calls"],
        "values": [
            {
                "metric": "latency_ms",
                "value": 10.0,
                "low": 9.8,
                "high": 10.3,
                "level": 0.95,
                "absent_reason": None,
            }
        ],
        "samples": [],
    },
}
LINES_1 = [HEADER_1, *map(json.dumps, RECORDS_1.values())]


def test_a_file_of_version_1_is_read_with_what_it_does_not_say_unknown(catalog: Catalog) -> None:
    summary = import_lines(catalog, LINES_1)
    assert (summary.new_measurements, summary.faults) == (1, ())
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert card.architecture == Architecture("toynet", "toynets", 2020, default_tag="v1", fixed_input=False)
    assert card.checkpoints == (
        Checkpoint("toynet.v1", "toynet", 1000, "MIT", commercial_use=True, native_size=224),
    )
    assert card.workloads == (CountedWorkload(make_workload(), Counts(11.5, 1.8, 2.5, {"conv": 1.8})),)
    assert card.measurements == (
        make_measurement(
            "toynet",
            10.0,
            9.8,
            10.3,
            threads=2,
            size_bytes=None,
            peak_memory_mb=None,
            doubts=(Doubt.FEW_CALLS,),
        ),
    )


def test_a_measurement_of_a_file_of_version_1_is_the_same_one_today(catalog: Catalog) -> None:
    import_lines(catalog, LINES_1)
    exported = lines_of(catalog)
    assert json.loads(exported[0])["version"] == VERSION
    for lines in (exported, LINES_1):
        assert import_lines(catalog, lines).new_measurements == 0
        assert lines_of(catalog) == exported


def test_a_file_of_version_1_erases_nothing_that_is_known_today(catalog: Catalog) -> None:
    architecture = make_architecture(tags=("toynets",), stages=(Stage(32, 512),))
    with catalog.write() as session:
        save_architectures(session, [architecture])
        save_checkpoints(session, [make_checkpoint(license="MIT", hub_id="timm/toynet.v1")])
        save_workloads(session, [make_counted_workload()])
    import_lines(catalog, LINES_1)
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == architecture
    assert card.checkpoints == (make_checkpoint(license="MIT", hub_id="timm/toynet.v1"),)
    assert card.workloads == (make_counted_workload(),)


def test_the_text_that_version_1_had_for_training_data_is_left_out(catalog: Catalog) -> None:
    record = json.dumps({**RECORDS_1["checkpoint"], "training_data": "imagenet-1k"})
    import_lines(catalog, [HEADER_1, json.dumps(RECORDS_1["architecture"]), record])
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert card.checkpoints[0].training_data == ()


@pytest.mark.parametrize("value", [None, "imagenet-1k"], ids=["null", "a text"])
def test_version_2_refuses_the_training_data_of_version_1(catalog: Catalog, value: str | None) -> None:
    record = json.dumps({**RECORDS_1["checkpoint"], "training_data": value})
    refuse(catalog, [HEADER, json.dumps(RECORDS_1["architecture"]), record], 3, "checkpoint: training_data")
