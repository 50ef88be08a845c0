"""Questions to the recommendations of the seeded catalog."""

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
