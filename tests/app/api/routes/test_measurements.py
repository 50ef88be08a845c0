from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.presentation.cards.measurements import measurement_view
from catalog.entities.measurements import MetricValue, Withdrawal
from catalog.entities.samples import Canary
from catalog.storage.database import Catalog
from catalog.storage.facts.names import architecture_names
from catalog.storage.measurements.withdrawing import withdraw
from catalog.words.metrics import Metric
from tests.app.conftest import client_of
from tests.app.seeds import OTHER, PUBLISHED, local, measurements
from tests.builders import NOON, TARGET_ID, make_measurement, make_sample, store_measurements


def pages(client: TestClient, query: str = "") -> list[list[dict[str, Any]]]:
    following: str | None = f"/v1/measurements?{query}"
    found: list[list[dict[str, Any]]] = []
    while following:
        response = client.get(following)
        assert response.status_code == 200, response.text
        found.append(response.json()["items"])
        following = response.links.get("next", {}).get("url")
    return found


def items(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    return [one for page in pages(client, query) for one in page]


@pytest.mark.parametrize("limit", [1, 5, 200])
def test_pages_hold_every_measurement_once(client: TestClient, limit: int) -> None:
    found = [
        page for target in (local(), OTHER) for page in pages(client, f"target={target.id}&limit={limit}")
    ]
    assert {one["id"] for page in found for one in page} == {one.id for one in measurements()}
    check_pages(pages(client, f"target=local&limit={limit}"), limit)


@pytest.mark.parametrize("limit", [17, 200])
def test_pages_hold_what_was_measured_and_what_was_published(client: TestClient, limit: int) -> None:
    found = pages(client, f"limit={limit}")
    check_pages(found, limit)
    provenances = {one["id"]: one["provenance"] for page in found for one in page}
    assert {id_ for id_, one in provenances.items() if one != "published"} == {
        one.id for one in measurements()
    }
    assert {one["target"] for page in found for one in page} == {local().id, OTHER.id, *PUBLISHED}


def check_pages(found: list[list[dict[str, Any]]], limit: int) -> None:
    """Pages are full but for the last, and nothing comes twice."""
    assert all(len(page) == limit for page in found[:-1])
    assert 0 < len(found[-1]) <= limit
    ids = [one["id"] for page in found for one in page]
    assert len(ids) == len(set(ids))


def test_pages_on_every_database_list_what_arrived_last_first(catalog_url: str, catalog: Catalog) -> None:
    rows = [make_measurement(f"net{number}") for number in range(9)]
    for row in rows:
        store_measurements(catalog, row)
    with client_of(catalog_url) as client:
        listed = [one["id"] for one in items(client, f"target={TARGET_ID}&limit=2")]
    assert listed == [row.id for row in reversed(rows)]


def test_what_was_withdrawn_is_listed_with_its_mark(catalog_url: str, catalog: Catalog) -> None:
    withdrawn, other = make_measurement("net0"), make_measurement("net1")
    store_measurements(catalog, withdrawn, other)
    with catalog.write() as session:
        withdraw(session, withdrawn.id, Withdrawal("the clock was wrong", NOON))
    with client_of(catalog_url) as client:
        listed = {one["id"]: one.get("withdrawn") for one in items(client, f"target={TARGET_ID}")}
    assert listed == {
        withdrawn.id: {"reason": "the clock was wrong", "at": "2026-01-01T12:00:00Z"},
        other.id: None,
    }


def test_pages_on_every_database_hold_each_architecture_once(catalog_url: str, catalog: Catalog) -> None:
    found, following = [], "/v1/architectures?limit=4"
    with client_of(catalog_url) as client:
        while following:
            response = client.get(following)
            found += [one["name"] for one in response.json()["items"]]
            following = response.links.get("next", {}).get("url", "")
    with catalog.read() as session:
        assert sorted(found) == sorted(architecture_names(session))


def test_a_page_that_is_full_and_the_last_links_nowhere(client: TestClient) -> None:
    assert [len(page) for page in pages(client, f"target={OTHER.id}&limit=2")] == [2]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"target={OTHER.id}", {"resnet18", "resnet50"}),
        ("architecture=toynet", {"toynet"}),
        ("architecture=resnet18.a1_in1k", {"resnet18"}),
        ("status=failed", {"convnext_tiny"}),
        (f"runtime=openvino&target={OTHER.id}", set()),
        ("runtime=openvino&architecture=levit_128s", {"levit_128s"}),
        ("runtime=pytorch&target=local", set()),
        ("runtime=pytorch&architecture=resnet18&target=rtx-4090", {"resnet18"}),
        ("runtime=onnxruntime&target=rtx-4090", set()),
    ],
)
def test_filters_let_just_those_pass(client: TestClient, query: str, expected: set[str]) -> None:
    assert {one["architecture"] for one in items(client, query)} == expected


def test_local_is_this_machine(client: TestClient) -> None:
    assert {one["target"] for one in items(client, "target=local")} == {local().id}


def test_a_row_holds_all_that_stands_behind_a_number(client: TestClient) -> None:
    (one,) = items(client, "architecture=toynet")
    assert one["target"] == local().id
    assert one["configuration"]["runtime"] == "onnxruntime"
    assert one["environment"] == {"runtime_version": "1.24.0", "kernel": "6.1.0"}
    assert one["artefact"]["bytes"] == 46_800_000
    assert one["status"] == "ok"
    assert one["protocol"] == "1"
    assert one["source"] == "a test"
    assert one["metrics"]["latency_ms"]["value"] == 55.0
    assert one["metrics"]["size_mb"] == {"value": 46.8, "provenance": "counted", "doubts": []}
    assert "peak_memory_mb" not in one["metrics"]
    assert "samples" not in one


def test_a_failure_says_why_and_what_to_do(client: TestClient) -> None:
    (one,) = items(client, "status=failed")
    assert one["reason"] == "out_of_memory"
    assert one["detail"] == "the runtime said no"
    assert "smaller batch" in one["remedy"]
    assert one["metrics"] == {}


def test_a_published_row_says_what_its_table_states_and_what_it_leaves_open(client: TestClient) -> None:
    rows = items(client, "target=i9-10940x&architecture=resnet18")
    assert rows
    for one in rows:
        assert one["provenance"] == "published"
        assert one["source"].startswith("timm results/benchmark-infer-fp32-nchw-pt")
        assert one["environment"].keys() == {"runtime_version"}
        assert one["configuration"]["compiled"] is True
        assert "threads" not in one["configuration"]  # not stated: never shown as 0
        assert "artefact" not in one
        assert set(one["doubts"]) == {"learnt_interval", "mean_of_calls", "undated"}
        for number in one["metrics"].values():
            assert number["low"] < number["value"] < number["high"]
            assert (number["level"], number["degrees_of_freedom"]) == (0.95, 9.5)
            assert "processes" not in number


def test_a_batch_as_large_as_fits_has_a_throughput_and_no_latency(client: TestClient) -> None:
    rows = [
        one
        for name in ("rtx-3090", "rtx-4090", "rtx-pro-6000-max-q")
        for one in items(client, f"target={name}")
    ]
    assert rows
    for one in rows:
        assert one["configuration"]["batch_policy"] == "largest_fitting"
        throughput = (
            "train_throughput_ips" if one["configuration"]["scenario"] == "training" else "throughput_ips"
        )
        if one["configuration"]["batch_size"] > 1:
            assert one["metrics"].keys() == {throughput}
    assert {one["configuration"]["scenario"] for one in rows} == {"single_stream", "training"}


def test_samples_come_where_they_are_asked_for(client: TestClient) -> None:
    (one,) = items(client, "samples=true&runtime=openvino&architecture=levit_128s")
    quiet, met = (one["metrics"][metric]["value"] for metric in ("latency_ms", "latency_met_ms"))
    walls = [sample["wall_ns"] for sample in one["samples"]]
    assert walls == [[round(latency * 1e6)] * 30 for latency in (quiet, met)]
    assert one["samples"][0]["seconds"] == {"import": 0.125, "load": 0.25, "sample": 0.5}


def test_a_sample_holds_its_blocks_with_the_canary_beside_them(client: TestClient) -> None:
    (one,) = items(client, "samples=true&runtime=openvino&architecture=levit_128s")
    sample = one["samples"][0]
    beat = {"cpus": 1, "product_ns": 1.07e6, "network_ns": 1.07e6, "hand_off_ns": 1.07e6}
    assert sample["quiet_ns"] == 1e6
    assert [block["at_s"] for block in sample["blocks"]] == [0, 2, 4, 6, 8]
    assert sample["blocks"][0] == {
        "at_s": 0, "calls": 6, "before": beat, "after": beat, "foreign_cpus": 0,
        "real_time": False,
    }  # fmt: skip
    assert "canary" not in sample


def test_a_sample_of_an_older_protocol_has_its_canary_and_no_blocks(
    catalog_url: str, catalog: Catalog
) -> None:
    canary = Canary((1_400_000,), (4_000_000,), 1_390_000.0)
    sample = replace(make_sample(), blocks=(), quiet_ns=None, canary=canary)
    store_measurements(catalog, make_measurement("toynet", samples=(sample,)))
    with client_of(catalog_url) as client:
        (one,) = items(client, f"samples=true&target={TARGET_ID}")
    (shown,) = one["samples"]
    assert shown["blocks"] == []
    assert "quiet_ns" not in shown
    assert shown["canary"] == {
        "compute_ns": [1_400_000], "memory_ns": [4_000_000], "quiet_compute_ns": 1_390_000,
    }  # fmt: skip


def test_a_number_says_its_degrees_of_freedom(client: TestClient) -> None:
    (one,) = items(client, "runtime=openvino&architecture=levit_128s")
    assert one["metrics"]["latency_met_ms"]["degrees_of_freedom"] == 11.5
    assert one["metrics"]["latency_met_ms"]["processes"] == 2
    assert "degrees_of_freedom" not in one["metrics"]["slowdown"]


def test_an_interval_says_on_how_many_processes_and_blocks_it_rests(client: TestClient) -> None:
    """In the measurement itself, on its card, and wherever it is a candidate."""
    (raw,) = items(client, "runtime=openvino&architecture=levit_128s")
    card = client.get("/v1/architectures/levit_128s").json()["measurements"]
    body = {"target": "local", "configuration": {"runtime": ["openvino"]}, "collapse": "configuration"}
    recommended = client.post("/v1/recommendations", json=body).json()["recommendations"]
    placed = client.post("/v1/placements", json={"checkpoint": "levit_128s", "targets": ["local"]}).json()
    compared = client.get("/v1/compare?target=local&candidate=levit_128s&candidate=resnet18").json()
    frontier = client.get("/v1/frontier?target=local&x=latency_met_ms&y=params_m").json()["items"]
    shown = [
        *(one for one in card if one["configuration"]["runtime"] == "openvino"),
        *(one for one in recommended if one["architecture"] == "levit_128s"),
        *(one for one in placed["placements"] if one["configuration"]["runtime"] == "openvino"),
        *(one["candidate"] for one in compared["items"] if one["asked"] == "levit_128s"),
        *(one for one in frontier if one["architecture"] == "levit_128s"),
    ]
    assert len(shown) >= 3
    for one in [raw, *shown]:
        met = one["metrics"].get("latency_met_ms")
        if met is not None:
            assert (met["processes"], met["blocks"]) == (2, 10)
        for metric in ("peak_memory_mb", "slowdown"):
            assert "blocks" not in one["metrics"].get(metric, {})
    assert "degrees_of_freedom" not in one["metrics"]["latency_ms"]


@pytest.mark.parametrize(
    ("value", "degrees_of_freedom"),
    [
        (MetricValue(Metric.LATENCY_P90_MS, 12.0, 11.0, 13.0, 0.95, processes=5), 4),
        (MetricValue(Metric.LATENCY_P90_MS, 12.0, processes=5), None),
        (MetricValue(Metric.LATENCY_P90_MS, 12.0, 11.0, 13.0, 0.95, degrees_of_freedom=7.5), 7.5),
    ],
    ids=["of an older protocol", "without an interval", "stored"],
)
def test_where_only_the_processes_are_known_the_degrees_of_freedom_are_one_less(
    value: MetricValue, degrees_of_freedom: float | None
) -> None:
    view = measurement_view(make_measurement("toynet", values=(value,)))
    assert view.metrics[Metric.LATENCY_P90_MS].degrees_of_freedom == degrees_of_freedom


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "~",
        "2026-13-01~x",
        "9999-12-31T23:59:59-14:00~x",
        "0001-01-01T00:00:00%2B14:00~x",
        "%F0%9F%98%80",
    ],
)
def test_a_cursor_that_no_answer_gave_is_refused(client: TestClient, cursor: str) -> None:
    response = client.get(f"/v1/measurements?cursor={cursor}")
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == "cursor"
    assert "Link" in response.json()["detail"]
