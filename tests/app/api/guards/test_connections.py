"""A served port: slow, half-sent and malformed requests, and the end of the server."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from threading import Thread
from time import monotonic
from typing import Any

import pytest
import uvicorn

from app.api.guards import connections
from app.main import create_app
from app.settings import ServerSettings

Send = Callable[[bytes], bytes]
HALF = (
    b"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 99\r\n\r\n{"
)


@pytest.fixture(scope="module")
def settings(seeded_template: Any) -> ServerSettings:
    url = f"sqlite:///{seeded_template}"
    return ServerSettings(catalog_url=url, header_timeout_s=0.4, body_timeout_s=0.5)


class Running:
    """A server in a thread of this process."""

    def __init__(self, settings: ServerSettings) -> None:
        config = uvicorn.Config(
            create_app(settings),
            port=0,
            http=connections.GuardedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        self.server = uvicorn.Server(config)
        self.thread = Thread(target=lambda: asyncio.run(self.server.serve()), daemon=True)
        self.thread.start()
        while not self.server.started:
            pass
        self.port: int = self.server.servers[0].sockets[0].getsockname()[1]

    def connect(self, content: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(content)
        return connection

    def wait_for_connections(self, count: int) -> None:
        """Wait until so many are open."""
        while len(self.server.server_state.connections) != count:
            pass

    def stop(self) -> float:
        """Stop the server, and return how long it took in seconds."""
        began = monotonic()
        self.server.should_exit = True
        self.thread.join(20)
        return monotonic() - began


@pytest.fixture(scope="module")
def running(settings: ServerSettings) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "_settings", lambda: settings)
        server = Running(settings)
        yield server
        server.stop()


def everything(connection: socket.socket) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    connection.close()
    return received


def test_slow_headers_are_given_up_whatever_drips_in(running: Running) -> None:
    silent = [running.connect() for _ in range(20)]
    begun = running.connect(b"GET / HTTP/1.1\r\nHost: x\r\n")
    began = monotonic()
    for _ in range(3):
        begun.sendall(b"a: b\r\n")
    assert everything(begun).startswith(b"HTTP/1.1 408 ")
    assert all(everything(one).startswith(b"HTTP/1.1 408 ") for one in silent)
    assert monotonic() - began < 5


def test_a_second_request_that_is_slow_is_given_up_too(running: Running) -> None:
    connection = running.connect(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"GET /hea")
    assert b"HTTP/1.1 408 " in everything(connection)


def test_a_body_that_does_not_arrive_is_given_up(running: Running) -> None:
    answer = everything(running.connect(HALF))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


@pytest.mark.parametrize("limit", ["max_connections", "max_address_connections"])
def test_a_connection_too_many_is_told_so_and_the_others_go_on(
    running: Running, settings: ServerSettings, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    few = settings.model_copy(update={limit: 2, "header_timeout_s": 60.0})
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    running.wait_for_connections(0)
    monkeypatch.setattr(connections, "_settings", lambda: few)
    first, second = running.connect(), running.connect()
    running.wait_for_connections(2)
    refused = everything(running.connect(request))
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in refused
    assert b"application/problem+json" in refused
    second.close()
    running.wait_for_connections(1)
    for connection in (first, running.connect()):
        connection.sendall(request)
        assert everything(connection).startswith(b"HTTP/1.1 200 ")


def test_behind_a_proxy_its_address_is_not_limited(
    running: Running, settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = settings.model_copy(update={"max_address_connections": 1, "trusted_proxies": "127.0.0.1"})
    monkeypatch.setattr(connections, "_settings", lambda: few)
    silent = running.connect()
    answer = everything(running.connect(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    silent.close()


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01\x02\x00garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_is_no_request_is_a_problem(running: Running, content: bytes) -> None:
    answer = everything(running.connect(content))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert b"nosniff" in answer


def test_a_server_that_stops_answers_what_it_has_and_waits_for_nothing_else(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = settings.model_copy(update={"header_timeout_s": 60.0, "body_timeout_s": 60.0})
    monkeypatch.setattr(connections, "_settings", lambda: patient)
    monkeypatch.setattr(connections, "_REST_OF_A_BODY_S", 0.1)
    server = Running(patient)
    silent, half = server.connect(b"GET / HT"), server.connect(HALF)
    whole = server.connect(
        b"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )
    while len(server.server.server_state.tasks) < 2:
        pass
    assert server.stop() < 4
    assert everything(whole).startswith(b"HTTP/1.1 200 ")
    assert everything(half).startswith(b"HTTP/1.1 503 ")
    assert everything(silent) == b""
