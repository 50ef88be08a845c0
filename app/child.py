"""Commands of archrank in a process of their own, which ends with this one.

The app never loads a runtime: where something must be measured, it starts the profiler's command.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

DONE, FAILED, INTERRUPTED, TERMINATED = 0, 1, 130, 143
"""Exit codes of `archrank profile`. After the second, some cases failed, and the others were measured."""
# On Linux, a process that measures ends where the one that started it is killed (prctl(2)).
_PR_SET_PDEATHSIG = 1
_DIE_WITH_PARENT = (
    f"import ctypes, signal; ctypes.CDLL(None).prctl({_PR_SET_PDEATHSIG}, signal.SIGTERM); "
    if sys.platform == "linux"
    else ""
)
_MAIN = "from catalog.command import main; main()"
# An interrupt from the terminal reaches the child too. It stores its last block, and ends.
_ENDING_S = 15.0


def command(arguments: Sequence[str], python: str | None = None) -> list[str]:
    """What runs archrank with these arguments: by the packages of `python`, or by those of this process. The
    child never imports from the working folder."""
    imports = f"import sys; sys.path[:] = {sys.path!r}; " if python is None else ""
    return [python or sys.executable, "-P", "-c", f"{imports}{_DIE_WITH_PARENT}{_MAIN}", *arguments]


def run(
    arguments: Sequence[str], variables: Mapping[str, str] | None = None, *, on_stderr: bool = False
) -> int:
    """Run a command on this terminal, with these variables beside those of this process. Returns its exit
    code. With `on_stderr`, standard output is left to this process.

    What ends this process ends the child. An interrupt ends both, and the exit code is `INTERRUPTED`.

    Raises:
        OSError: it cannot be started.
    """
    sys.stdout.flush()
    with _handing_on_signals() as hand_on:
        child = subprocess.Popen(
            arguments, stdout=sys.stderr if on_stderr else None, env={**os.environ, **(variables or {})}
        )
        hand_on(child)
        try:
            return child.wait()
        except KeyboardInterrupt:
            try:
                child.wait(_ENDING_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            return INTERRUPTED


@contextmanager
def _handing_on_signals() -> Iterator[Callable[["subprocess.Popen[bytes]"], None]]:
    """Within the context, what would end this process alone ends the child first. Then this process ends too.
    Yields what is told the child.

    A terminal interrupts both. `kill` and a supervisor know this process alone.
    """
    ending = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
    handled = [number for number in ending if signal.getsignal(number) is signal.SIG_DFL]
    came: list[int] = []
    children: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        for child in children:
            child.send_signal(number)

    def started(child: "subprocess.Popen[bytes]") -> None:
        children.append(child)
        if came:  # while it was being started
            child.send_signal(came[0])

    if threading.current_thread() is not threading.main_thread():
        yield started
        return
    for number in handled:
        signal.signal(number, hand_on)
    try:
        yield started
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)
    if came:
        sys.exit(TERMINATED)
