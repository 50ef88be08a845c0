"""What every request passes, asked from outside."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.negotiation import negotiated
from app.api.observability.logs import request_log
from app.main import create_app
from app.settings import LogForm, ServerSettings

Client = Callable[..., TestClient]


@pytest.fixture(scope="module")
def client_with(seeded_template: Any) -> Iterator[Client]:
    """Makes clients of applications on the seeded catalog, with other settings."""
    opened: list[FastAPI] = []

    def made(**settings: Any) -> TestClient:
        url = f"sqlite:///{seeded_template}"
        opened.append(create_app(ServerSettings(catalog_url=url, **settings)))
        return TestClient(opened[-1], raise_server_exceptions=False)

    yield made
    for app in opened:
        app.state.catalog.close()


@pytest.mark.parametrize(
    "path", ["/families", "/v1/targets", "/v1/bogus", "/healthz", "/metrics", "/openapi.json"]
)
def test_every_answer_has_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy or path != "/"
    assert "'unsafe-eval'" not in policy
    assert "server" not in headers


def test_an_internal_error_has_the_headers_and_the_id_of_its_log_line(
    client_with: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_with()

    def broken() -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("app.api.routes.architectures.families", broken)
    response = client.get("/v1/families", headers={"X-Request-ID": "mine-1"})
    assert response.status_code == 500
    assert response.headers["x-request-id"] == "mine-1"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "mine-1" in response.json()["detail"]
    assert "secret" not in response.text
    assert "a secret" in caplog.text


@pytest.mark.parametrize("sent", ["a b", "x" * 65, "ü", "a\x7f"])
def test_an_id_that_is_no_word_is_replaced(client: TestClient, sent: str) -> None:
    response = client.get("/healthz", headers=[(b"X-Request-ID", sent.encode())])
    assert re.fullmatch("[0-9a-f]{16}", response.headers["x-request-id"])


@pytest.mark.parametrize(
    "path", ["/families", "/v1/targets", "/v1/architectures/resnet50", "/v1/bogus", "/openapi.json"]
)
def test_head_answers_as_get_without_the_body(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/v1/measurements?limit=1", "/v1/targets/", "/architectures/vgg", "/"])
def test_no_answer_repeats_the_host_that_the_client_names(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert "evil.example" not in response.text + str(response.headers)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("a.example", 200), ("A.example:8000", 200), ("x.b.example", 200), ("[::1]:8000", 200),
        ("b.example", 400), ("a.example.evil", 400), ("evil-a.example", 400), ("", 400),
    ],
)  # fmt: skip
def test_only_trusted_hosts_are_answered_for(client_with: Client, host: str, status: int) -> None:
    client = client_with(trusted_hosts="a.example, *.b.example, [::1]")
    assert client.get("/v1/targets", headers={"Host": host}).status_code == status
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_requests_of_an_address_are_limited_and_probes_are_not(client_with: Client) -> None:
    client = client_with(rate_limit="3/day")
    answers = [client.get("/v1/families") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert {client.get("/healthz").status_code for _ in range(4)} == {200}


def test_no_other_origin_reads_answers_unless_it_is_named(client: TestClient, client_with: Client) -> None:
    origin = {"Origin": "https://a.example"}
    assert "access-control-allow-origin" not in client.get("/v1/targets", headers=origin).headers
    allowing = client_with(cors_origins="https://a.example")
    assert (
        allowing.get("/v1/targets", headers=origin).headers["access-control-allow-origin"] == origin["Origin"]
    )
    other = allowing.get("/v1/targets", headers={"Origin": "https://b.example"})
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("path", ["/v1/measurements", "/archrank/v1/measurements"])
def test_links_lead_back_through_a_proxy_that_shows_the_server_under_a_path(
    client_with: Client, path: str
) -> None:
    """Whether or not the proxy takes the prefix off."""
    client = client_with(root_path="/archrank")
    link = client.get(path, params={"limit": 1}).links["next"]["url"]
    assert link.startswith("/archrank/v1/measurements?")


def test_what_takes_too_long_is_answered_so(client_with: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with(request_timeout_s=0.05)

    def slow() -> None:
        time.sleep(1)  # a thread cannot be ended: its answer is too late
        raise RuntimeError("too late")

    monkeypatch.setattr("app.api.routes.architectures.families", slow)
    response = client.get("/v1/families")
    assert response.status_code == 503
    assert "too long" in response.json()["detail"]


def test_the_log_has_a_line_for_each_request_and_no_secret(
    client_with: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_with(log=LogForm.JSON)
    client.get(
        "/v1/targets?token=secret-query",
        headers={"Authorization": "Bearer secret-key", "Cookie": "secret-cookie", "X-Request-ID": "mine"},
    )
    err = capsys.readouterr().err
    (line,) = err.splitlines()
    logged = json.loads(line)
    assert (logged["request"], logged["method"], logged["path"], logged["status"]) == (
        "mine", "GET", "/v1/targets", 422,
    )  # fmt: skip
    assert logged["ms"] > 0
    assert "secret" not in err


def test_a_line_of_the_log_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = request_log(LogForm.TEXT)
    assert log is not None
    log({"path": "/a\n2026 forged \x1b[31m", "key": None})
    assert capsys.readouterr().err.count("\n") == 1
    assert request_log(LogForm.OFF) is None


def test_metrics_count_requests_by_route_and_say_what_the_catalog_holds(client_with: Client) -> None:
    client = client_with()
    client.get("/v1/architectures/resnet50")
    client.get("/v1/architectures/bogus")
    client.get("/no/such/route")
    text = client.get("/metrics").text
    route = 'route="/v1/architectures/{name}"'
    assert f'archrank_requests_total{{method="GET",{route},status="200"}} 1.0' in text
    assert f'archrank_requests_total{{method="GET",{route},status="404"}} 1.0' in text
    assert 'route="none",status="404"' in text
    assert f'archrank_request_seconds_count{{method="GET",{route}}} 2.0' in text
    assert "archrank_catalog_up 1.0" in text
    assert 'archrank_measurements{target="rtx-4090"}' in text


def test_metrics_say_that_the_catalog_cannot_be_read() -> None:
    app = create_app(ServerSettings(catalog_url="postgresql://someone:secret@127.0.0.1:1/nowhere"))
    text = TestClient(app).get("/metrics").text
    assert "archrank_catalog_up 0.0" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "json"), ("*/*", "json"), ("text/html,*/*;q=0.8", "json"), ("image/png", "json"),
        ("md", "md"), ("md;q=0", "json"), ("md;q=0.0, */*", "json"), ("json;q=0", "md"),
        ("md;q=0.1, json;q=0.2", "json"), ("json;q=0.1, md;Q=0.2", "md"), ("*/*;q=0", None),
        ("md;q=0, json;q=0", None), ("md;q=nan", "md"), ("md;q=", "md"), (", ,", "json"),
    ],
)  # fmt: skip
def test_a_representation_is_the_one_that_is_preferred(accept: str, chosen: str | None) -> None:
    assert negotiated(accept, ("json", "md")) == chosen


def test_a_card_is_what_is_accepted(client: TestClient) -> None:
    path = "/v1/architectures/resnet50"
    assert client.get(path, headers={"Accept": "text/markdown;q=0"}).json()["name"] == "resnet50"
    assert (
        client.get(path, headers={"Accept": "application/json;q=0"})
        .headers["content-type"]
        .startswith("text/markdown")
    )
    assert client.get(path, headers={"Accept": "*/*;q=0"}).status_code == 406
