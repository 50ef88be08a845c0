"""The guides are followed: their commands are run in order, on a host whose processes take no time."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import onnxruntime
import pytest

from tests.app.conftest import client_of
from tests.conftest import Databases
from tests.remedies.host import FakeHost, host_at

ROOT = Path(__file__).parents[2]
GUIDES = sorted(
    [
        ROOT / "README.md",
        *(
            path
            for folder in ("tutorial", "how-to", "explanation")
            for path in (ROOT / "docs" / folder).glob("*.md")
        ),
    ]
)
# These look at the real machine, or never end. Tests of their own run them.
RUN_ELSEWHERE = re.compile(r"archrank (doctor|serve)|archrank recommend .*--verify")


def blocks(guide: Path, language: str) -> list[str]:
    """The code blocks of a guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", guide.read_text(), re.MULTILINE | re.DOTALL)


def steps(guide: Path) -> Iterator[str]:
    """The commands of a guide, each with the text that it is given."""
    for block in blocks(guide, "sh"):
        yield from re.findall(r"^(?:.*<<'END'\n(?:.*\n)*?END|.+)$", block, re.MULTILINE)


@pytest.fixture
def host(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    monkeypatch.chdir(tmp_path)
    return host_at(databases.full("sqlite"), tmp_path / "cache", monkeypatch)


@pytest.mark.parametrize(
    "guide", [guide for guide in GUIDES if list(steps(guide))], ids=lambda guide: guide.stem
)
def test_the_commands_of_a_guide_answer(guide: Path, host: FakeHost) -> None:
    for step in steps(guide):
        if not RUN_ELSEWHERE.match(step):
            assert answer(step, host).strip(), step


def answer(step: str, host: FakeHost) -> str:
    """What a step prints, or the file that it writes."""
    if written := re.fullmatch(r"cat > (\S+) <<'END'\n(.*)END", step, re.DOTALL):
        name, text = written.groups()
        Path(name).write_text(text)
        return text
    if step.startswith("curl "):
        return asked(step, host)
    if step.startswith("archrank recommend"):
        step += " --check"  # an answer in which nothing fits is none
    return host.done(step)


def asked(step: str, host: FakeHost) -> str:
    """The answer to a request, which is written for curl."""
    _, *words = shlex.split(step)
    address = next(word for word in words if word.startswith("localhost:8000"))
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")
    body = words[words.index("-d") + 1] if "-d" in words else None
    with client_of(host.url) as client:
        response = client.request(
            "POST" if body else "GET", address.removeprefix("localhost:8000"), headers=headers, content=body
        )
    assert response.is_success, (step, response.text)
    return response.text


PROGRAMS = [(guide, block) for guide in GUIDES for block in blocks(guide, "python")]


@pytest.mark.parametrize(("guide", "program"), PROGRAMS, ids=[guide.stem for guide, _ in PROGRAMS])
def test_the_programs_of_a_guide_write_what_they_say(guide: Path, program: str, tmp_path: Path) -> None:
    """They are run without the weights, which would be downloaded."""
    done = subprocess.run(
        [sys.executable, "-c", program.replace("pretrained=True", "pretrained=False")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (guide, done.stderr)
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_outputs()] == ["logits"]
    assert "'crop_pct'" in done.stdout


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """A page that the navigation lacks is a warning, and so is a link to a heading that is not there."""
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert "First answer" in (tmp_path / "index.html").read_text()
