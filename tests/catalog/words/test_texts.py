import pytest

from catalog.words.texts import cleaned_prose, has_half_character, is_line, visible

UNSEEN = [
    "\x1b",
    "\x07",
    "\0",
    "\r",
    "\n",
    "\t",
    "\x7f",
    "\x9b",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\u2028",
]


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_is_not_seen_is_shown(sign: str) -> None:
    assert not is_line(f"a{sign}b")
    shown = visible(f"a{sign}b")
    assert is_line(shown)
    assert shown == f"a{sign.encode('unicode_escape').decode()}b"
    assert visible(f"a{sign}b", kept=sign) == f"a{sign}b"


@pytest.mark.parametrize(
    "text", ["", "resnet50.a1_in1k", "Intel® Core™", "größer 🦆", "no\N{NO-BREAK SPACE}break"]
)
def test_what_is_seen_stays(text: str) -> None:
    assert is_line(text)
    assert visible(text) == cleaned_prose(text) == text


def test_prose_keeps_its_lines_and_nothing_else_that_is_not_seen() -> None:
    assert cleaned_prose("a\r\nb\tc\x1b[0m\u202e\0") == "a\nb\tc\ufffd[0m\ufffd\ufffd"


def test_half_a_character_is_no_text() -> None:
    assert has_half_character("a\ud800")
    assert not has_half_character("🦆")
    assert visible("\ud800") == "\\ud800"
