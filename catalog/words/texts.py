"""Texts that came from elsewhere: which characters are shown as they are, and what stands for the others.

A terminal obeys control characters. Marks of direction and other format characters change how the text around
them is read, and are not seen.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

# Control, format and surrogate characters, and the separators of lines and paragraphs (Unicode 16, chapter
# 4.5).
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# What only consists of these is safe, and nearly every text does.
_PLAIN_ASCII = re.compile(r"[ -~]*")
# One of the two halves that UTF-16 makes of some characters. A JSON escape may write it alone.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_LINE_BREAKS = frozenset("\n\t")


def visible(text: str, kept: str = "") -> str:
    r"""`text` with an escape, as `\x1b`, for each character that is not seen. Those in `kept` stay."""
    if _PLAIN_ASCII.fullmatch(text):
        return text
    return "".join(_escape(sign) if sign not in kept and _is_unseen(sign) else sign for sign in text)


def is_line(text: str) -> bool:
    """Whether every character of `text` is seen, so that it is one line and does nothing to a terminal."""
    return _PLAIN_ASCII.fullmatch(text) is not None or not any(map(_is_unseen, text))


def cleaned_prose(text: str) -> str:
    """`text` with line feeds and tabs as they are, and the replacement character for all else that is not
    seen."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if sign not in _LINE_BREAKS and _is_unseen(sign) else sign
        for sign in text.replace("\r\n", "\n")
    )


def has_half_character(text: str) -> bool:
    """Whether `text` contains a surrogate, which no database and no file in UTF-8 can hold."""
    return _HALF_CHARACTER.search(text) is not None


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def unstorable(document: Any) -> str | None:
    """Why a database cannot store a text of a JSON document, the names of its fields included. None where it
    can store all."""
    for text in _texts(document):
        if "\0" in text:
            return "a text contains a zero byte, which PostgreSQL cannot store."
        if has_half_character(text):
            return "a text contains half a character."
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for pair in value.items():
            yield from _texts(list(pair))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
