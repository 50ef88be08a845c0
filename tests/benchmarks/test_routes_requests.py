"""The benchmark of the routes asks for nothing that would be refused."""

from urllib.parse import parse_qsl, urlsplit

from catalog.words.metrics import Metric
from tests.benchmarks.routes_requests import Document, Names, requests

_NAMES = Names(
    ["a-target"], [], [], [], [], [], [], [], {Metric.LATENCY_MS: [1.0, 2.0, 3.0], Metric.TOP1: [70.0, 80.0]}
)


def _parameter(name: str, default: str | None = None) -> Document:
    return {"name": name, "in": "query", "schema": {"type": "string", "default": default}}


def test_a_frontier_has_two_metrics_also_where_one_of_them_is_the_default() -> None:
    parameters = [_parameter("x", "latency_ms"), _parameter("y", "top1"), _parameter("cursor")]
    document = {"paths": {"/v1/frontier": {"get": {"parameters": parameters}}}}
    asked = [dict(parse_qsl(urlsplit(one.address).query)) for one in requests(document, _NAMES, 200, 1)]
    assert {"x", "y"} == {name for fields in asked for name in fields}
    assert all(fields.get("x", "latency_ms") != fields.get("y", "top1") for fields in asked)


def test_a_maximum_is_no_less_than_its_minimum() -> None:
    parameters = [_parameter("min_latency_ms"), _parameter("max_latency_ms")]
    document = {"paths": {"/v1/architectures": {"get": {"parameters": parameters}}}}
    asked = [dict(parse_qsl(urlsplit(one.address).query)) for one in requests(document, _NAMES, 200, 1)]
    pairs = [(float(one["min_latency_ms"]), float(one["max_latency_ms"])) for one in asked if len(one) > 1]
    assert pairs
    assert all(least <= most for least, most in pairs)
