"""What the page says of an answer: the decision, the chart, and what a person asks next."""

import csv
import gzip
import json
import re
from html import unescape
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.web.assets import address, asset
from tests.app.conftest import client_of


def text_of(page: str) -> str:
    """The text that a person reads, in one line."""
    return " ".join(re.sub(r"<[^>]+>", "", page.replace("<wbr>", "")).split())


def chart_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="chart-data">(.*?)</script>', page)
    assert found is not None
    chart: dict[str, Any] = json.loads(found[1])
    return chart


def test_the_decision_is_what_the_api_recommends_of_those_that_share_the_first_rank(
    client: TestClient,
) -> None:
    question = {"budget": {"latency_ms": {"max": 45}}, "collapse": "checkpoint"}
    answer = client.post("/v1/recommendations", json=question).json()
    first, second = answer["recommendations"][:2]
    assert second["rank"] == first["rank"]
    assert second["reasons"][1].startswith("Recommended of the 2 tied")
    page = text_of(client.get("/?latency_ms=45&collapse=checkpoint").text)
    assert f"Deploy {second['checkpoint']} with ONNX Runtime" in page
    assert f"{second['reasons'][0]} {second['reasons'][1]}" in page
    assert f"{first['checkpoint']} is tied with it" in page
    assert "Risk" in page


def test_the_recommended_one_is_deployed_also_where_its_row_is_not_shown(client: TestClient) -> None:
    question = {"budget": {"latency_ms": {"max": 45}}, "collapse": "checkpoint"}
    both = client.post("/v1/recommendations", json=question).json()
    one = client.post("/v1/recommendations", json=question | {"limit": 1}).json()
    assert "recommended" not in both
    assert one["recommendations"] == both["recommendations"][:1]
    assert one["recommended"] == both["recommendations"][1]


def test_every_architecture_is_a_ball_and_says_what_became_of_it(client: TestClient) -> None:
    chart = chart_of(client.get("/?latency_ms=10").text)
    states = {point["architecture"]: point for point in chart["points"]}
    assert len(states) == len(chart["points"])
    assert states["resnet50"]["state"] == "eliminated"
    assert "Response time misses its bound by" in states["resnet50"]["why"]
    assert states["levit_128s"]["state"] == "ranked"
    assert states["levit_128s"]["why"].startswith("Rank ")
    frontier = [chart["points"][position] for position in chart["frontier"]]
    assert [point["x"][0] for point in frontier] == sorted(point["x"][0] for point in frontier)
    assert [point["y"][0] for point in frontier] == sorted(point["y"][0] for point in frontier)
    assert all(point["state"] == "ranked" for point in frontier)
    assert "on the frontier" not in frontier[0]["why"]
    assert (chart["x"]["maximum"], chart["y"]["minimum"]) == (10, None)


def test_a_page_without_a_budget_speaks_of_none(client: TestClient) -> None:
    page = client.get("/?target=i9-10940x&why=resnet18&limit=2").text
    balls = [point["why"] for point in chart_of(page)["points"]]
    assert "Ranks after the rows shown." in balls
    assert not any("budget" in why for why in balls)
    why = re.search(r'id="why".*?</section>', page, re.DOTALL)
    assert why is not None
    assert "keeps the budget" not in text_of(why[0])
    assert " within the budget" not in text_of(page).partition("Ranking")[2]


def test_a_ball_says_in_what_it_is_within_the_error_of_its_left_neighbour(client: TestClient) -> None:
    chart = chart_of(client.get("/?target=i9-10940x").text)
    frontier = [chart["points"][position] for position in chart["frontier"]]
    said = 0
    for left, point in pairwise(frontier):
        sentence = f"Within the error of {left['name']}, left of it on the frontier, in "
        said += sentence in point["why"]
        assert ("on the frontier" in point["why"]) == (sentence in point["why"])
        if point["y"][0] - left["y"][0] < 0.1:
            assert re.search(rf"{re.escape(sentence)}.*\baccuracy\.", point["why"])
    assert said


def test_any_two_metrics_can_be_the_axes(client: TestClient) -> None:
    chart = chart_of(client.get("/?x=size_mb&y=peak_memory_mb").text)
    assert (chart["x"]["metric"], chart["y"]["metric"]) == ("size_mb", "peak_memory_mb")
    assert chart_of(client.get("/?x=nonsense").text)["x"]["metric"] == "latency_ms"


def test_each_bound_says_how_many_candidates_it_leaves(client: TestClient) -> None:
    answer = client.post(
        "/v1/recommendations", json={"budget": {"latency_ms": {"max": 30}}, "confidence": 0.9}
    ).json()
    left = answer["considered"] - answer["failed"] - answer["eliminated"]["latency_ms"]
    page = client.get("/?latency_ms=30").text
    assert f'data-count="latency_ms">leaves {left} of {answer["considered"]}<' in page


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnet50", "does not keep the budget. Response time misses its bound by"),
        ("levit_128s", "levit_128s.fb_dist_in1k rank "),
        ("gcvit_tiny", "has no number on"),
        ("resnt50", "Close matches: "),
    ],
)
def test_a_favourite_is_looked_up(client: TestClient, name: str, says: str) -> None:
    assert says in text_of(client.get("/", params={"latency_ms": "10", "why": name}).text)


def test_a_favourite_that_a_filter_leaves_out_is_said_to_be(client: TestClient) -> None:
    page = text_of(client.get("/?license=commercial&why=regnetx_002&license_allow=Apache-2.0").text)
    assert "Filters leave it out: license.allow, license.commercial_use." in page


def test_two_candidates_stand_side_by_side_and_the_better_numbers_are_marked(client: TestClient) -> None:
    page = client.get("/?compare=resnet50&compare=levit_128s&compare=nonsense").text
    compared = page[page.index('id="compare"') : page.index('id="table"')]
    assert compared.count('<th scope="col">') == 2
    assert "No candidate of this answer is nonsense." in compared
    row = compared[compared.index("Response time</th>") :]
    assert "6.65 ms</span><span" in row[: row.index("</tr>")]


def test_what_is_wrong_with_a_relaxation_is_put_right_by_its_link(client: TestClient) -> None:
    for asked in (
        {"latency_ms": "1"},
        {"latency_ms": "3", "top1": "99"},
        {"target": "rtx-4090", "runtime": "openvino"},
        {"target": "rtx-4090", "latency_ms": "5"},
    ):
        page = client.get("/", params=asked).text
        assert 'id="nothing-title"' in page, asked
        link = re.search(r'<ul class="steps"><li><a class="button" href="([^"]+)"', page)
        assert link is not None, asked
        assert 'id="decision-title"' in client.get(link[1].replace("&amp;", "&")).text, asked


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/?latency_ms=&license=commercial&runtime=", "/?license=commercial"),
        ("/?latency_ms=&top1=75&runtime=", "/?top1=75&confidence=0.9"),
        ("/?latency_ms=30", "/?latency_ms=30&confidence=0.9"),
    ],
)
def test_an_address_leads_to_the_one_that_says_all_and_nothing_else(
    client: TestClient, address: str, leads_to: str
) -> None:
    response = client.get(address, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, leads_to)
    assert client.get(leads_to, follow_redirects=False).status_code == 200


def _shared(page: str) -> tuple[dict[str, object], str]:
    """The request to the API and the command that a page offers for its question."""
    request, command = (
        re.search(pattern, unescape(page), re.DOTALL)
        for pattern in (r"<code>curl [^<]*-d '(.*?)'</code>", r"<code>(archrank recommend[^<]*)</code>")
    )
    assert request
    assert command
    return json.loads(request[1]), command[1]


@pytest.mark.parametrize(
    ("chosen", "asked"), [("", 0.9), ("&confidence=0.99", 0.99), ("&confidence=any", None)]
)
def test_page_request_and_command_ask_for_the_same_confidence(
    client: TestClient, chosen: str, asked: float | None
) -> None:
    page = client.get(f"/?latency_ms=30{chosen}").text
    request, command = _shared(page)
    assert request.get("confidence") == asked
    assert (f"--confidence {asked:g}" if asked else "latency_ms=30") in command
    assert ("--confidence" in command) == (asked is not None)
    answer = client.post("/v1/recommendations", json=request).json()
    assert answer["recommendations"][0]["checkpoint"] in text_of(page).replace(" .", ".")
    fits = [row["fit_probability"] for row in answer["recommendations"]]
    assert min(fits) >= (asked or 0)


def test_a_budget_that_nothing_keeps_surely_can_be_asked_however_sure(client: TestClient) -> None:
    body = {"budget": {"latency_ms": {"max": 30}}}
    leader = client.post("/v1/recommendations", json=body).json()["recommendations"][0]
    speed = leader["metrics"]["latency_ms"]["value"]
    just_there = f"/?latency_ms={speed * 1.0001:.4f}&top1={leader['metrics']['top1']['value']}"
    page = client.get(just_there).text
    assert "Nothing fits this budget" in page
    link = re.search(r'href="([^"]*confidence=any)">However unsure', unescape(page))
    assert link
    assert "Deploy" in text_of(client.get(link[1]).text)


def test_a_field_that_the_page_lacks_is_named(client: TestClient) -> None:
    assert "This page has no field latency." in text_of(client.get("/?latency=60").text)


def test_the_rows_as_csv_are_those_of_the_api(client: TestClient) -> None:
    response = client.get("/answer.csv?latency_ms=30&limit=3")
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(response.text)))
    body = {"budget": {"latency_ms": {"max": 30}}, "limit": 3, "confidence": 0.9}
    answer = client.post("/v1/recommendations", json=body).json()["recommendations"]
    assert [row["checkpoint"] for row in rows] == [row["checkpoint"] for row in answer]
    assert client.get("/answer.csv?latency_ms=fast").status_code == 422
    assert client.get("/answer.csv?family=vggg").status_code == 422


def test_an_unprofiled_machine_that_cannot_measure_is_told_what_to_install(
    empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.pages.missing_packages", lambda extra: ["onnxruntime"])
    with client_of(empty_sqlite_url) as client:
        page = text_of(client.get("/").text)
    assert "pip install 'archrank[measure]'" in page.replace("&#39;", "'")
    assert "Ranked first: " in page
    assert "You have set no budget" in page


def test_files_are_compressed_and_kept_for_good_under_their_digest(client: TestClient) -> None:
    current = client.get(address("page.js"))
    assert current.headers["content-encoding"] == "gzip"
    assert "immutable" in current.headers["cache-control"]
    assert client.get("/static/000000000000/page.js").headers["cache-control"] == "no-cache"
    assert client.get("/static/000000000000/nonsense.js").status_code == 404
    plain = client.get(address("page.js"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == current.text


def test_a_first_visit_loads_little(client: TestClient) -> None:
    """With the chart, 1.8 MB: plotly.js is 1.47 MB. The API's description is as large as it."""
    names = [
        "style.css",
        "page.css",
        "page.js",
        "chart.js",
        "balls.js",
        "sliders.js",
        "icon.svg",
        "plotly.min.js",
    ]
    files = [found for name in names if (found := asset(name)) is not None]
    assert len(files) == len(names)
    page = gzip.compress(client.get("/?target=rtx-4090").content)
    assert sum(len(one.compressed) for one in files) + len(page) < 1_800_000
    assert len(page) + sum(len(one.compressed) for one in files[:-1]) < 100_000
