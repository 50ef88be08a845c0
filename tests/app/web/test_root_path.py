"""Where a proxy shows the server under a path, every address of every page begins with that path."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings

ROOT = "/tools/archrank"
PATHS = [
    "/",
    "/?latency_ms=30&compare=resnet18&compare=levit_128s&why=resnet50&confidence=any",
    "/?latency_ms=1&confidence=any",
    "/architectures/resnet50",
    "/architectures/nothing",
    "/families",
    "/families?q=nothing",
    "/families/resnet",
    "/targets",
    "/targets/local",
    "/docs",
]
_ADDRESSES = ("href", "src", "action", "data-library", "data-description")


class Addresses(HTMLParser):
    """The addresses of a page that lead to the server itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.own: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.own += [text for name, text in attrs if name in _ADDRESSES and text and text.startswith("/")]


@pytest.fixture(scope="module")
def shown_under_root(seeded_template: Path) -> Iterator[TestClient]:
    settings = ServerSettings(catalog_url=f"sqlite:///{seeded_template}", root_path=ROOT)
    with TestClient(create_app(settings), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_every_address_of_a_page_begins_with_the_path(shown_under_root: TestClient, path: str) -> None:
    page = shown_under_root.get(path)
    own = Addresses(page.text).own
    assert f"{ROOT}/" in own
    assert not [address for address in own if not address.startswith(f"{ROOT}/")]
    assert not [address for address in own if address.count(ROOT) > 1]


def test_the_files_of_a_page_are_where_it_says(shown_under_root: TestClient) -> None:
    page = shown_under_root.get(f"{ROOT}/", headers={"accept": "text/html"})
    files = [address for address in Addresses(page.text).own if "/static/" in address]
    assert len(files) > 3
    for address in files:
        assert shown_under_root.get(address).status_code == 200  # a proxy that leaves the path on
        assert (
            shown_under_root.get(address.removeprefix(ROOT)).status_code == 200
        )  # and one that takes it off


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/?latency_ms=30", f"{ROOT}/?latency_ms=30&confidence=0.9"),
        ("/?latency_ms=", f"{ROOT}/"),
        ("/architectures/vgg", f"{ROOT}/families/vgg"),
    ],
)
def test_a_redirection_stays_below_the_path(shown_under_root: TestClient, path: str, leads_to: str) -> None:
    assert shown_under_root.get(path).headers["location"] == leads_to


def test_the_api_names_itself_below_the_path(shown_under_root: TestClient) -> None:
    assert shown_under_root.get("/v1/").json()["documentation"] == f"{ROOT}/openapi.json"
    assert shown_under_root.get("/openapi.json").json()["servers"] == [{"url": ROOT}]


def test_commands_to_copy_ask_the_api_below_the_path(shown_under_root: TestClient) -> None:
    assert f"{ROOT}/v1/recommendations" in shown_under_root.get("/").text
