"""Traces of requests: what is sent of them, and that nothing is loaded where nobody asks."""

import gzip
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.api.observability import tracing
from app.api.observability.tracing import Tracing, is_wanted
from app.main import create_app
from app.settings import ServerSettings

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://collector:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", ENDPOINT: "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", ENDPOINT: "http://collector:4318"}, False),
    ],
)
def test_the_standard_variables_say_whether_requests_are_traced(
    variables: Mapping[str, str], wanted: bool
) -> None:
    assert is_wanted(variables) is wanted


def test_a_request_is_a_span_with_its_route_and_without_its_secrets(
    seeded_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = InMemorySpanExporter()
    monkeypatch.setattr(tracing, "_exporter", lambda: sent)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    trace = "0af7651916cd43dd8448eb211c80319c"
    with TestClient(create_app(ServerSettings(catalog_url=f"sqlite:///{seeded_template}"))) as client:
        headers = {
            "traceparent": f"00-{trace}-b7ad6b7169203331-01",
            "Authorization": "Bearer secret-key",
        }
        client.get("/v1/architectures/resnet50?target=secret-query", headers=headers)
        client.get("/healthz")
    # The end of the application sends what was not sent.
    (span,) = sent.get_finished_spans()
    assert span.name == "GET /v1/architectures/{name}"
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == trace
    assert span.resource.attributes["service.name"] == "archrank"
    assert span.attributes is not None
    assert span.attributes["http.route"] == "/v1/architectures/{name}"
    assert "secret" not in span.to_json()


class Collector(BaseHTTPRequestHandler):
    """Takes what OTLP sends over HTTP."""

    taken: list[tuple[str, ExportTraceServiceRequest]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.taken.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, ExportTraceServiceRequest]]]]:
    """The address of a collector, and what it has taken."""
    taken: list[tuple[str, ExportTraceServiceRequest]] = []
    handler = type("Taking", (Collector,), {"taken": taken})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", taken
        server.shutdown()


def test_a_collector_receives_the_spans_when_the_server_ends(
    collector: tuple[str, list[tuple[str, ExportTraceServiceRequest]]],
    seeded_template: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, taken = collector
    monkeypatch.setenv(ENDPOINT, address)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "recommender")
    with TestClient(create_app(ServerSettings(catalog_url=f"sqlite:///{seeded_template}"))) as client:
        client.get("/v1/targets")
    ((path, request),) = taken
    assert path == "/v1/traces"
    (resource,) = request.resource_spans
    names = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert names["service.name"] == "recommender"
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["GET /v1/targets"]


def test_requests_are_answered_where_no_collector_listens(
    seeded_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with TestClient(create_app(ServerSettings(catalog_url=f"sqlite:///{seeded_template}"))) as client:
        assert client.get("/v1/targets").status_code == 200


def test_without_the_extra_it_is_said_and_requests_are_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    Tracing({ENDPOINT: "http://collector:4318"}).close()
    assert "archrank[otel]" in caplog.text


def test_nothing_is_loaded_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    monkeypatch.setattr(tracing, "_provider", loaded.append)
    monkeypatch.delenv(ENDPOINT, raising=False)
    Tracing({}).install(create_app())
    assert loaded == []
