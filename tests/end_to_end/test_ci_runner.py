"""The steps of the action and of the GitLab example are run as a runner does, in a home that is empty."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from catalog.exchange.files import write_lines
from catalog.exchange.writing import lines_of
from catalog.reference.tables.reading import ReferenceTables
from tests.builders import make_measurement, make_target
from tests.fakes.forked import CLIENT

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / ".github" / "actions" / "reprofile" / "action.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab-ci.yml").read_text())
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# What the command takes for Python is given -P, -c and a program before the arguments of archrank.
_PYTHON = '#!/bin/sh\nshift 3\nexec archrank "$@"\n'


@dataclass
class Job:
    """A job on a runner: its workspace, what its steps gave out, and how each ended."""

    folder: Path
    variables: dict[str, str]
    inputs: dict[str, str]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    log: str = ""
    failed: str = ""

    @property
    def summary(self) -> str:
        return self._text("summary.md")

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def value(self, expression: str) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return self.inputs[name]
            case ["steps", step, "outputs", name]:
                return self.outputs.get(step, {}).get(name, "")
            case ["steps", step, "outcome"]:
                return self.outcomes.get(step, "skipped")
        raise AssertionError(f"the runner does not know {expression}")

    def wants(self, step: Mapping[str, Any]) -> bool:
        """Whether the step runs: what its condition says, and nothing after a failure without always()."""
        terms = [term.strip() for term in str(step.get("if", "")).split("&&") if term.strip()]
        if self.failed and "always()" not in terms:
            return False
        return all(term == "always()" or self._holds(term) for term in terms)

    def _holds(self, term: str) -> bool:
        parts = re.fullmatch(r"(\S+) (==|!=) '(.*)'", term)
        assert parts, term
        return (self.value(parts[1]) == parts[3]) is (parts[2] == "==")

    def run_step(self, step: Mapping[str, Any]) -> None:
        own = {name: self.expanded(text) for name, text in step.get("env", {}).items()}
        output = self.folder / "output.txt"
        output.unlink(missing_ok=True)
        self.ran.append(step["name"])
        code = self.bash(self.expanded(step["run"]), {**own, "GITHUB_OUTPUT": str(output)})
        if identity := step.get("id"):
            lines = output.read_text().splitlines() if output.exists() else []
            self.outputs[identity] = dict(line.split("=", 1) for line in lines)
            self.outcomes[identity] = "failure" if code else "success"
        if code and not self.failed:
            self.failed = step["name"]

    def expanded(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self.value(found[1]), text)

    def bash(self, program: str, more: Mapping[str, str]) -> int:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", program],
            cwd=self.folder,
            env={**self.variables, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += done.stdout + done.stderr
        return done.returncode


@dataclass
class Runner:
    """A machine with archrank, and with a home that is empty at first."""

    folder: Path
    reference: Path
    address: Path
    jobs: int = 0

    def __post_init__(self) -> None:
        client = f"#!{sys.executable} -IS\n{CLIENT.format(address=str(self.address))}"
        for name, text in (("archrank", client), ("python", _PYTHON)):
            path = self.folder / "bin" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        (self.folder / "home").mkdir()

    @property
    def calls(self) -> list[str]:
        log = self.folder / "calls.txt"
        return log.read_text().splitlines() if log.exists() else []

    def job(self, *, latency_ms: float = 10.0, version: str = "1.0", **inputs: str) -> Job:
        self.jobs += 1
        folder = self.folder / f"job{self.jobs}"
        folder.mkdir()
        defaults = {name: str(one["default"]) for name, one in ACTION["inputs"].items()}
        variables = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "FAKE_REFERENCE": str(self.reference),
            "FAKE_PYTHON": str(self.folder / "bin" / "python"),
            "FAKE_LOG": str(self.folder / "calls.txt"),
            "FAKE_COMMANDS": "doctor calibrate push",
            "FAKE_LATENCY_MS": str(latency_ms),
            "FAKE_VERSION": version,
        }
        chosen = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert chosen.keys() <= defaults.keys()
        return Job(folder, variables, {**defaults, "names": "resnet18", **chosen})

    def run(self, **options: Any) -> Job:
        """A job whose only step is the action."""
        job = self.job(**options)
        for step in ACTION["runs"]["steps"]:
            if job.wants(step):
                job.run_step(step)
        return job


@pytest.fixture(scope="module")
def address(scratch: Path) -> Iterator[Path]:
    """Where the command is served."""
    path = scratch / "archrank.socket"
    command = [sys.executable, "-m", "tests.fakes.command", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield path
        server.kill()


@pytest.fixture
def runner(tmp_path: Path, small_reference: ReferenceTables, address: Path) -> Runner:
    return Runner(tmp_path, small_reference.folder, address)


def output(job: Job, name: str) -> str:
    return (job.folder / "archrank-reprofile" / name).read_text()


def test_a_machine_that_was_never_seen_is_measured_reported_and_pushed(runner: Runner) -> None:
    job = runner.run(push_to="https://archrank.example", api_key="secret")
    assert not job.failed, job.log
    # Every step but the one that a failing gate adds.
    assert job.ran == [step["name"] for step in ACTION["runs"]["steps"]][:-1]
    assert job.outputs["gate"] == {"verdict": "none"}
    assert runner.calls == ["doctor --quick", "push --to https://archrank.example"]
    assert "There is nothing to compare with yet." in job.summary
    assert "# What was measured" in job.summary
    assert "| resnet18 224 px, onnxrt t" in job.summary
    assert "xychart-beta" in job.summary
    assert '"record":"measurement"' in output(job, "profile.jsonl")
    assert "secret" not in job.log


def test_a_machine_that_was_never_seen_is_calibrated_where_that_is_asked_for(runner: Runner) -> None:
    job = runner.run(calibrate="6m")
    assert not job.failed, job.log
    assert runner.calls == ["doctor --quick", "calibrate --time-budget 6m"]
    # What the runner measured, and none of the thousands of records that ship.
    assert len(output(job, "profile.jsonl").splitlines()) < 10


def test_where_nothing_was_measured_the_job_fails_and_says_so(runner: Runner) -> None:
    job = runner.run(names="")
    assert job.failed == "Compare"
    assert "Nothing was measured on" in job.log
    assert "Nothing was measured on " in job.summary


def test_a_baseline_that_does_not_know_the_machine_yet_lets_it_push(runner: Runner, tmp_path: Path) -> None:
    """Else no new machine would ever be in the baseline."""
    other = tmp_path / "other.jsonl"
    elsewhere = make_measurement("resnet18", target=make_target("other-cpu"))
    write_lines(other, lines_of([elsewhere]))
    job = runner.run(baseline=str(other), push_to="https://archrank.example", api_key="secret")
    assert not job.failed, job.log
    assert job.outputs["gate"] == {"verdict": "none"}
    assert runner.calls[-1] == "push --to https://archrank.example"


def test_new_versions_are_measured_again_and_the_gate_passes_or_fails(runner: Runner) -> None:
    assert not runner.run().failed
    same = runner.run(version="1.1")
    assert not same.failed, same.log
    assert same.outputs["gate"] == {"verdict": "passes"}
    assert "The gate passes: 0 regressed, 0 undecided, 2 same, 0 improved." in same.summary
    assert "runtime version was 1.0 and is 1.1" in same.summary

    slower = runner.run(version="1.2", latency_ms=13.0)
    assert slower.failed == slower.ran[-1] == ACTION["runs"]["steps"][-1]["name"] == "Verdict", slower.log
    assert slower.outputs["gate"] == {"verdict": "fails"}
    assert "2 suspicious cases of the candidate were measured again." in slower.summary
    assert "❌ regressed" in slower.summary
    assert "# What was measured" in slower.summary  # the report comes although the gate fails
    assert ET.fromstring(output(slower, "gate.xml")).get("failures") == "2"

    unchanged = runner.run(version="1.2", latency_ms=13.0)
    assert not unchanged.failed, unchanged.log
    assert "nothing that the baseline has was measured again" in unchanged.summary

    fault = runner.run(version="1.2", policy="nowhere.yaml")
    assert fault.failed == "Compare"
    assert "Cannot read nowhere.yaml" in fault.log
    assert fault.outputs["gate"] == {}  # no verdict is made up


def test_the_gitlab_example_runs_to_a_verdict(runner: Runner) -> None:
    script = "\n".join(GITLAB["reprofile"]["script"]).replace("--preset starter", "resnet18")
    variables = GITLAB["reprofile"]["variables"]
    first = runner.job()
    assert first.bash(script, {**variables, "ARCHRANK_URL": "https://archrank.example"}) == 0, first.log
    assert runner.calls[-1] == "push --to https://archrank.example"
    assert "There is nothing to compare with yet." in output(first, "gate.md")
    assert "# What was measured" in output(first, "report.md")
    second = runner.job(version="1.1")
    assert second.bash(script, variables) == 0, second.log
    assert "The gate passes" in output(second, "gate.md")
    third = runner.job(version="1.2", latency_ms=13.0)
    assert third.bash(script, variables) == 1, third.log
    assert ET.fromstring(output(third, "gate.xml")).get("failures") == "2"
