"""An estimated candidate is told apart from a measured one wherever it is shown."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.command import main
from catalog.entities.configurations import Configuration
from catalog.entities.estimates import Estimate
from catalog.opening import open_catalog
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName
from tests.app.conftest import client_of
from tests.app.seeds import local
from tests.builders import make_workload
from tests.estimate_builders import make_basis, store_estimates
from tests.fakes.terminal import TERMINAL

OPENVINO = Configuration(RuntimeName.OPENVINO, threads=2)
REFUSAL = "It has an operator that was never measured."
BUDGET = {"latency_ms": {"max": 60}, "top1": {"min": 78}}


def estimate(
    name: str, size: int, metric: Metric, value: float | None, reason: str | None = None
) -> Estimate:
    low, high, level = (None, None, None) if value is None else (0.9 * value, 1.1 * value, 0.9)
    workload = make_workload(name, input_size=size)
    return Estimate(workload, OPENVINO, metric, value, low, high, level, reason)


@pytest.fixture
def estimated_url(seeded_url: str) -> str:
    """The seeded catalog, with estimates of a network that was not measured and of one that was."""
    with open_catalog(seeded_url) as catalog:
        store_estimates(
            catalog,
            estimate("efficientnet_b1", 256, Metric.LATENCY_MS, 20.0),
            estimate("efficientnet_b1", 256, Metric.PEAK_MEMORY_MB, 150.0),
            estimate("convnext_tiny", 224, Metric.LATENCY_MS, 1.0),
            estimate("gcvit_tiny", 224, Metric.LATENCY_MS, None, REFUSAL),
            basis=make_basis(target=local()),
        )
    return seeded_url


@pytest.fixture
def client(estimated_url: str) -> Iterator[TestClient]:
    with client_of(estimated_url) as served:
        yield served


def ask(client: TestClient, **question: Any) -> dict[str, Any]:
    response = client.post("/v1/recommendations", json={"target": "local", "budget": BUDGET, **question})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def by_name(answer: dict[str, Any]) -> dict[str, Any]:
    return {one["architecture"]: one for one in answer["recommendations"]}


def test_the_api_names_the_provenance_of_an_estimate_and_its_interval(client: TestClient) -> None:
    latency = by_name(ask(client))["efficientnet_b1"]["metrics"]["latency_ms"]
    assert latency == {
        "value": 20.0,
        "low": pytest.approx(18.0),
        "high": pytest.approx(22.0),
        "level": 0.9,
        "degrees_of_freedom": 3.0,
        "provenance": "estimated",
        "doubts": [],
        "measured_at": "2026-01-01T12:00:00Z",
    }


def test_a_measured_row_wins_over_an_estimated_one(client: TestClient) -> None:
    latency = by_name(ask(client))["convnext_tiny"]["metrics"]["latency_ms"]
    assert latency["provenance"] == "measured"
    assert latency["value"] != 1.0


def test_an_estimated_recommendation_says_so_and_how_to_measure_it(client: TestClient) -> None:
    one = by_name(ask(client))["efficientnet_b1"]
    assert "Estimated, not measured: latency_ms." in one["reasons"]
    assert one["reproduce"].startswith("archrank profile efficientnet_b1 --runtime openvino")
    assert "--force" not in one["reproduce"]


@pytest.mark.parametrize(("evidence", "shown"), [(["measured"], False), (["estimated"], True)])
def test_evidence_excludes_and_includes_estimates(
    client: TestClient, evidence: list[str], shown: bool
) -> None:
    assert ("efficientnet_b1" in by_name(ask(client, evidence=evidence))) is shown


def test_a_refused_network_is_unknown_and_not_recommended(client: TestClient) -> None:
    answer = ask(client, budget={"latency_ms": {"max": 1000}}, limit=200)
    assert "gcvit_tiny" not in by_name(answer)
    assert answer["unknown"]["latency_ms"] >= 1


def test_what_is_worth_measuring_is_named_with_its_command(client: TestClient) -> None:
    assert "verification" not in ask(client)
    found = ask(client, verify=True)["verification"]
    assert found["top"] == 3
    assert found["verified"] is False
    assert [one["architecture"] for one in found["measure"]] == ["efficientnet_b1"]
    assert found["measure"][0]["command"].startswith("archrank profile efficientnet_b1 ")


def test_a_target_says_what_its_estimates_stand_on(client: TestClient) -> None:
    found = client.get("/v1/targets/local").json()["estimates"]
    assert found["estimator"] == "a test 1"
    assert found["accuracies"][0]["median_error"] == 0.03
    assert "estimates" not in client.get("/v1/targets/rtx-4090").json()


def test_a_card_lists_the_estimates_of_cases_that_were_not_measured(client: TestClient) -> None:
    (one,) = client.get("/v1/architectures/efficientnet_b1").json()["estimates"]
    assert one["target"] == local().id
    assert (one["metrics"]["latency_ms"]["value"], one["metrics"]["peak_memory_mb"]["value"]) == (20.0, 150)
    (refused,) = client.get("/v1/architectures/gcvit_tiny").json()["estimates"]
    assert refused["refused"] == {"latency_ms": REFUSAL}
    assert client.get("/v1/architectures/convnext_tiny").json()["estimates"] == []


def test_cards_for_people_show_estimates_and_refusals(client: TestClient) -> None:
    page = client.get("/architectures/efficientnet_b1").text
    assert '<span class="chip warn">estimated</span>' in page
    assert "20.00 ms (18.00 to 22.00)" in page
    assert REFUSAL in client.get("/architectures/gcvit_tiny").text
    text = client.get("/v1/architectures/efficientnet_b1", headers={"accept": "text/markdown"}).text
    assert "| estimated, " in text
    assert "20.00 ms (18.00 to 22.00)" in text
    assert '<span class="chip warn">estimated</span>' not in client.get("/architectures/convnext_tiny").text


def test_the_page_marks_an_estimate(client: TestClient) -> None:
    page = client.get("/", params={"latency_ms": "60", "top1": "78"}).text
    assert ">estimated</span>" in page
    card = client.get("/architectures/efficientnet_b1").text
    assert "archrank profile efficientnet_b1 --runtime openvino" in card


def test_the_terminal_marks_an_estimate_and_says_what_the_sign_means(
    estimated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = terminal(
        estimated_url, monkeypatch, capsys, "recommend", "--max", "latency_ms=60", "--min", "top1=78"
    )
    assert "~20.00" in out
    assert "~150" in out
    assert "~ Estimated from measurements of other networks" in out
    measured = terminal(
        estimated_url, monkeypatch, capsys, "recommend", "--max", "latency_ms=60", "--min", "top1=84"
    )
    assert "~" not in measured


def test_a_card_on_the_terminal_shows_estimates(
    estimated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = terminal(estimated_url, monkeypatch, capsys, "card", "efficientnet_b1")
    assert "~20.00 ms" in card
    assert "~ Estimated from measurements of other networks" in card
    assert f"Not estimated: {REFUSAL}" in terminal(estimated_url, monkeypatch, capsys, "card", "gcvit_tiny")


def terminal(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> str:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", url)
    for name, value in TERMINAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
    with pytest.raises(SystemExit):
        main()
    return capsys.readouterr().out
