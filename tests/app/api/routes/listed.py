"""Every candidate of a target, as recommendations list them."""

from itertools import product
from typing import Any

from fastapi.testclient import TestClient

from catalog.words.metrics import Metric
from catalog.words.vocabulary import Layout


def candidates(client: TestClient, target: str, **filters: Any) -> list[dict[str, Any]]:
    """Every candidate of a target, as recommendations list them, asked for in parts that a limit holds."""
    found: list[dict[str, Any]] = []
    sizes = ({"max": 200}, {"min": 201, "max": 224}, {"min": 225, "max": 256}, {"min": 257})
    for compiled, layout, size in product((False, True), Layout, sizes):
        run = {"compiled": compiled, "layout": [layout]}
        body = {
            "target": target,
            "collapse": "configuration",
            "limit": 200,
            "configuration": run,
            "input_size": size,
            **filters,
        }
        answer = client.post("/v1/recommendations", json=body).json()
        assert len(answer["recommendations"]) < 200
        found += answer["recommendations"]
    return found


def value(candidate: dict[str, Any], metric: Metric) -> float | None:
    found = candidate["metrics"].get(metric)
    return None if found is None else found["value"]


def top1_of(candidate: dict[str, Any]) -> float:
    return float(candidate["metrics"][Metric.TOP1]["value"])


def key(candidate: dict[str, Any]) -> tuple[Any, ...]:
    return (
        candidate.get("checkpoint"),
        candidate["input_size"],
        str(sorted(candidate["configuration"].items())),
    )
