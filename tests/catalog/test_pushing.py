"""Pushing to a server that is restarted, refuses, or is none."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from catalog.errors import PushFailed
from catalog.pushing import Clock, Pushed, Server, push
from catalog.storage.database import Catalog
from catalog.words.vocabulary import Provenance
from tests.builders import TARGET_ID, make_measurement, store_measurements

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Heard:
    """What a server was sent, and what it answers in turn: the last answer again and again."""

    answers: list[Callable[[bytes], Answer]]
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def server(*answers: Callable[[bytes], Answer]) -> Iterator[tuple[str, Heard]]:
    heard = Heard(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.bodies.append(body)
            heard.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = heard.answers.pop(0) if len(heard.answers) > 1 else heard.answers[0]
            status, headers, content = answer(body)
            if status == 0:  # killed: the connection ends without an answer
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}", heard
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def taken(body: bytes) -> Answer:
    count = body.count(b'{"record":"measurement"')
    return 200, {}, json.dumps({"measurements": count, "new": count}).encode()


def refusing(status: int, **headers: str) -> Callable[[bytes], Answer]:
    document = json.dumps({"detail": "because \x1b[31m"}).encode()
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, document)


class FakeClock:
    """Time passes by sleeping alone."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(lambda: sum(self.slept), self.slept.append)


@pytest.fixture
def filled(sqlite_catalog: Catalog) -> Catalog:
    store_measurements(
        sqlite_catalog,
        make_measurement("resnet18", 5.0),
        make_measurement("resnet50", 9.0),
        make_measurement("resnet50", 9.0, provenance=Provenance.PUBLISHED, batch_size=2),
    )
    return sqlite_catalog


def pushed(
    catalog: Catalog, url: str, time: FakeClock, patience_s: float = 600, key: str | None = "k"
) -> Pushed:
    with catalog.read() as session:
        return push(session, TARGET_ID, Server(url, key, patience_s, time.clock))


def test_what_was_measured_is_sent_with_what_it_needs_and_with_the_key(filled: Catalog) -> None:
    with server(taken) as (url, heard):
        assert pushed(filled, url, FakeClock()) == Pushed(measurements=2, new=2)
    records = [json.loads(line) for line in heard.bodies[0].splitlines()]
    kinds = [record.get("record", "header") for record in records]
    assert kinds.count("measurement") == 2
    assert {"architecture", "workload", "target", "end"} <= set(kinds)
    assert heard.headers[0]["authorization"] == "Bearer k"
    assert heard.headers[0]["content-type"] == "application/x-ndjson"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 0])
def test_a_server_that_is_restarted_is_asked_again(filled: Catalog, status: int) -> None:
    time = FakeClock()
    with server(refusing(status), refusing(status), taken) as (url, heard):
        assert pushed(filled, url, time).new == 2
    assert len(heard.bodies) == 3
    assert heard.bodies[0] == heard.bodies[2]
    assert 1 < sum(time.slept) < 5


def test_it_waits_as_long_as_the_server_asks(filled: Catalog) -> None:
    time = FakeClock()
    with server(refusing(429, Retry_After="42"), taken) as (url, _):
        pushed(filled, url, time)
    assert time.slept == [42]


def test_its_patience_ends(filled: Catalog) -> None:
    time = FakeClock()
    with pytest.raises(PushFailed, match="cannot be reached"):
        pushed(filled, "http://127.0.0.1:1", time, patience_s=100)
    assert 50 < sum(time.slept) <= 100


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_repeated_and_is_told(filled: Catalog, status: int) -> None:
    with server(refusing(status)) as (url, heard), pytest.raises(PushFailed) as caught:
        pushed(filled, url, FakeClock())
    assert len(heard.bodies) == 1
    assert r"because \x1b[31m" in caught.value.message
    assert ("ARCHRANK_KEY" in (caught.value.remedy or "")) is (status in (401, 403))


def test_the_key_follows_no_redirect(filled: Catalog) -> None:
    with server(taken) as (other, heard_there), server(refusing(307, Location=other)) as (url, _):
        with pytest.raises(PushFailed, match="307"):
            pushed(filled, url, FakeClock())
        assert heard_there.bodies == []


def test_a_batch_that_is_too_large_is_sent_in_parts(filled: Catalog) -> None:
    def small(body: bytes) -> Answer:
        return taken(body) if body.count(b'{"record":"measurement"') == 1 else refusing(413)(body)

    with server(small) as (url, heard):
        assert pushed(filled, url, FakeClock()) == Pushed(measurements=2, new=2)
    assert len(heard.bodies) == 3


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: (200, {}, b"<html>"),
        lambda _: (200, {}, b"[]"),
        lambda _: (200, {}, b'{"measurements": 1, "new": 1}'),
    ],
)
def test_what_does_not_confirm_all_is_no_archrank(filled: Catalog, answer: Callable[[bytes], Answer]) -> None:
    with server(answer) as (url, _), pytest.raises(PushFailed, match="did not confirm"):
        pushed(filled, url, FakeClock())


@pytest.mark.parametrize(
    "url", ["ftp://host", "file:///etc/passwd", "host:8000", "", "http://", "http://h/?a"]
)
def test_an_address_is_one_of_the_web(filled: Catalog, url: str) -> None:
    with pytest.raises(PushFailed, match="no address"):
        pushed(filled, url, FakeClock())


def test_a_malformed_key_is_not_shown(filled: Catalog) -> None:
    with pytest.raises(PushFailed) as caught:
        pushed(filled, "http://127.0.0.1:1", FakeClock(), key="secret\nX-Evil: 1")
    assert "secret" not in f"{caught.value.message} {caught.value.remedy}"
