"""The pages of architectures, families and targets, as a browser without scripts gets them."""

import re

import pytest
from fastapi.testclient import TestClient

from tests.app.seeds import OTHER, PUBLISHED, local
from tests.app.web.test_pages import Loads


@pytest.mark.parametrize(
    "path",
    [
        "/architectures/resnet50",
        "/architectures/unpublished_net",
        "/families",
        "/families?q=zzzz",
        "/families/resnext",
        "/families/yolo",
        "/targets",
        "/targets/local",
        "/targets/rtx-4090",
        "/families/bogus",
        "/targets/bogus",
    ],
)
def test_a_page_needs_nothing_from_elsewhere_and_no_inline_style(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == (404 if "bogus" in path else 200)
    loads = Loads(page.text)
    assert not loads.tags & {"script", "iframe", "object", "embed", "base", "style"}
    assert not re.search(r"<[^>]*\sstyle=", page.text)
    assert not [one for one in loads.found if "//" in one or not one.startswith(("/", "data:"))]
    assert page.text.count("<h1") == 1


def test_a_card_begins_with_checkpoints_and_says_how_to_use_the_network(client: TestClient) -> None:
    page = client.get("/architectures/resnet50").text
    places = [page.index(f'id="{name}"') for name in ("checkpoints", "speed", "peers", "use", "family")]
    assert places == sorted(places)
    assert "timm.create_model(&#34;resnet50.a1_in1k&#34;, pretrained=True)" in page
    assert "subtract the mean (0.485, 0.456, 0.406)" in page
    assert "https://huggingface.co/timm/resnet50.a1_in1k" in page
    assert "torch.onnx.export(" in page
    assert page.count("<svg") >= 2
    assert 'href="/families/resnet"' in page


def test_the_checkpoint_that_is_asked_for_comes_first_and_is_marked(client: TestClient) -> None:
    page = client.get("/architectures/resnet50.tv_in1k").text
    first = page.index('<td class="name">')
    assert page[first:].startswith('<td class="name">resnet50.tv_in1k</td>')
    assert page.count('class="asked"') == 1
    assert "timm.create_model(&#34;resnet50.tv_in1k&#34;, pretrained=True)" in page


def test_a_card_is_compared_on_the_target_that_is_chosen(client: TestClient) -> None:
    chosen = client.get("/architectures/resnet50", params={"target": "i9-10940x"}).text
    assert "On i9-10940x, resnet50.a1_in1k at 288 px is more accurate than" in chosen
    assert "<option selected>i9-10940x</option>" in chosen
    for unknown in ("bogus", ""):
        assert client.get("/architectures/resnet50", params={"target": unknown}).status_code == 200


def test_families_are_listed_by_year_with_the_lineage_of_all(client: TestClient) -> None:
    page = client.get("/families").text
    assert "From LeNet on" in page
    years = [int(year) for year in re.findall(r"<h3>(\d{4})</h3>", page)]
    assert years == sorted(years, reverse=True)
    assert years[-1] == 1998
    assert len(set(re.findall(r'class="family-link" href="/families/(\w+)"', page))) == 136


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "aggregated residual transformations"}, {"resnext"}),
        ({"kind": "state_space"}, {"efficientvim"}),
        ({"q": "zzzz"}, set()),
    ],
)
def test_families_are_searched_by_words_and_kind(
    client: TestClient, query: dict[str, str], found: set[str]
) -> None:
    page = client.get("/families", params=query).text
    assert set(re.findall(r'class="family-link" href="/families/(\w+)"', page)) == found
    assert f"{len(found)} of 136 families" in page
    assert ("No family matches" in page) == (not found)


def test_a_family_has_a_page_with_its_lineage_and_its_networks(client: TestClient) -> None:
    page = client.get("/families/resnet").text
    for text in ("Strengths", "Drawbacks", "When to choose it", "Lineage", "builds on VGG"):
        assert text in page
    assert 'href="/architectures/resnet50"' in page
    assert 'href="/families/resnext"' in page
    assert "timm has no network of this family" in client.get("/families/yolo").text
    assert "Close matches: resnext" in client.get("/families/resnextt").text


def test_targets_say_how_complete_they_are_and_how_to_add_one(client: TestClient) -> None:
    page = client.get("/targets").text
    for name in ("local", OTHER.id, *PUBLISHED):
        assert f'href="/targets/{name}"' in page
    assert "this machine" in page
    assert "archrank catalog import profile.jsonl" in page


def test_a_target_says_what_is_known_and_what_to_measure_next(client: TestClient) -> None:
    page = client.get("/targets/local").text
    assert f"<code>{local().id}</code>" in page
    assert "What to measure next" in page
    assert "--force --max-blocks 200" in page
    assert "archrank calibrate" in page
    published = client.get("/targets/rtx-4090").text
    assert "undated" in published
    assert "the largest batch that fits" in published
