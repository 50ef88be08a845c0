"""Questions to the seeded catalog over its routes."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

Document = dict[str, Any]
Post = Callable[..., Document]

EXAMPLE = {"target": "local", "budget": {"latency_ms": {"max": 60}, "top1": {"min": 70}}, "limit": 5}
EVERY_ROW = {"collapse": "configuration", "limit": 200}


@pytest.fixture
def post(client: TestClient) -> Post:
    """The answer to a question, given by its fields."""

    def ask(**question: Any) -> Document:
        response = client.post("/v1/recommendations", json=question)
        assert response.status_code == 200, response.text
        document: Document = response.json()
        return document

    return ask


def listed(client: TestClient, query: str) -> list[Document]:
    """The items of every page."""
    following: str | None = f"/v1/architectures?{query}"
    items: list[Document] = []
    while following:
        response = client.get(following)
        assert response.status_code == 200
        items += response.json()["items"]
        following = response.links.get("next", {}).get("url")
    return items
