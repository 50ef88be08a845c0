"""Small files of a kernel, and those that are none."""

from pathlib import Path

import pytest

from catalog.machine.files import number_in, text_of


@pytest.mark.parametrize(
    ("content", "text", "number"),
    [(b"42\n", "42\n", 42), (b"max\n", "max\n", None), (b"", "", None), (b"caf\xe9", "caf\ufffd", None)],
)
def test_a_file_has_a_text_and_may_have_a_number(
    content: bytes, text: str, number: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert (text_of(path), number_in(path)) == (text, number)


def test_what_is_no_file_says_nothing(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        assert (text_of(path), number_in(path)) == ("", None)
