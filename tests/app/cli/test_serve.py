"""`archrank serve` as a process: what it prints, and when."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

_COMMAND = (sys.executable, "-c", "from catalog.command import main; main()")
_PATIENCE_S = 60


@pytest.fixture(scope="module")
def environment(seeded_template: Path) -> dict[str, str]:
    return {**os.environ, "ARCHRANK_LOG": "text", "ARCHRANK_CATALOG_URL": f"sqlite:///{seeded_template}"}


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture(scope="module")
def server(environment: dict[str, str], port: int) -> Iterator["subprocess.Popen[str]"]:
    command = (*_COMMAND, "serve", "--port", str(port), "--workers", "1")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        yield process
        process.terminate()


def line_of(stream: object) -> str:
    """The next line that a process prints, within a minute."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(stream, selectors.EVENT_READ)  # type: ignore[arg-type]
        assert waiting.select(_PATIENCE_S)
    return str(stream.readline())  # type: ignore[attr-defined]


def test_the_address_is_printed_once_the_server_answers_and_requests_are_logged(
    server: "subprocess.Popen[str]", environment: dict[str, str], port: int
) -> None:
    address = f"http://127.0.0.1:{port}"
    assert line_of(server.stdout) == f"The page is {address}/ and the API {address}/v1/. Stop with Ctrl-C.\n"
    with urllib.request.urlopen(f"{address}/v1/", timeout=_PATIENCE_S) as answer:
        offered = json.load(answer)
    assert {
        "method": "GET",
        "path": "/v1/targets",
        "summary": "List the targets that the catalog has numbers for.",
    } in (offered["operations"])
    logged = line_of(server.stderr)
    assert "method=GET path=/v1/ status=200" in logged
    second = subprocess.run(
        (*_COMMAND, "serve", "--port", str(port)),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (second.returncode, second.stdout) == (2, "")
    assert f"Cannot serve on 127.0.0.1:{port}." in second.stderr


def test_an_interrupt_from_the_terminal_is_no_failure(environment: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (*_COMMAND, "serve", "--port", str(port), "--workers", "1")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        line_of(process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(_PATIENCE_S) == 0
