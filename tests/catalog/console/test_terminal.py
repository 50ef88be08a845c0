"""What a command does when its output cannot be written, and what reaches a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest
from rich.table import Table
from rich.text import Text

from catalog.console.terminal import console, prepare_streams, print_json
from catalog.words.texts import is_line

FULL = Path("/dev/full")
# The command line with a subcommand `say`, which prints as often as it is asked to.
PROGRAM = """
import sys
from importlib.metadata import EntryPoint
import typer
from catalog import command

def say(times: int) -> None:
    for _ in range(times):
        typer.echo("x" * 1000)
    command.console().print("done")

sys.modules["stub"] = type(sys)("stub")
sys.modules["stub"].say = say
command.entry_points = lambda group: [EntryPoint("say", "stub:say", group)]
command.main()
"""
# Less than a buffer holds, and more than a pipe holds.
LITTLE, MUCH = "1", "300"


def run(times: str, output: int | IO[Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "say", times],
        text=True,
        check=False,
        stdout=output,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )


def test_output_that_can_be_written_is_written() -> None:
    done = run(MUCH, subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("x" * 1000 + "\n") * int(MUCH) + "done\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("times", [LITTLE, MUCH])
def test_a_full_disk_is_one_message(times: str) -> None:
    with FULL.open("w") as full:
        done = run(times, full)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: Cannot write to standard output: No space left on device.",
        "  Write to another place.",
    ]


@pytest.mark.parametrize("times", [LITTLE, MUCH])
def test_a_pipe_that_its_reader_closed_ends_the_command_in_silence(times: str) -> None:
    reader = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    reader.wait()
    assert reader.stdin is not None
    with reader.stdin as closed:
        done = run(times, closed)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_process_without_standard_output_works() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", PROGRAM, "say", LITTLE],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert (done.returncode, done.stderr) == (0, "")


# What is not seen


EVIL = "net\x1b[31m\u202e\nwork"


def test_no_text_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name")
    table.add_row(EVIL)
    for shown in (EVIL, Text(EVIL), table):
        console().print(shown)
        out = capsys.readouterr().out
        assert "net\\x1b[31m\\u202e\\nwork" in out
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_what_a_text_is_styled_with_stays(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("größer 🦆", style="bold")
    assert capsys.readouterr().out == "größer 🦆\n"


def test_a_json_document_has_escapes_for_what_is_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    names = [EVIL, "größer 🦆", "\x9b31m", "\x7f", "\U000e0041"]
    print_json(json.dumps(names, ensure_ascii=False, indent=2))
    out = capsys.readouterr().out
    assert json.loads(out) == names
    assert all(is_line(line) for line in out.splitlines())
    assert "größer 🦆" in out


def test_a_locale_that_knows_ascii_alone_gets_escapes() -> None:
    program = (
        "from catalog.console.terminal import check_output, console, flush_output, print_json\n"
        "check_output()\n"
        "console().print('\u00b12 %')\n"
        "print_json('[\"gr\u00f6\u00dfer \U0001f986\"]')\n"
        "flush_output()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        cwd=Path(__file__).parents[3],
    )
    sign, document = done.stdout.splitlines()
    assert (done.returncode, done.stderr, sign) == (0, "", r"\xb12 %")
    assert json.loads(document) == ["größer 🦆"]


@pytest.mark.parametrize(
    ("size", "kept"), [("0", False), ("99999999999", False), ("40", True), ("wide", True)]
)
def test_an_absurd_size_of_a_terminal_is_forgotten(
    size: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", size)
    prepare_streams()
    assert ("COLUMNS" in os.environ) is kept


def test_a_closed_standard_error_changes_no_exit_code() -> None:
    program = (
        "import os, sys\n"
        "from catalog import command\n"
        "from catalog.errors import ArchrankError\n"
        "def fail(**_): raise ArchrankError('no', 'yes')\n"
        "command.build = lambda: fail\n"
        "command.main()"
    )
    line = ["sh", "-c", 'exec "$0" -c "$1" 2>&- <&-', sys.executable, program]
    assert subprocess.run(line, check=False, cwd=Path(__file__).parents[3]).returncode == 2
