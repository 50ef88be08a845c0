"""Frontier and comparison, against what the paged measurements say."""

from itertools import pairwise
from math import log, sqrt
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.words.metrics import Direction, Metric
from tests.app.api.routes.listed import candidates, key, top1_of, value


@pytest.mark.parametrize(
    ("target", "x", "y"),
    [
        ("i9-10940x", Metric.LATENCY_MS, Metric.TOP1),
        ("rtx-4090", Metric.THROUGHPUT_IPS, Metric.TOP1),
        ("rtx-3090", Metric.SIZE_MB, Metric.TOP1_V2),
        ("rtx-4090", Metric.GMACS, Metric.TOP5),
    ],
)
def test_the_frontier_is_what_no_candidate_dominates(
    client: TestClient, target: str, x: Metric, y: Metric
) -> None:
    answer = client.get("/v1/frontier", params={"target": target, "x": x, "y": y}).json()
    everything = candidates(client, target)
    known = [one for one in everything if value(one, x) is not None and value(one, y) is not None]
    assert answer["considered"] == len(everything)
    assert answer["unknown"] == len(everything) - len(known)

    def cost(one: dict[str, Any]) -> tuple[float, ...]:
        pair = ((metric, value(one, metric) or 0.0) for metric in (x, y))
        return tuple(number if metric.direction is Direction.LOWER else -number for metric, number in pair)

    def dominated(one: dict[str, Any]) -> bool:
        mine = cost(one)
        return any(
            all(a <= b for a, b in zip(cost(other), mine, strict=True)) and cost(other) != mine
            for other in known
        )

    best = [one for one in known if not dominated(one)]
    assert sorted(map(key, answer["items"])) == sorted(map(key, best))
    collapsed = client.get(
        "/v1/frontier", params={"target": target, "x": x, "y": y, "collapse": "architecture"}
    ).json()["items"]
    assert sorted(one["architecture"] for one in collapsed) == sorted({one["architecture"] for one in best})
    assert [cost(one)[0] for one in answer["items"]] == sorted(cost(one)[0] for one in answer["items"])
    assert not any(dominated(one) for one in answer["items"])


def is_within_error(metric: Metric, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the 95 % intervals of two published numbers overlap. Of a speed's, a part counts."""
    mine, theirs = one["metrics"][metric], other["metrics"][metric]
    if metric is Metric.TOP1:
        errors = sum(
            sqrt(each["value"] / 100 * (1 - each["value"] / 100) / 50_000) for each in (mine, theirs)
        )
        return bool(abs(mine["value"] - theirs["value"]) <= 1.959964 * 100 * errors)
    errors = sum(0.42 * log(each["high"] / each["low"]) / 2 for each in (mine, theirs))
    return bool(abs(log(mine["value"] / theirs["value"])) <= errors)


def test_the_frontier_says_which_neighbours_are_within_the_error(client: TestClient) -> None:
    query = "target=i9-10940x&collapse=architecture"
    answer = client.get(f"/v1/frontier?{query}").json()
    items = answer["items"]
    expected = [
        [metric for metric in (Metric.LATENCY_MS, Metric.TOP1) if is_within_error(metric, row, before)]
        for before, row in pairwise(items)
    ]
    assert [one["within_error"] for one in items] == [[], *expected]
    count = sum(map(bool, expected))
    assert 0 < count < len(items)
    assert f" {count} of them lie within the error of the one before, in " in answer["explanation"]["text"]


def test_the_frontier_heeds_the_filters(client: TestClient) -> None:
    answer = client.get(
        "/v1/frontier",
        params={"target": "i9-10940x", "commercial_use": True, "input_size": 224, "precision": "fp32"},
    ).json()
    assert answer["items"]
    assert {one["input_size"] for one in answer["items"]} == {224}
    everything = candidates(client, "i9-10940x", license={"commercial_use": True})
    assert answer["considered"] == sum(one["input_size"] == 224 for one in everything)


@pytest.mark.parametrize(
    "asked",
    [
        {"target": "rtx-4090", "x": "throughput_ips", "precision": "fp16"},
        {"target": "rtx-4090", "x": "throughput_ips", "runtime": "openvino", "commercial_use": "true"},
        {"target": "local", "compiled": "true"},
        {"target": "local", "input_size": "97"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/v1/frontier", "/v1/compare"])
def test_what_exists_instead_can_be_asked_for_as_it_is_named(
    client: TestClient, path: str, asked: dict[str, str]
) -> None:
    query: dict[str, Any] = {"candidate": ["resnet18", "resnet50"], **asked}
    if path == "/v1/frontier":
        del query["candidate"]
    else:
        query.pop("x", None)
    answer = client.get(path, params=query).json()
    part = answer["items"][0] if path == "/v1/compare" else answer
    assert part["outcome"] == "filtered_out"
    instead = part["explanation"]["instead"]
    assert instead
    again = client.get(path, params={**query, **{name: values[:1] for name, values in instead.items()}})
    other = again.json()["items"][0] if path == "/v1/compare" else again.json()
    assert other["outcome"] == "fits"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("target=nowhere", "target"),
        ("target=rtx-4090&x=top1&y=top1", "y"),
        ("target=rtx-4090&x=top1", "y"),
        ("target=rtx-4090&x=speed", "x"),
        ("target=rtx-4090&z=1", "z"),
        ("target=rtx-4090&input_size=0", "input_size"),
    ],
)
def test_a_wrong_frontier_is_refused_by_field(client: TestClient, query: str, field: str) -> None:
    response = client.get(f"/v1/frontier?{query}")
    assert response.status_code == 422
    errors = {error["field"]: error["detail"] for error in response.json()["errors"]}
    assert field in errors
    assert "JSON" not in errors[field]


def test_candidates_stand_side_by_side_in_the_order_asked(client: TestClient) -> None:
    names = ["resnet50.a1_in1k", "efficientnet_b0", "resnet18"]
    answer = client.get("/v1/compare", params={"target": "rtx-4090", "candidate": names}).json()
    assert [one["asked"] for one in answer["items"]] == names
    everything = candidates(client, "rtx-4090")
    for side in answer["items"]:
        mine = [one for one in everything if side["asked"] in (one.get("checkpoint"), one["architecture"])]
        best = max((one for one in mine if Metric.TOP1 in one["metrics"]), key=top1_of)
        free = [
            one
            for one in mine
            if one.get("commercial_use")
            and Metric.TOP1 in one["metrics"]
            and is_within_error(Metric.TOP1, one, best)
        ]
        expected = max(free, key=top1_of) if free and not best.get("commercial_use") else best
        assert top1_of(side["candidate"]) == top1_of(expected)
    for metric, best in answer["best"].items():
        sides = {
            one["asked"]: one["candidate"]["metrics"][metric]["value"]
            for one in answer["items"]
            if metric in one["candidate"]["metrics"]
        }
        pick = min if Metric(metric).direction is Direction.LOWER else max
        assert sides[best] == pick(sides.values())


def test_no_name_leads_by_less_than_the_error(client: TestClient) -> None:
    alike, other = ["resnet50.a1_in1k", "resnet50.tv_in1k"], "resnet18"
    query: dict[str, Any] = {"target": "i9-10940x", "input_size": 224}
    pair = client.get("/v1/compare", params=query | {"candidate": alike}).json()
    assert pair["best"]["latency_ms"] in alike
    assert "latency_ms" not in pair["leading"]
    assert "params_m" not in pair["leading"]
    three = client.get("/v1/compare", params=query | {"candidate": [*alike, other]}).json()
    assert three["leading"]["top1"] == ["resnet50.a1_in1k"]
    assert three["leading"]["params_m"] == [other]


def test_what_the_target_has_no_number_of_is_named_without_a_candidate(client: TestClient) -> None:
    answer = client.get(
        "/v1/compare",
        params={"target": "i9-10940x", "precision": "bf16", "candidate": ["resnet50", "resnet18"]},
    ).json()
    text = "No candidate of {} on i9-10940x has precision bf16. Candidates there have precision fp32."
    explanation = {
        "remedy": "Ask for precision fp32.",
        "instead": {"precision": ["fp32"]},
    }
    assert answer["items"] == [
        {
            "asked": name,
            "outcome": "filtered_out",
            "explanation": explanation | {"text": text.format(name)},
        }
        for name in ("resnet50", "resnet18")
    ]
    assert answer["best"] == {}
    compared = client.get(
        "/v1/compare", params={"target": "i9-10940x", "candidate": ["resnet50", "resnet18"]}
    ).json()["items"]
    assert [(one["outcome"], "explanation" in one) for one in compared] == [("fits", False)] * 2


@pytest.mark.parametrize(
    ("query", "outcome", "instead", "words"),
    [
        ("target=rtx-4090", "objective_unknown", {"x": ["throughput_ips"]}, "latency_ms of none of"),
        ("target=rtx-4090&x=throughput_ips&precision=fp16", "filtered_out",
         {"precision": ["amp_fp16"]}, "has precision fp16"),
        ("target=rtx-4090&x=throughput_ips", "fits", {}, "on the frontier of throughput_ips and top1"),
    ],
)  # fmt: skip
def test_a_frontier_says_what_it_came_to(
    client: TestClient, query: str, outcome: str, instead: dict[str, list[str]], words: str
) -> None:
    answer = client.get(f"/v1/frontier?{query}").json()
    assert answer["outcome"] == outcome
    assert bool(answer["items"]) is (outcome == "fits")
    assert answer["explanation"]["instead"] == instead
    assert words in answer["explanation"]["text"]
    if outcome == "fits":
        assert answer["explanation"]["text"].startswith(f"{len(answer['items'])} of {answer['considered']} ")
        assert f" {answer['unknown']} lack one" in answer["explanation"]["text"]


def test_a_frontier_counts_its_candidates_before_they_are_collapsed(client: TestClient) -> None:
    query = {"target": "local", "x": "params_m", "y": "size_mb"}
    whole, collapsed = (
        client.get("/v1/frontier", params={**query, "collapse": collapse}).json()
        for collapse in ("configuration", "architecture")
    )
    assert len(collapsed["items"]) < len(whole["items"])
    counts = [
        answer["explanation"]["text"].partition(": by these numbers")[0] for answer in (whole, collapsed)
    ]
    assert counts[0] == counts[1]
    assert "on the frontier of" in counts[0]


@pytest.mark.parametrize("names", [["resnet50"], [], ["resnet50"] * 6])
def test_fewer_than_two_or_more_than_five_are_refused(client: TestClient, names: list[str]) -> None:
    assert client.get("/v1/compare", params={"candidate": names}).status_code == 422


@pytest.mark.parametrize("name", ["resnt50", "resnet50.nothing", "a\0b"])
def test_an_unknown_candidate_names_close_ones(client: TestClient, name: str) -> None:
    params = {"target": "rtx-4090", "candidate": ["resnet18", name]}
    response = client.get("/v1/compare", params=params)
    assert response.status_code == 422
    if "\0" not in name:
        assert response.json()["errors"][0]["allowed"]


def test_answers_carry_an_etag_and_are_not_sent_again(client: TestClient) -> None:
    for path in (
        "/v1/frontier?target=rtx-4090",
        "/v1/compare?target=rtx-4090&candidate=resnet18&candidate=resnet50",
    ):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
