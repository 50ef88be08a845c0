"""Names and numbers in tables are whole."""

import pytest
from rich.console import Console

from app.cli.tables.layout import (
    add_number_columns,
    add_text_columns,
    plain_console,
    plain_table,
    print_table,
)

NAME = "vit_base_patch16_clip_224.laion2b_ft_in12k_in1k_and_a_tag_that_nobody_would_choose"
NUMBER = "1234567.89 img/s"


def shown(capsys: pytest.CaptureFixture[str], on: Console, name: str = NAME) -> list[str]:
    filled = plain_table()
    add_number_columns(filled, "#")
    add_text_columns(filled, "name", "runtime")
    add_number_columns(filled, "speed", "MB")
    add_text_columns(filled, "licence")
    filled.add_row("1", name, "openvino", NUMBER, "20480.25", "MIT")
    print_table(on, filled, optional=["licence"])
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TTY_COMPATIBLE": "1", "TERM": "dumb", "LINES": "25"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("columns", [None, "10", "40"])
def test_a_pipe_gets_a_row_on_one_line_whatever_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str | None
) -> None:
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    header, row = shown(capsys, plain_console())
    assert header.split() == ["#", "name", "runtime", "speed", "MB", "licence"]
    assert row.split() == ["1", NAME, "openvino", *NUMBER.split(), "20480.25", "MIT"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("columns", [1, 10, 40, 60, 80])
def test_a_narrow_terminal_gets_a_row_in_two_lines_of_whole_names_and_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = shown(capsys, plain_console())
    assert [line.split() for line in lines[::2]] == [["#", "name"], ["1", NAME]]
    below = [line.split() for line in lines[1::2]]
    assert below[0][:3] == ["runtime", "speed", "MB"]
    assert below[1][:4] == ["openvino", *NUMBER.split(), "20480.25"]
    assert ("licence" in below[0]) is (columns >= 60)
    assert all(line.startswith("   ") for line in lines[1::2])


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("columns", "has_licence"), [(51, False), (60, True), (200, True)])
def test_a_terminal_with_room_gets_a_row_on_one_line_and_then_more_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int, has_licence: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    header, row = shown(capsys, plain_console(), "resnet50")
    assert ("licence" in header) is has_licence
    assert ("MIT" in row) is has_licence
    assert max(len(header), len(row)) <= columns


def test_a_pipe_gets_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in "".join(shown(capsys, plain_console()))


@pytest.mark.usefixtures("terminal")
def test_no_text_of_a_cell_commands_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = shown(capsys, plain_console(), "a\x1b[2Jb\nc")
    assert "\\x1b[2Jb\\nc" in lines[2]


def test_names_in_sentences_stay_whole_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    plain_console().print(f"Near miss: {NAME} (onnxruntime [fp32] :smile:).")
    assert capsys.readouterr().out == f"Near miss: {NAME} (onnxruntime [fp32] :smile:).\n"


@pytest.mark.usefixtures("terminal")
def test_sentences_break_between_words_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    plain_console().print("A sentence of several words.")
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "A sentence of",
        "several words.",
    ]
