"""A command in a process of its own ends with the process that started it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# It takes the place of archrank. It says that it runs, and that it was ended.
CHILD = """
import os, signal, sys, time
def end(*_):
    os.write(1, b"ended\\n")  # a print may be interrupted by the signal, and then allows no other
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
os.write(1, b"runs\\n")
time.sleep(60)
"""
# In turns, the gate starts the Python of another environment. `archrank calibrate` starts its own.
PROGRAM = """
import sys
from app import child
child._MAIN = {main!r}
child.run(child.command(["profile"], {python}), {{"OF": "the child"}})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)])
@pytest.mark.parametrize("python", ["None", "sys.executable"])
def test_it_ends_where_its_parent_is_ended(python: str, number: int, code: int) -> None:

    program = PROGRAM.format(main=f"exec({CHILD!r})", python=python)
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "runs\n"
        parent.send_signal(number)
        assert parent.stdout.read() == "ended\n"  # the pipe closes when both have ended
        assert parent.wait() == code
