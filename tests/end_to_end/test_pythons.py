"""The versions of Python that are promised are those that CI runs on."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
PYTHONS = [
    match[1]
    for text in PROJECT["classifiers"]
    if (match := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text))
]


def test_the_oldest_python_is_the_least_that_pip_accepts() -> None:
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_ci_runs_on_the_oldest_and_the_newest_python() -> None:
    (matrix,) = re.findall(r"^ +python: \[(.*?)\]", WORKFLOW, re.MULTILINE)
    assert re.findall(r'"(.+?)"', matrix) == [PYTHONS[0], PYTHONS[-1]]


def test_ci_looks_for_the_newest_python_to_test_without_torch() -> None:
    (candidates,) = re.findall(r"for python in (.*?); do", (ROOT / ".ci" / "run").read_text())
    assert candidates.split()[0] == f"python{PYTHONS[-1]}"
