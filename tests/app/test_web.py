"""The page as a browser without scripts gets it."""

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings


def test_the_page_ranks_what_fits_the_form(client: TestClient) -> None:
    page = client.get("/", params={"latency_ms": "8", "top1": "70"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "most accurate of" in page.text
    assert 'value="8"' in page.text
    assert 'href="/architectures/resnet50"' not in page.text


def test_empty_fields_constrain_nothing(client: TestClient) -> None:
    page = client.get("/", params={"latency_ms": "", "top1": " ", "runtime": "", "objective": ""})
    assert page.status_code == 200
    assert 'href="/architectures/resnet50"' in page.text


def test_a_budget_that_nothing_fits_shows_near_misses_and_relaxations(client: TestClient) -> None:
    page = client.get("/", params={"latency_ms": "1"})
    assert page.status_code == 200
    assert "Nothing fits this budget" in page.text
    assert "off by" in page.text
    assert "would admit" in page.text


@pytest.mark.parametrize(
    "mistake",
    [
        {"latency_ms": "fast"},
        {"latency_ms": "-1"},
        {"latency_ms": "nan"},
        {"top1": "inf"},
        {"target": "bogus"},
        {"objective": "\0"},
        {"runtime": "<script>"},
    ],
)
def test_a_mistake_in_the_form_is_told_on_the_page(client: TestClient, mistake: dict[str, str]) -> None:
    page = client.get("/", params=mistake)
    assert page.status_code == 422
    assert 'class="notice"' in page.text
    assert "<script>" not in page.text


def test_a_card_shows_measurements_and_checkpoints(client: TestClient) -> None:
    page = client.get("/architectures/resnet50")
    assert page.status_code == 200
    assert "resnet50.a1_in1k" in page.text
    assert "apache-2.0" in page.text
    assert " ms" in page.text


def test_an_unknown_card_offers_close_matches(client: TestClient) -> None:
    page = client.get("/architectures/resnt50")
    assert page.status_code == 404
    assert "resnet50" in page.text


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    texts = [client.get(path).text for path in ("/", "/architectures/resnet50", "/static/style.css")]
    assert not any("http://" in text or "https://" in text or "<script" in text for text in texts)


def test_a_catalog_without_targets_says_how_to_profile(empty_sqlite_url: str) -> None:
    page = TestClient(create_app(ServerSettings(catalog_url=empty_sqlite_url))).get("/")
    assert page.status_code == 200
    assert "archrank profile --preset starter" in page.text
