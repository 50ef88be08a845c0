"""A catalog that was filled before there was a border holds what nobody measured. No answer dies of it."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from tests.app.conftest import client_of
from tests.app.seeds import local

# What was accepted once: a row of `value`, by its columns.
VALUES = {
    "a level in percent": "level = 95",
    "a level of 1": "level = 1",
    "no latency": "value = 0, low = 0, high = 0",
    "a negative latency": "value = -5, low = -6, high = -4",
    "a tiny latency": "value = 1e-300, low = 1e-301, high = 1e-299",
    "an endless latency": "value = 1e308, low = 1e307, high = 1.7e308",
    "low above high": "low = high + 1, high = low",
    "low at 0": "low = 0",
    "half an interval": "high = NULL",
    "a level without an interval": "low = NULL, high = NULL",
    "no processes": "processes = 0, degrees_of_freedom = NULL",
    "negative processes": "processes = -3, degrees_of_freedom = NULL",
    "one process": "processes = 1, degrees_of_freedom = NULL",
    "no degrees of freedom": "degrees_of_freedom = 0",
}
QUESTIONS: list[dict[str, Any]] = [
    {},
    {"objective": "latency_ms"},
    {"budget": {"latency_ms": {"max": 30}, "top1": {"min": 60}}, "objective": "balanced"},
    {"budget": {"latency_ms": {"max": 30}}, "confidence": 0.9, "objective": "knee"},
    {"budget": {"latency_ms": {"max": 0.001}}, "confidence": 0.9},
    {"budget": {"gmacs": {"max": 5}}, "objective": "top1_per_gmac"},
    {"include": ["training_plan"], "training": {"images": 1000, "memory_mb": 24_000}},
]
Change = Callable[[str], None]


@pytest.fixture
def change(seeded_url: str) -> Change:
    """Runs a statement on the seeded catalog, past its border."""

    def run(statement: str) -> None:
        engine = create_engine(seeded_url)
        with engine.begin() as connection:
            connection.execute(text("PRAGMA ignore_check_constraints = 1"))
            changed = connection.execute(text(statement)).rowcount
            connection.execute(text("UPDATE catalog_state SET revision = revision + 1"))
        engine.dispose()
        assert changed

    return run


def answers(client: TestClient) -> None:
    """Every question has an answer, whatever the catalog holds."""
    for target, question in product(("local", "rtx-4090"), QUESTIONS):
        response = client.post("/v1/recommendations", json={"target": target, **question})
        assert response.status_code == 200, response.text
        response.json()
    for path in ("/v1/frontier?target=local&x=latency_ms&y=top1", "/v1/measurements", "/?target=local"):
        assert client.get(path).status_code == 200
    for name in ("resnet50", "resnet18", "toynet"):
        for accept in ("application/json", "text/markdown"):
            assert client.get(f"/v1/architectures/{name}", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize("absurd", VALUES.values(), ids=VALUES)
def test_an_absurd_number_takes_no_target_down(seeded_url: str, change: Change, absurd: str) -> None:
    change(f"UPDATE value SET {absurd}")
    with client_of(seeded_url) as client:
        answers(client)


def test_an_absurd_value_is_unknown_and_an_absurd_interval_is_none(seeded_url: str, change: Change) -> None:
    change("UPDATE value SET value = 0 WHERE metric = 'latency_ms'")
    change("UPDATE value SET low = 0, high = 1e9, level = 95 WHERE metric = 'peak_memory_mb'")
    with client_of(seeded_url) as client:
        answer = client.post("/v1/recommendations", json={"target": local().id}).json()
    metrics = [candidate["metrics"] for candidate in answer["recommendations"]]
    assert metrics
    assert not any("latency_ms" in of_candidate for of_candidate in metrics)
    assert any("peak_memory_mb" in of_candidate for of_candidate in metrics)
    assert not any("level" in one["peak_memory_mb"] for one in metrics if "peak_memory_mb" in one)


@pytest.mark.parametrize("count", ["0", "-1", "1e308", "NULL"])
def test_absurd_counts_and_accuracies_take_no_target_down(
    seeded_url: str, change: Change, count: str
) -> None:
    change(f"UPDATE workload SET gmacs = {count}, params_m = {count}, activations_m = {count}")
    if count != "NULL":
        change(f"UPDATE accuracy SET top1 = {count}, top5 = {count}")
    with client_of(seeded_url) as client:
        answers(client)


def test_a_measurement_does_not_state_the_accuracy_of_a_checkpoint(seeded_url: str, change: Change) -> None:
    change("UPDATE value SET metric = 'top1', value = 99.9 WHERE metric = 'latency_ms'")
    with client_of(seeded_url) as client:
        answer = client.post("/v1/recommendations", json={"target": local().id}).json()
        stated = [
            one["metrics"]["top1"]["value"] for one in answer["recommendations"] if "top1" in one["metrics"]
        ]
        assert 0 < max(stated) < 90
        answers(client)


# Names


def test_a_name_of_an_older_catalog_commands_neither_a_shell_nor_a_terminal(
    seeded_url: str, change: Change
) -> None:
    evil = "net; $(touch x)\x1b[31m|`a`\u202e\n## b"
    quoted = evil.replace("'", "''")
    change(f"INSERT INTO architecture (name, family) VALUES ('{quoted}', '{quoted}')")
    change(f"UPDATE workload SET architecture = '{quoted}' WHERE architecture = 'toynet'")
    with client_of(seeded_url) as client:
        answers(client)
        everything = {"target": "local", "collapse": "configuration", "limit": 200}
        rows = client.post("/v1/recommendations", json=everything).json()["recommendations"]
        (row,) = (row for row in rows if row["architecture"] == evil)
        card = client.get("/v1/architectures/resnet50", headers={"Accept": "text/markdown"}).text
    assert row["reproduce"].startswith(f"archrank profile '{evil}' --runtime ")
    assert "\n# resnet50\n" in card
