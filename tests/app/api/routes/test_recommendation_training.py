"""Bounds on training and on inference in one question."""

import pytest
from fastapi.testclient import TestClient

from catalog.entities.measurements import MetricValue
from catalog.opening import open_catalog
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, RuntimeName, Scenario
from tests.app.api.routes.conftest import EVERY_ROW, Document, Post
from tests.app.seeds import local
from tests.builders import make_measurement, replace_success, store_measurements

TRAINING, THROUGHPUT = "train_throughput_ips", "throughput_ips"
BOTH = {TRAINING: {"min": 100}, THROUGHPUT: {"min": 100}}


def value(candidate: Document, metric: str) -> float:
    number: float = candidate["metrics"][metric]["value"]
    return number


def test_training_and_inference_are_bounded_together(post: Post) -> None:
    answer = post(target="rtx-3090", budget=BOTH, **EVERY_ROW)
    assert answer["recommendations"]
    assert answer["fitting"] == len(answer["recommendations"])
    for one in answer["recommendations"]:
        assert one["slack"] == {
            metric: pytest.approx(value(one, metric) - 100) for metric in (TRAINING, THROUGHPUT)
        }
        assert one["configuration"]["scenario"] == "single_stream"
        run = one["training_configuration"]
        assert run["scenario"] == "training"
        for field in ("device", "precision", "layout"):
            assert run[field] == one["configuration"][field]


def test_a_number_of_training_is_that_of_the_published_run(post: Post, client: TestClient) -> None:
    (first, *_) = post(target="rtx-3090", budget=BOTH)["recommendations"]
    runs = client.get(f"/v1/architectures/{first['architecture']}").json()["measurements"]
    (run,) = (
        one
        for one in runs
        if one["configuration"] == first["training_configuration"]
        and one["input_size"] == first["input_size"]
        and one["target"] == "rtx-3090"
    )
    assert run["metrics"][TRAINING]["value"] == value(first, TRAINING)
    assert run["measured_at"] == first["metrics"][TRAINING]["measured_at"]
    assert run["measured_at"] != first["metrics"][THROUGHPUT]["measured_at"]


def test_the_reasons_say_how_the_network_trained_where_training_was_asked_for(post: Post) -> None:
    (first, *_) = post(target="rtx-3090", budget=BOTH)["recommendations"]
    batch = first["training_configuration"]["batch_size"]
    assert (
        f"Trained at {value(first, TRAINING):.0f} images/s by pytorch cuda amp_fp16"
        f"{', layout nhwc' if first['configuration']['layout'] == 'nhwc' else ''}"
        f", batch {batch} (the largest that fits)."
    ) in first["reasons"]
    others = post(target="rtx-3090", budget={THROUGHPUT: {"min": 100}}, **EVERY_ROW)["recommendations"]
    assert any("training_configuration" in other for other in others)
    assert not [sentence for other in others for sentence in other["reasons"] if "Trained" in sentence]


def test_a_training_run_that_belongs_to_a_candidate_is_not_counted_again(post: Post) -> None:
    answer = post(target="rtx-3090", budget={THROUGHPUT: {"min": 0}}, **EVERY_ROW)
    assert answer["fitting"] == answer["considered"]
    assert answer["unknown"] == {}


def test_candidates_with_a_training_run_are_found_by_its_scenario(post: Post) -> None:
    configuration = {"scenario": ["training"]}
    trained = post(target="rtx-3090", configuration=configuration, **EVERY_ROW)
    assert trained["recommendations"]
    assert all(TRAINING in one["metrics"] for one in trained["recommendations"])
    batch = trained["recommendations"][0]["training_configuration"]["batch_size"]
    of_batch = post(target="rtx-3090", configuration=configuration | {"batch_size": [batch]}, **EVERY_ROW)
    assert {one["training_configuration"]["batch_size"] for one in of_batch["recommendations"]} == {batch}
    assert post(target="i9-10940x", configuration=configuration)["considered"] == 0


def test_the_frontier_of_training_and_inference_is_of_candidates_that_have_both(client: TestClient) -> None:
    document = client.get(f"/v1/frontier?target=rtx-3090&x={TRAINING}&y={THROUGHPUT}").json()
    assert document["items"]
    assert all({TRAINING, THROUGHPUT} <= one["metrics"].keys() for one in document["items"])
    assert document["unknown"] < document["considered"]


def test_what_was_measured_here_has_a_command_for_each_scenario(
    own_client: TestClient, seeded_url: str
) -> None:
    run = make_measurement(
        "resnet18",
        runtime=RuntimeName.PYTORCH,
        scenario=Scenario.TRAINING,
        form=Form.TRAINING,
        batch_size=16,
        threads=2,
        size_bytes=None,
        target=local(),
    )
    run = replace_success(run, values=(MetricValue(Metric.TRAIN_THROUGHPUT_IPS, 40.0, 38.0, 42.0, 0.95),))
    inference = make_measurement("resnet18", 20.0, threads=2, target=local())
    with open_catalog(seeded_url) as catalog:
        store_measurements(catalog, run, inference)
    budget = {TRAINING: {"min": 20}, "latency_ms": {"max": 100}}
    question = {"budget": budget, "configuration": {"threads": [2]}, "confidence": 0.9}
    (one,) = own_client.post("/v1/recommendations", json=question).json()["recommendations"]
    assert one["metrics"][TRAINING]["low"] == 38.0
    assert one["reproduce_training"] == (
        "archrank profile resnet18 --runtime pytorch --precision fp32 --batch-size 16 --threads 2 --train "
        "--input-size 224 --force"
    )
    assert "--train" not in one["reproduce"]
    assert "Trained at 40.0 images/s by pytorch fp32, batch 16, 2 threads." in one["reasons"]
