"""What a command does when its output cannot be written."""

import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

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
        cwd=Path(__file__).parents[2],
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
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stderr) == (0, "")
