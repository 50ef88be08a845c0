import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.cli.tables.card import print_card
from app.presentation.cards.cards import card_view
from app.presentation.commands.configurations import reproduce_command
from app.questions.cards.batch_curves import batch_curves
from app.questions.cards.cards import CardAnswer
from catalog.entities.configurations import Configuration, Environment
from catalog.entities.measurements import Measurement, MetricValue
from catalog.opening import open_catalog
from catalog.storage.summaries.cards import Card
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Form, Provenance, RuntimeName, Scenario, Status
from tests.builders import NOON, make_architecture, make_measurement, store_measurements


def trained(batch_size: int, images_per_s: float = 30.0, **rest: object) -> Measurement:
    return make_measurement(
        "toynet",
        form=Form.TRAINING,
        runtime=RuntimeName.PYTORCH,
        batch_size=batch_size,
        scenario=Scenario.TRAINING,
        values=(
            MetricValue(Metric.TRAIN_MEMORY_MB, 400.0 + 10 * batch_size),
            MetricValue(Metric.TRAIN_THROUGHPUT_IPS, images_per_s, images_per_s - 1, images_per_s + 1, 0.95),
        ),
        **rest,  # type: ignore[arg-type]
    )


def batches(measurements: list[Measurement]) -> list[list[int]]:
    return [[one.configuration.batch_size for one in curve.points] for curve in batch_curves(measurements)]


def test_measurements_that_differ_in_their_batch_alone_make_a_curve_in_its_order() -> None:
    assert batches([trained(16), trained(2), trained(4)]) == [[2, 4, 16]]


def test_one_batch_makes_no_curve() -> None:
    assert batches([trained(4), trained(4, measured_at=NOON - timedelta(days=1))]) == []


def test_the_latest_measurement_of_a_batch_speaks() -> None:
    latest, earlier = trained(4, 31.0), trained(4, 20.0, measured_at=NOON - timedelta(days=1))
    (curve,) = batch_curves([latest, earlier, trained(8)])
    assert curve.points[0] == latest


@pytest.mark.parametrize(
    "other",
    [
        make_measurement("toynet", batch_size=8),
        trained(8, threads=2),
        trained(8, environment=Environment("torch 2.16")),
        trained(8, provenance=Provenance.PUBLISHED),
        trained(8, batch_policy=BatchPolicy.LARGEST_FITTING),
    ],
)
def test_what_differs_otherwise_stays_out_of_the_curve(other: Measurement) -> None:
    assert batches([trained(4), other]) == []


def test_curves_of_inference_come_before_those_of_training() -> None:
    inference = [make_measurement("toynet", batch_size=size) for size in (1, 2, 16)]
    assert batches([trained(4), trained(8), *inference]) == [[1, 2, 16], [4, 8]]


# On the card

CURVE = [
    trained(4, 28.5),
    trained(8, 30.25),
    trained(16, status=Status.FAILED, reason=FailureReason.OUT_OF_MEMORY, detail="no memory"),
]


@pytest.fixture
def with_curve(own_client: TestClient, seeded_url: str) -> TestClient:
    catalog = open_catalog(seeded_url)
    store_measurements(catalog, *CURVE)
    catalog.close()
    return own_client


def test_the_card_holds_the_curve(with_curve: TestClient) -> None:
    card = with_curve.get("/v1/architectures/toynet").json()
    (curve,) = card["batch_curves"]
    assert curve["metrics"] == ["train_throughput_ips", "train_memory_mb"]
    assert [point["batch_size"] for point in curve["points"]] == [4, 8, 16]
    assert [point.get("reason") for point in curve["points"]] == [None, None, "out_of_memory"]
    assert curve["points"][1]["throughput"]["value"] == 30.25
    assert curve["points"][1]["memory"]["value"] == 480.0


def test_the_card_shows_the_curve_as_a_table(with_curve: TestClient) -> None:
    text = with_curve.get("/v1/architectures/toynet", headers={"Accept": "text/markdown"}).text
    table = text.split("## Throughput against batch size")[1].split("##")[0]
    assert "pytorch fp32, 1 thread, training, 224 px" in table
    assert "| 4 | 28.5 images/s (27.5 to 29.5) | 440 MB |" in table
    assert "| 16 | failed: The process ran out of memory. | - |" in table
    page = with_curve.get("/architectures/toynet").text
    assert "Throughput against batch size" in page
    assert "30.2 images/s (29.2 to 31.2)" in re.sub(r"<[^>]*>", "", page)


def test_a_card_without_a_curve_has_no_such_section(client: TestClient) -> None:
    assert "batch size" not in client.get(
        "/v1/architectures/resnet50", headers={"Accept": "text/markdown"}
    ).text  # fmt: skip


def test_the_terminal_shows_the_curve(capsys: pytest.CaptureFixture[str]) -> None:
    card = card_view(CardAnswer(Card(make_architecture("toynet"), (), {}, (), (), tuple(CURVE)), (), {}))
    print_card(card)
    shown = capsys.readouterr().out
    assert re.search(r"^ *4 +28\.5 images/s \(27\.5 to 29\.5\) +440 MB$", shown, re.MULTILINE)
    assert re.search(r"^ *16 +out_of_memory +-$", shown, re.MULTILINE)
    assert {"b8", "train"} <= set(shown.split())


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        (
            Configuration(RuntimeName.PYTORCH, scenario=Scenario.TRAINING),
            "--runtime pytorch --precision fp32 --batch-size 1 --threads 1 --train",
        ),
        (Configuration(RuntimeName.OPENVINO, scenario=Scenario.CONCURRENT, clients=4), "--clients 4"),
    ],
)
def test_the_command_that_measures_again_says_what_is_repeated(
    configuration: Configuration, words: str
) -> None:
    assert words in reproduce_command("toynet", 224, configuration)
