"""`archrank doctor`, with scripted checks."""

import sys
from collections.abc import Callable, Iterator

import pytest

from catalog.command import main
from profiler import doctor
from profiler.doctor import Check, Verdict

LONG = "A finding of so many words that no terminal of eighty columns has room for it on a single line."
OK = Check("host", Verdict.OK, "Fine.")
DOUBT = Check("machine", Verdict.DOUBTFUL, LONG, "Do something.")
FAILURE = Check("packages", Verdict.FAILED, "Not installed.", "Install.")


def script(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    def examine(*, quick: bool, announce: Callable[[str], None]) -> Iterator[Check]:
        if not quick:
            announce("Listening ...")
        yield from checks

    monkeypatch.setattr(doctor, "examine", examine)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[object, list[str]]:
    monkeypatch.setattr(sys, "argv", ["archrank", "doctor", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().out.splitlines()


def test_a_pipe_gets_whole_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    script(monkeypatch, OK, DOUBT)
    code, lines = run(monkeypatch, capsys)
    assert code == 0
    assert lines == [
        "          Listening ...",
        "ok        host: Fine.",
        f"doubtful  machine: {LONG}",
        "          -> Do something.",
        "This host can measure.",
    ]


def test_a_failure_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script(monkeypatch, OK, FAILURE)
    code, lines = run(monkeypatch, capsys, "--quick")
    assert code == 1
    assert lines[0] == "ok        host: Fine."
    assert lines[-1] == "This host cannot measure yet."


def test_a_terminal_breaks_lines_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "80"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    script(monkeypatch, DOUBT)
    _, lines = run(monkeypatch, capsys, "--quick")
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("doubtful  machine: A finding of so many words")
    assert lines[1].startswith("          ")
    assert " ".join(" ".join(lines[:2]).split()) == f"doubtful machine: {LONG}"
