"""Standard output as it is: a terminal, a pipe that closes, a disk that is full."""

import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from catalog.errors import ArchrankError
from catalog.words.texts import is_line, visible

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NOT_PLAIN = re.compile(r"[^\n -~]")


class OutputFailed(ArchrankError):
    """Standard output cannot be written."""


class OutputClosed(OutputFailed):
    """Whoever read standard output has closed it, as `head` does."""


class _Console(Console):
    """Shows what is not seen, so that no text that came from elsewhere commands the terminal.

    Each text is one line. A line break in it is shown, too.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """`text` as this console shows it."""
        return super().render_str(visible(text), **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print the objects, which are texts or what rich renders."""
        super().print(*map(_visible, objects), **options)


def _visible(shown: Any) -> Any:
    if isinstance(shown, Text) and not is_line(shown.plain):
        return Text(visible(shown.plain), style=shown.style)
    return shown


def console(*, stderr: bool = False, wrap: bool = False) -> Console:
    """Where a command prints. Text is printed as it is: nothing in it is read as markup, and nothing in it
    commands the terminal.

    With `wrap`, sentences are broken between words at the width of a terminal. A pipe gets whole lines.
    """
    made = _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    made.soft_wrap = not (wrap and made.is_terminal)
    return made


def print_json(document: str) -> None:
    """Print a JSON document, with escapes for what is not seen. Between its texts there are only line
    feeds."""
    safe = _NOT_PLAIN.sub(
        lambda sign: sign[0] if is_line(sign[0]) else json.dumps(sign[0]).strip('"'), document
    )
    sys.stdout.write(f"{safe}\n")


def check_output() -> None:
    """Let writing to standard output raise OutputFailed where the system refuses it.

    A standard output that was replaced, as by a test, is left alone.
    """
    output = sys.stdout
    if not isinstance(output, io.TextIOWrapper) or output is not sys.__stdout__:
        return
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_CheckedOutput(output.fileno())),
        encoding=output.encoding,
        errors=output.errors,
        line_buffering=output.line_buffering,
        write_through=output.write_through,
    )


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
