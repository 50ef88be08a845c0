"""The files that CI systems read are linted, and name inputs and commands that exist."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from catalog.command import GROUP

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / ".github" / "actions" / "reprofile" / "action.yml"
GITLAB = ROOT / "docs" / "ci" / "gitlab-ci.yml"


def lint(program: str, *arguments: str) -> None:
    path = Path(sys.executable).with_name(program)
    if not path.exists():
        pytest.skip(f"{program} comes with the extra dev")
    done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_has_no_complaint() -> None:
    lint("actionlint", *map(str, WORKFLOWS))


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", [ACTION]),
        ("vendor.gitlab-ci", [GITLAB]),
        ("vendor.dependabot", [ROOT / ".github" / "dependabot.yml"]),
    ],
)
def test_every_file_has_the_form_of_its_system(schema: str, paths: list[Path]) -> None:
    lint("check-jsonschema", "--builtin-schema", schema, *map(str, paths))


def test_the_workflow_gives_the_action_inputs_that_it_has() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "reprofile.yml").read_text())
    steps = workflow["jobs"]["reprofile"]["steps"]
    (given,) = [step["with"] for step in steps if step.get("uses") == "./.github/actions/reprofile"]
    assert given.keys() <= yaml.safe_load(ACTION.read_text())["inputs"].keys()


@pytest.mark.parametrize("path", [ACTION, GITLAB], ids=lambda path: path.name)
def test_every_command_exists(path: Path) -> None:
    commands = {entry.name for entry in entry_points(group=GROUP)}
    named = set(re.findall(r"\barchrank ([a-z-]+) ", re.sub(r"#.*|description:.*", "", path.read_text())))
    assert len(named) > 3
    assert named - commands <= {"at"}


def test_no_step_pastes_an_input_into_a_program() -> None:
    """An input within a program would be run as a part of it."""
    action = yaml.safe_load(ACTION.read_text())
    assert [step["name"] for step in action["runs"]["steps"] if "${{" in step["run"]] == []


def test_what_ci_imports_is_compiled_once(tmp_path: Path) -> None:
    """Nothing is compiled when it is installed. Where the machine forbids to keep what is compiled on import,
    each process that the tests start would compile it again: torch takes nine seconds."""
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$PIP_COMPILE ${PYTHONDONTWRITEBYTECODE-unset}"\n')
    make.chmod(0o755)
    forbidden = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "BASE_PYTHON": "python3"}
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        env={**forbidden, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.splitlines()) == {"0 unset"}
