"""Answers are compressed for clients that accept it, and for no others."""

import pytest
from fastapi.testclient import TestClient

PATHS = ["/v1/architectures", "/", "/static/style.css"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("accept", "compressed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("br;q=1, gzip;q=0.0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_an_answer_is_compressed_where_that_is_accepted(
    client: TestClient, path: str, accept: str, compressed: bool
) -> None:
    response = client.get(path, headers={"Accept-Encoding": accept})
    assert response.status_code == 200
    assert (response.headers.get("content-encoding") == "gzip") is compressed
    assert "accept-encoding" in response.headers["vary"].lower()
