"""Names and numbers in tables are whole."""

import pytest
from rich.console import Console

from app.cli.layout import add_number_columns, plain_console, plain_table, print_table

NAME = "vit_base_patch16_clip_224.laion2b_ft_in12k_in1k_and_a_tag_that_nobody_would_choose"
NUMBER = "1234567.89 img/s"


def shown(capsys: pytest.CaptureFixture[str], on: Console, names: int = 1) -> list[str]:
    filled = plain_table(*["name"] * names)
    add_number_columns(filled, "speed", "MB")
    filled.add_row(*[NAME] * names, NUMBER, "20480.25")
    print_table(on, filled)
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
    header, row = shown(capsys, plain_console(), names=3)
    assert header.split() == ["name"] * 3 + ["speed", "MB"]
    assert row.split() == [NAME] * 3 + [*NUMBER.split(), "20480.25"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("columns", [1, 10, 40, 60, 80])
@pytest.mark.parametrize("names", [1, 2])
def test_a_terminal_gets_numbers_whole_and_names_in_pieces_that_can_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int, names: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = shown(capsys, plain_console(), names)
    assert lines[1].endswith(f"{NUMBER}  20480.25")
    pieces = [line[: len(lines[1]) - len(f"  {NUMBER}  20480.25")].split() for line in lines[1:]]
    for place in range(names):
        assert "".join(row[place] for row in pieces if len(row) > place) == NAME
    assert len(pieces[0][0]) >= 12
    least = 12 * names + len(NUMBER) + len("20480.25") + 2 * (names + 1)
    rounding = names - 1  # columns that are shortened together end a character apart
    assert max(map(len, lines)) <= max(columns, least + rounding)


@pytest.mark.usefixtures("terminal")
def test_a_terminal_with_room_gets_a_row_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert len(shown(capsys, plain_console())) == 2


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
