"""The app answers where no ML runtime is installed, so it must load none."""

import subprocess
import sys

import pytest

FORBIDDEN = [
    "torch",
    "torchvision",
    "timm",
    "onnx",
    "onnxruntime",
    "openvino",
    "fvcore",
    "profiler",
    "alembic",
]

CREATE_APP = """
import app.main
app.main.create_app()
"""
ANSWER = """
from app.questions.asking.question import Question
from app.questions.answers.recommend import recommend
from catalog.opening import open_catalog
from catalog.storage.facts.facts import find_targets
import sys
catalog = open_catalog(sys.argv[1])
with catalog.read() as session:
    target = find_targets(session)[0].id
assert recommend(catalog, Question(target)).recommendations
"""
COMMAND = """
import app.cli.card, app.cli.compare, app.cli.frontier, app.cli.recommend, app.cli.serve, app.cli.targets
"""


def loaded(script: str, *arguments: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after `script`."""
    report = script + "\nimport sys\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", report, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("script", [CREATE_APP, COMMAND], ids=["create_app", "command line"])
def test_the_app_loads_neither_a_runtime_nor_the_profiler_nor_migrations(script: str) -> None:
    assert not loaded(script) & set(FORBIDDEN)


def test_an_answer_loads_neither_a_runtime_nor_the_profiler_nor_migrations(seeded_url: str) -> None:
    assert not loaded(ANSWER, seeded_url) & set(FORBIDDEN)


def test_the_command_line_loads_no_web_framework_to_show_its_help() -> None:
    assert not loaded(COMMAND) & {"fastapi", "starlette", "uvicorn", "jinja2"}


def test_a_server_starts_without_what_estimating_needs() -> None:
    assert not loaded(CREATE_APP) & {"scipy", "sklearn"}
