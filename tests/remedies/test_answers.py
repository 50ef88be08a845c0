"""The commands of an answer are run: they repeat a number, or settle what was not looked at."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.presentation.commands.campaigns import campaign_minutes
from catalog.host import LOCAL, local_target
from catalog.opening import open_catalog
from catalog.storage.facts.facts import save_architectures
from profiler.campaign.duration import expected_s
from profiler.presets import STARTER
from profiler.protocol.plan import SamplingPlan
from tests.builders import make_architecture, make_measurement, store_measurements
from tests.conftest import Databases
from tests.reference_tables import WHOLE, in_place_of_shipped
from tests.remedies.host import FakeHost, host_at


@pytest.mark.parametrize("cases", [1, 2, 5, 10, 11, 28])
def test_the_minutes_are_those_that_the_profiler_expects(cases: int) -> None:
    seconds = expected_s(cases, SamplingPlan(), float("inf"))
    assert campaign_minutes([10.0] * cases) - 1 < seconds / 60 <= campaign_minutes([10.0] * cases)
    assert campaign_minutes([]) == 0
    assert campaign_minutes([30_000.0]) > 30


def test_a_number_is_measured_again_by_the_command_that_reproduces_it(host: FakeHost) -> None:
    host.done("archrank profile resnet18")
    first = host.ask(target=LOCAL)["recommendations"][0]
    host.done(first["reproduce"])
    newest = host.measurements()[0]
    assert newest.workload.architecture == first["architecture"]
    assert newest.configuration.runtime == first["configuration"]["runtime"]
    assert len(host.measurements()) == 3


def test_a_machine_that_was_not_profiled_is_profiled_by_the_command_of_its_error(host: FakeHost) -> None:
    refused = host.run("archrank recommend")
    assert refused.exception is not None
    remedy = getattr(refused.exception, "remedy", "")
    assert "`archrank calibrate`" in remedy
    host.done("archrank calibrate")
    assert {one.workload.architecture for one in host.measurements()} == set(STARTER)
    assert local_target().id in host.done("archrank targets")


def test_a_target_without_candidates_is_measured_by_the_command_of_the_outcome(host: FakeHost) -> None:
    with open_catalog(host.url) as catalog:
        store_measurements(catalog, make_measurement("toynet", target=local_target()))
        with catalog.write() as session:
            save_architectures(session, [make_architecture(tags=("test-network",))])
    explanation = host.ask(target=LOCAL)["explanation"]
    assert explanation["text"] == f"The catalog holds no candidate on {local_target().id}."
    host.done(explanation["command"])
    assert host.ask(target=LOCAL)["outcome"] == "fits"


def test_what_was_not_looked_at_is_settled_by_the_commands(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_place_of_shipped(WHOLE):
        host = host_at(databases.empty("sqlite"), tmp_path, monkeypatch)
        host.done(f"archrank profile {' '.join(STARTER)}")
        question = {"target": LOCAL, "budget": {"latency_ms": {"max": 15.0}}}
        rest = host.ask(**question)["not_considered"]
        assert rest["promising"]
        assert rest["minutes"] == campaign_minutes([10.0] * len(rest["promising"]))
        for command in rest["commands"]:
            host.done(command)
        answer = host.ask(**question)
        # What a bound on a percentile leaves open is measured with the percentile.
        open_ = host.ask(target=LOCAL, budget={"latency_p99_ms": {"max": 15.0}})["not_considered"]
        assert open_["commands"]
        assert all(command.endswith(" --percentile 99") for command in open_["commands"])
    names = {one["architecture"] for one in rest["promising"]}
    assert {one["architecture"] for one in answer["recommendations"]} & names
    left = {one["architecture"] for one in answer["not_considered"]["promising"]}
    assert not left & names
    assert answer["architectures"]["considered"] == len(STARTER) + len(names)


def test_the_time_of_a_training_plan_is_known_after_its_command(host: FakeHost) -> None:
    host.done("archrank profile resnet18")

    def line() -> dict[str, Any]:
        answer = host.ask(target=LOCAL, include=["training_plan"], training={"images": 5000})
        plan = answer["recommendations"][0]["training_plan"]
        (found,) = [one for one in plan if one["topic"] == "training_time"]
        return dict(found)

    before = line()
    (command,) = re.findall(r"`(archrank [^`]+)`", before["text"])
    assert "value" not in before
    host.done(command)
    assert line()["value"] > 0


@pytest.mark.parametrize(
    "asked",
    [{"configuration": {"precision": ["int8"]}}, {"input_size": 192}, {"configuration": {"batch_size": [8]}}],
    ids=str,
)
def test_what_the_filters_ask_for_is_measured_by_the_command_of_the_outcome(
    host: FakeHost, asked: dict[str, Any]
) -> None:
    host.done("archrank profile resnet18 --processes 1 --max-blocks 2")
    question = {"target": LOCAL, "objective": "latency_ms", **asked}
    explanation = host.ask(**question)["explanation"]
    assert f"`{explanation['command']}`" in explanation["remedy"]
    host.done(explanation["command"])
    assert host.ask(**question)["outcome"] == "fits"


def test_what_might_not_work_here_is_not_measured_by_a_command(host: FakeHost) -> None:
    host.done("archrank profile resnet18 --processes 1 --max-blocks 2")
    for asked in ({"configuration": {"precision": ["bf16"]}}, {"input_size": {"min": 500, "max": 600}}):
        answer = host.ask(target=LOCAL, **asked)
        assert answer["outcome"] == "filtered_out"
        assert "command" not in answer["explanation"]
