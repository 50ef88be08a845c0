"""Asking where the system is not Linux.

What macOS or Windows lacks is removed. Nothing was run on macOS or Windows.
"""

import os
import sys
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings
from catalog import host
from catalog.command import main

# What macOS or Windows lacks of the module `os`.
LACKING = ("sched_getaffinity", "sched_setaffinity", "uname", "sysconf", "getloadavg", "fchmod", "getuid")
# Modules that Windows lacks.
MODULES = ("fcntl", "resource", "pwd", "termios")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in LACKING:
        monkeypatch.delattr(os, name)
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(host, "text_of", lambda path: "")
    host.local_target.cache_clear()
    yield
    host.local_target.cache_clear()


@pytest.fixture
def client(seeded_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(ServerSettings(catalog_url=seeded_url))) as opened:
        yield opened


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/readyz",
        "/v1/targets",
        "/v1/targets/rtx-4090",
        "/v1/architectures",
        "/v1/architectures/resnet50",
        "/v1/measurements?target=rtx-4090",
        "/v1/compare?target=rtx-4090&candidate=resnet18&candidate=resnet50",
    ],
)
def test_the_api_and_the_page_answer(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 200


def test_the_api_recommends(client: TestClient) -> None:
    answer = client.post("/v1/recommendations", json={"target": "rtx-4090"})
    assert answer.status_code == 200
    assert answer.json()["recommendations"]


def test_this_machine_is_a_target_that_nothing_was_measured_on(client: TestClient) -> None:
    assert client.post("/v1/recommendations", json={"target": "local"}).status_code == 422
    assert "local" not in [target.get("alias") for target in client.get("/v1/targets").json()["items"]]


@pytest.mark.parametrize(
    "arguments", [["recommend", "--target", "rtx-4090"], ["card", "resnet50"], ["targets"]]
)
def test_the_terminal_answers(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seeded_url: str,
    arguments: list[str],
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", seeded_url)
    monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {0, None}
    assert "rtx-4090" in capsys.readouterr().out
