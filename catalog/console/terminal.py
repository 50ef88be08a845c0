"""Standard output as it is: a terminal, a pipe that closes, a disk that is full."""

import io
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import ArchrankError
from catalog.words.texts import is_line

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from rich.console import Console

# Columns or lines of a terminal. rich prints nothing at 0, and fills memory far above this.
_LARGEST_SIZE = 10_000
_NOT_PLAIN = re.compile(r"[^\n -~]")


class OutputFailed(ArchrankError):
    """Standard output cannot be written."""


class OutputClosed(OutputFailed):
    """Whoever read standard output has closed it, as `head` does."""


def console(*, stderr: bool = False, wrap: bool = False) -> "Console":
    """Where a command prints. Text is printed as it is: nothing in it is read as markup, and nothing in it
    commands the terminal.

    With `wrap`, sentences are broken between words at the width of a terminal. A pipe gets whole lines.
    """
    from catalog.console.safe_console import SafeConsole  # noqa: PLC0415 - a help page and a document need no rich

    made = SafeConsole(stderr=stderr, highlight=False, markup=False, emoji=False)
    made.soft_wrap = not (wrap and made.is_terminal)
    return made


def print_json(document: str) -> None:
    """Print a JSON document, with escapes for what is not seen. Between its texts there are only line
    feeds."""
    if sys.stdout is None:  # it was closed before the process started
        return
    encoding = sys.stdout.encoding or "utf-8"

    def safely(sign: re.Match[str]) -> str:
        is_kept = is_line(sign[0]) and _can_hold(encoding, sign[0])
        return sign[0] if is_kept else json.dumps(sign[0]).strip('"')

    safe = _NOT_PLAIN.sub(safely, document)
    sys.stdout.write(f"{safe}\n")


def print_document(document: str) -> None:
    """Print a document whose texts were made visible already, as it is. It ends in a line feed."""
    sys.stdout.write(document if document.endswith("\n") else f"{document}\n")


def _can_hold(encoding: str, sign: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def check_output() -> None:
    """Let writing to standard output raise OutputFailed where the system refuses it.

    A character that the output's encoding lacks is written as its escape: a locale may know ASCII alone.
    A standard output that was replaced, as by a test, is left alone.
    """
    output = sys.stdout
    if not isinstance(output, io.TextIOWrapper) or output is not sys.__stdout__:
        return
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_CheckedOutput(output.fileno())),
        encoding=output.encoding,
        errors="backslashreplace",
        line_buffering=output.line_buffering,
        write_through=output.write_through,
    )


def prepare_streams() -> None:
    """Let a command run where standard streams are closed, and where the size of the terminal is absurd.

    A closed descriptor is opened on nothing, so that no file of the catalog takes its number. Whoever closed
    standard error wants no messages, and no failure for want of a place to write them.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    for name in ("COLUMNS", "LINES"):
        size = os.environ.get(name, "")
        if size.isdigit() and not 1 <= int(size) <= _LARGEST_SIZE:
            del os.environ[name]


def flush_output() -> None:
    """Write what the buffer of standard output holds. A process may have no standard output.

    Raises:
        OutputFailed: the system refuses it, after `check_output`.
    """
    if sys.stdout is not None:
        sys.stdout.flush()


class _CheckedOutput(io.FileIO):
    """A descriptor to write to. After the first failure, what is written is dropped: the interpreter writes
    what its buffers hold once more when it ends."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._failed = False

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write `data`. Returns the number of bytes that were written.

        Raises:
            OutputClosed: the reader has closed the pipe.
            OutputFailed: the system cannot write, for example because a disk is full.
        """
        if self._failed:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except BrokenPipeError as error:
            self._failed = True
            raise OutputClosed("Standard output was closed.") from error
        except OSError as error:
            self._failed = True
            raise OutputFailed(
                f"Cannot write to standard output: {os.strerror(error.errno or 0)}.",
                "Write to another place.",
            ) from error
