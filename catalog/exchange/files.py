"""The lines of an export as bytes: reading them whatever made the file, and writing a file that is whole or
absent."""

import codecs
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from catalog.errors import ExchangeError, FileInaccessible

# The longest line that a campaign can write has about 10 MB: a case of 10,000 blocks.
MOST_BYTES_OF_A_LINE = 64 * 2**20
_CHUNK = 2**16
# By their first bytes. Without a mark of byte order, the zero byte beside the first brace shows it.
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
_OTHER_FILE = "Name another file, or change its permissions."


@dataclass(frozen=True)
class Unreadable:
    """A line that is no text. `complaint` is a sentence."""

    complaint: str


Line = str | Unreadable


@contextmanager
def reading(path: Path) -> Iterator[Iterator[Line]]:
    """The lines of the file at `path`, or of standard input where it is a dash.

    Raises:
        FileInaccessible: it cannot be read.
    """
    with ExitStack() as stack:
        try:
            if str(path) != "-":
                yield lines_in(stack.enter_context(path.open("rb")))
            elif sys.stdin is not None:
                yield lines_in(sys.stdin.buffer)
            else:
                raise FileInaccessible("Standard input is closed.", "Name a file.")
        except OSError as error:
            raise FileInaccessible(f"Cannot read {path}: {error.strerror}.", _OTHER_FILE) from error


def lines_in(file: BinaryIO) -> Iterator[Line]:
    """The lines of a file in UTF-8, UTF-16 or UTF-32, with or without a mark of byte order.

    Raises:
        ExchangeError: a line is longer than any that an export has.
    """
    first = _line(file, 1)
    for beginning, encoding in _ENCODINGS:
        if first.startswith(beginning):
            yield from _decoded(first, file, encoding)
            return
    number, line = 1, first.removeprefix(codecs.BOM_UTF8)
    while line:
        yield _text(line)
        number += 1
        line = _line(file, number)


def _line(file: BinaryIO, number: int) -> bytes:
    line = file.readline(MOST_BYTES_OF_A_LINE + 1)
    if len(line) > MOST_BYTES_OF_A_LINE:
        raise _too_long(number)
    return line


def _text(line: bytes) -> Line:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        return Unreadable(f"not UTF-8: byte {error.start + 1} of the line is 0x{line[error.start]:02x}.")


def _decoded(first: bytes, file: BinaryIO, encoding: str) -> Iterator[Line]:
    """The lines of a file whose line feeds are more than a byte."""
    decoder = codecs.getincrementaldecoder(encoding)()
    number, begun, chunk = 1, "", first
    while True:
        try:
            begun += decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            yield Unreadable(f"not {encoding.upper()}: {error.reason}.")
            return
        *lines, begun = begun.split("\n")
        yield from lines
        number += len(lines)
        if len(begun) > MOST_BYTES_OF_A_LINE:
            raise _too_long(number)
        if not chunk:
            break
        chunk = file.read(_CHUNK)
    if begun:
        yield begun


def _too_long(number: int) -> ExchangeError:
    return ExchangeError(number, f"longer than {MOST_BYTES_OF_A_LINE // 2**20} MiB, so this is no export.")


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write the lines to `path`. A file appears there when it is whole, and what was there is kept until
    then.

    A pipe or a device is written to directly. Returns the number of lines.

    Raises:
        FileInaccessible: it cannot be written.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as file:
                return _write(file, lines)
        return _write_beside(path.resolve(), lines)
    except OSError as error:
        raise FileInaccessible(f"Cannot write {path}: {error.strerror}.", _OTHER_FILE) from error


def _write_beside(path: Path, lines: Iterable[str]) -> int:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            count = _write(file, lines)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    return count


def _write(file: BinaryIO, lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        file.write(f"{line}\n".encode())
        count += 1
    return count
