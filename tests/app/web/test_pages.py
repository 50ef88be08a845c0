"""The page as a browser without scripts gets it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.web.assets import address
from catalog.reference.tables.reading import ReferenceTables
from tests.app.conftest import client_of
from tests.reference_tables import in_place_of_shipped


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
    assert "misses its bound by" in page.text
    assert "What would help" in page.text
    assert re.search(r'href="/\?latency_ms=[0-9.]+&amp;confidence=0.9">Response time at most', page.text)


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
    (name,) = mistake
    assert f'id="f-{name}-fault" data-fault="f-{name}">' in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'id="decision-title"' in page.text  # the answer without the field
    assert "<script>" not in page.text


def test_a_card_shows_measurements_and_checkpoints(client: TestClient) -> None:
    page = client.get("/architectures/resnet50")
    assert page.status_code == 200
    assert "resnet50.a1_in1k" in page.text
    assert "Apache-2.0" in page.text
    assert " ms" in page.text


def test_an_unknown_card_offers_close_matches(client: TestClient) -> None:
    page = client.get("/architectures/resnt50")
    assert page.status_code == 404
    assert "resnet50" in page.text


class Loads(HTMLParser):
    """What a browser fetches for a page by itself, and where its forms go; links wait for a click."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.inline: list[str] = []  # what the content security policy refuses
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag == "script" and not dict(attrs).get("src") and dict(attrs).get("type") != "application/json":
            self.inline.append("script")
        loading = {"src", "srcset", "data", "poster", "action", "background", "style"}
        self.found += [
            value for name, value in attrs if value and (name in loading or (tag != "a" and name == "href"))
        ]


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/architectures/resnet50", "/architectures/bogus"):
        page = Loads(client.get(path).text)
        assert not page.tags & {"iframe", "object", "embed", "base", "style"}
        assert not page.inline
        assert not [one for one in page.found if "//" in one or not one.startswith(("/", "data:"))]
        styles = [one for one in page.found if one.endswith(".css")]
        assert address("style.css") in styles
        assert not [one for one in styles if client.get(one).status_code != 200]
    style = client.get(address("style.css")).text
    assert not any(word in style for word in ("http", "url(", "@import"))


def test_a_catalog_without_targets_says_how_to_profile(tmp_path: Path, no_reference: ReferenceTables) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    with in_place_of_shipped(no_reference), client_of(url) as client:
        page = client.get("/")
    assert page.status_code == 200
    assert "archrank calibrate" in page.text
    assert "<form" not in page.text


def test_an_unprofiled_machine_gets_published_answers_and_is_told_how_to_profile(
    empty_sqlite_url: str,
) -> None:
    with client_of(empty_sqlite_url) as client:
        page = client.get("/")
    assert page.status_code == 200
    assert "This machine has not been profiled yet" in page.text
    assert "archrank calibrate" in page.text
    assert "from published tables" in page.text
    assert 'href="/architectures/resnet50"' in page.text


def test_a_profiled_machine_is_not_told_to_profile(client: TestClient) -> None:
    page = client.get("/").text
    assert "has not been profiled" not in page
    assert "from published tables" not in page


def test_the_form_asks_for_licences_that_allow_commercial_use(client: TestClient) -> None:
    chosen = {"target": "rtx-4090", "throughput_ips": "1"}
    everything = client.get("/", params=chosen).text
    page = client.get("/", params={**chosen, "license": "commercial"}).text
    assert 'value="commercial" checked' in page
    assert "resnet18.fb_swsl_ig1b_ft_in1k" in everything
    assert "resnet18.fb_swsl_ig1b_ft_in1k" not in page
    assert "resnet18." in page


def test_the_card_of_a_family_leads_to_its_text(client: TestClient) -> None:
    response = client.get("/architectures/YOLO", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/families/yolo")


def test_the_page_says_what_was_not_looked_at(client: TestClient) -> None:
    page = client.get("/", params={"target": "rtx-4090"}).text
    assert "known architectures were considered" in page


def test_nothing_fits_has_a_heading_and_a_remedy_for_each_cause(client: TestClient) -> None:
    unknown = client.get("/", params={"target": "rtx-4090", "latency_ms": "10"}).text
    assert "What the budget bounds is unknown" in unknown
    assert "Bound throughput_ips instead of latency_ms." in unknown
    filtered = client.get("/", params={"target": "rtx-4090", "runtime": "openvino"}).text
    assert "Nothing passes the filters" in filtered
    assert "Ask for runtime pytorch." in filtered
    exceeding = client.get("/", params={"latency_ms": "1"}).text
    assert "Nothing fits this budget" in exceeding
    assert "Allow latency_ms at most" in exceeding


def test_the_form_asks_for_the_size_of_the_images(client: TestClient) -> None:
    page = client.get("/", params={"typical_image": "1024x1024"})
    assert page.status_code == 200
    assert 'value="1024x1024"' in page.text
    assert "shrinks your images" in page.text
    assert "Published top-1 of resnet50.a1_in1k: " in page.text.replace("<wbr>", "")
    refused = client.get("/", params={"typical_image": "large"})
    assert refused.status_code == 422
    assert "is not WIDTHxHEIGHT" in refused.text
