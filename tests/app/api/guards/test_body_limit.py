from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings

JSON = {"Content-Type": "application/json"}
LARGE = b'{"target": "' + b"x" * 5_000_000 + b'"}'


def in_chunks(content: bytes) -> Iterator[bytes]:
    """Sent without a declared length."""
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


@pytest.fixture(params=["declared", "chunked"])
def content(request: pytest.FixtureRequest) -> bytes | Iterator[bytes]:
    return LARGE if request.param == "declared" else in_chunks(LARGE)


def test_a_large_body_is_refused_whether_its_length_is_declared_or_not(
    client: TestClient, content: bytes | Iterator[bytes]
) -> None:
    response = client.post("/v1/recommendations", content=content, headers=JSON)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["connection"] == "close"
    document = response.json()
    assert [error["field"] for error in document["errors"]] == ["body"]
    assert "1048576" in document["detail"]


def test_a_large_body_is_not_read_to_its_end(client: TestClient) -> None:
    sent = 0

    def counted() -> Iterator[bytes]:
        nonlocal sent
        for chunk in in_chunks(LARGE):
            sent += len(chunk)
            yield chunk

    assert client.post("/v1/recommendations", content=counted(), headers=JSON).status_code == 413


def test_a_body_in_chunks_is_read_whole(client: TestClient) -> None:
    content = iter([b'{"limit"', b": 1", b"}"])
    response = client.post("/v1/recommendations", content=content, headers=JSON)
    assert response.status_code == 200
    assert len(response.json()["recommendations"]) == 1


def test_the_limit_is_a_setting(seeded_url: str) -> None:
    settings = ServerSettings(catalog_url=seeded_url, max_body_bytes=20)
    bodies = [b"{" + b" " * (length - 2) + b"}" for length in (19, 20, 21)]
    with TestClient(create_app(settings)) as client:
        answers = [client.post("/v1/recommendations", content=body, headers=JSON) for body in bodies]
    assert [answer.status_code for answer in answers] == [200, 200, 413]
