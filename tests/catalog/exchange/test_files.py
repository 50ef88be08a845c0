"""Exports as files: whatever made them, whole or refused."""

import io
import os
import threading
from pathlib import Path

import pytest

from catalog.errors import ExchangeError, FileInaccessible
from catalog.exchange import files
from catalog.exchange.files import Unreadable, lines_in, reading, write_lines
from catalog.exchange.importing import import_lines
from catalog.storage.database import Catalog
from catalog.storage.tables import ArchitectureRow
from tests.builders import make_architecture, without_reference
from tests.catalog.exchange.lines import HEADER, end_of, fill, line_of, lines_of
from tests.catalog.storage.stored import revision_of

ARCHITECTURE = line_of(make_architecture())
WHOLE = [HEADER, ARCHITECTURE, end_of(1)]


pytestmark = pytest.mark.empty_catalog


def holds_the_network(catalog: Catalog) -> bool:
    with catalog.read() as session:
        return session.get(ArchitectureRow, "toynet") is not None


def refused(catalog: Catalog, content: bytes, message: str, line: int) -> None:
    before = revision_of(catalog)
    with pytest.raises(ExchangeError, match=message) as caught:
        import_lines(catalog, lines_in(io.BytesIO(content)), facts=True)
    assert caught.value.line == line
    assert revision_of(catalog) == before


TEXT = "\n".join(WHOLE) + "\n"
FORMS = {
    "as it was written": TEXT.encode(),
    "with a mark of byte order": TEXT.encode("utf-8-sig"),
    "of Windows": TEXT.replace("\n", "\r\n").encode(),
    "of PowerShell": TEXT.replace("\n", "\r\n").encode("utf-16"),
    "UTF-16 of the other order": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-16 of the other order without a mark": TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
    "without the last line feed": TEXT.rstrip("\n").encode(),
    "with empty lines at its end": f"{TEXT}\n \r\n\n".encode(),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_file_is_read_whatever_made_it(catalog: Catalog, content: bytes) -> None:
    summary = import_lines(catalog, lines_in(io.BytesIO(content)), facts=True)
    assert summary.records["architecture"] == 1
    assert holds_the_network(catalog)


@pytest.mark.parametrize(
    "content", [TEXT.encode("utf-16")[:-7], b"\xff\xfe\x00", TEXT.encode("utf-16-le")[:-7]]
)
def test_a_file_in_utf_16_that_was_cut_is_refused_by_name(catalog: Catalog, content: bytes) -> None:
    with pytest.raises(ExchangeError, match=r"UTF-16|end mark|not JSON"):
        import_lines(catalog, lines_in(io.BytesIO(content)), facts=True)


CUT = {
    "behind the header": (WHOLE[:1], "the end mark is missing", 2),
    "behind a record": (WHOLE[:2], "the end mark is missing", 3),
    "within": ([HEADER, ARCHITECTURE, ARCHITECTURE[:20]], "not JSON", 3),
    "a record less": ([HEADER, end_of(1)], "counts 1 records, and there are 0", 2),
    "a record more": (
        [HEADER, ARCHITECTURE, ARCHITECTURE, end_of(1)],
        "counts 1 records, and there are 2",
        4,
    ),
    "a record behind": ([*WHOLE, ARCHITECTURE], "it follows the end mark", 4),
    "twice": ([*WHOLE, end_of(1)], "a second end mark", 4),
    "one behind another": ([*WHOLE, *WHOLE], "it follows the end mark", 4),
    "without a number": ([HEADER, ARCHITECTURE, '{"record": "end"}'], "counts None records", 3),
}


@pytest.mark.parametrize(("lines", "message", "line"), CUT.values(), ids=CUT)
def test_a_part_of_an_export_does_not_pass_as_the_whole(
    catalog: Catalog, lines: list[str], message: str, line: int
) -> None:
    refused(catalog, "\n".join(lines).encode(), message, line)


@pytest.mark.parametrize("kept", range(1, 12))
def test_an_export_that_was_cut_anywhere_is_refused(catalog: Catalog, kept: int) -> None:
    fill(catalog)
    content = "\n".join(lines_of(catalog)).encode()
    without_reference(catalog)
    with pytest.raises(ExchangeError):
        import_lines(catalog, lines_in(io.BytesIO(content[: len(content) * kept // 12])), facts=True)
    assert not holds_the_network(catalog)


def test_the_sound_lines_of_a_cut_file_are_taken_where_asked(catalog: Catalog) -> None:
    summary = import_lines(catalog, WHOLE[:2], keep_going=True, facts=True)
    (fault,) = summary.faults
    assert fault.complaint == "Line 3: the end mark is missing, so the file is a part of an export."
    assert holds_the_network(catalog)


def test_a_malformed_line_is_still_one_of_the_records_that_the_end_mark_counts(catalog: Catalog) -> None:
    lines = [HEADER, "{", ARCHITECTURE, end_of(2)]
    (fault,) = import_lines(catalog, lines, keep_going=True, facts=True).faults
    assert fault.line == 2


def test_an_empty_line_between_records_is_a_fault(catalog: Catalog) -> None:
    refused(catalog, f"{HEADER}\n\n{ARCHITECTURE}\n{end_of(1)}\n".encode(), "the line is empty", 2)


def test_older_exports_have_no_end_mark(catalog: Catalog) -> None:
    lines = ['{"format":"archrank-catalog","version":5}', ARCHITECTURE]
    assert import_lines(catalog, lines, facts=True).faults == ()
    refused(catalog, "\n".join([*lines, end_of(1)]).encode(), "unknown kind 'end'", 3)


def test_a_byte_that_is_not_utf_8_is_a_fault_of_its_line(catalog: Catalog) -> None:
    content = b"\n".join((HEADER.encode(), b'{"record": "\xff"}', ARCHITECTURE.encode(), end_of(2).encode()))
    refused(catalog, content, "Line 2: not UTF-8: byte 13 of the line is 0xff", 2)
    (fault,) = import_lines(catalog, lines_in(io.BytesIO(content)), keep_going=True, facts=True).faults
    assert fault.line == 2
    assert holds_the_network(catalog)


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_line_without_end_is_not_read_to_its_end(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, keep_going: bool
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES_OF_A_LINE", 2**20)
    for content, line in ((b"", 1), (f"{HEADER}\n".encode(), 2), (TEXT.encode("utf-16"), 4)):
        with pytest.raises(ExchangeError, match="longer than 1 MiB") as caught:
            import_lines(
                catalog, lines_in(io.BytesIO(content + b"\0" * 2**22)), keep_going=keep_going, facts=True
            )
        assert caught.value.line == line


def test_a_device_that_never_ends_is_refused(catalog: Catalog) -> None:
    with (
        reading(Path("/dev/zero")) as lines,
        pytest.raises(ExchangeError, match="Line 1: longer than 64 MiB"),
    ):
        import_lines(catalog, lines)


def test_a_file_has_lines_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\n\xffb\n")
    with reading(path) as lines:
        assert list(lines) == ["a\n", Unreadable("not UTF-8: byte 1 of the line is 0xff.")]


# Writing


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("before")

    def lines() -> object:
        yield "a"
        assert path.read_text() == "before"
        yield "ü"

    assert write_lines(path, lines()) == 2  # type: ignore[arg-type]
    assert path.read_bytes() == "a\nü\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_not_written_to_its_end_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("before")

    def lines() -> object:
        yield "a"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(path, lines())  # type: ignore[arg-type]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_still_leads_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_lines(tmp_path / "link", ["a"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "a\n"


@pytest.mark.parametrize("count", [1, 100_000])
def test_a_full_disk_is_reported(count: int) -> None:
    with pytest.raises(FileInaccessible, match="Cannot write /dev/full: No space left on device"):
        write_lines(Path("/dev/full"), ["x" * 100] * count)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(path.read_text()))
    reader.start()
    write_lines(path, ["a", "b"])
    reader.join()
    assert got == ["a\nb\n"]
