"""The question of the page in other forms."""

import json
import shlex

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app.web.form.forms import read_form
from app.web.form.sharing import address_of, as_command, as_curl
from catalog.command import build

ASKED = {
    "target": ["local"],
    "latency_ms": ["60"],
    "top1": ["70,5"],
    "runtime": ["onnxruntime", "openvino"],
    "license": ["commercial"],
    "no_tag": ["transformer"],
    "typical_image": ["640x480"],
    "weights": ["top1=0.6, latency_ms=0.4"],
    "limit": ["3"],
}


def test_the_command_and_the_request_ask_what_the_page_asks(
    client: TestClient, seeded_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", seeded_url)
    fields = read_form(ASKED).fields
    command, left_out = as_command(fields)
    assert left_out == []
    printed = CliRunner().invoke(build(), [*shlex.split(command)[1:], "--json"])
    curl = shlex.split(as_curl("http://testserver/", fields))
    answered = client.post("/v1/recommendations", json=json.loads(curl[-1])).json()
    assert answered["recommendations"]
    assert json.loads(printed.stdout)["recommendations"] == answered["recommendations"]


def test_what_the_command_has_no_option_for_is_named() -> None:
    command, left_out = as_command({"license": {"allow": ["MIT"]}, "input_size": {"min": 192, "max": 288}})
    assert command == "archrank recommend"
    assert left_out == ["license.allow", "input_size"]


def test_an_address_changes_or_drops_a_field_and_keeps_the_others() -> None:
    chosen = {"latency_ms": ["60"], "runtime": ["pytorch", "openvino"]}
    assert address_of(chosen) == "/?latency_ms=60&runtime=pytorch&runtime=openvino"
    assert address_of(chosen, runtime=None, latency_ms="70") == "/?latency_ms=70"
    assert address_of({"top1": ["75"]}, top1=None) == "/"
