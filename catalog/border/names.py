"""Which texts may be names, and which may be the other fields of a record.

A name is typed into a shell, put into an address, into a file's name and into a table. So it consists of
letters, digits and a few signs that mean nothing in any of these.
"""

import re
from collections.abc import Mapping
from typing import Any

from catalog.entities.configurations import Target
from catalog.entities.measurements import Failure
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Workload
from catalog.words.texts import cleaned_prose, has_half_character, is_line

_ARCHITECTURE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+-]*")
_CHECKPOINT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+-]*(\.[A-Za-z0-9_.+-]+)?")
_TAG = re.compile(r"[A-Za-z0-9_.+-]*")
_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_MOST_OF_A_NAME = 200
# The longest of the shipped texts has 400 characters. The output of a process that crashed may be a page.
_MOST_OF_A_LINE = 4_000
_MOST_OF_PROSE = 200_000

_NAMES: Mapping[type[Any], Mapping[str, re.Pattern[str]]] = {
    Architecture: {"name": _ARCHITECTURE, "default_tag": _TAG},
    Checkpoint: {"name": _CHECKPOINT, "architecture": _ARCHITECTURE},
    Accuracy: {"checkpoint": _CHECKPOINT},
    Workload: {"architecture": _ARCHITECTURE},
    Target: {"id": _TARGET},
}
# Fields that hold what a program said, on several lines.
_PROSE: Mapping[type[Any], str] = {Failure: "detail", CountedWorkload: "count_failure"}


def complaint_about(kind: type[Any], field: str, text: str) -> str | None:
    """What is wrong with the text in this field of a record of `kind`. None where nothing is."""
    if "\0" in text:
        return "A text contains a zero byte, which PostgreSQL cannot store."
    if has_half_character(text):
        return "A text contains half a character."
    if (pattern := _NAMES.get(kind, {}).get(field)) is not None:
        return _complaint_about_name(pattern, text)
    if _PROSE.get(kind) == field:
        return None if len(text) <= _MOST_OF_PROSE else _too_long(text, _MOST_OF_PROSE)
    if not is_line(text):
        return "The text contains a line break, or a character that controls a terminal or directs writing."
    return None if len(text) <= _MOST_OF_A_LINE else _too_long(text, _MOST_OF_A_LINE)


def cleaned(text: str | None) -> str | None:
    """What a program said, without what only its terminal understood, and not longer than a page or two. None
    stays None."""
    return None if text is None else cleaned_prose(text)[:_MOST_OF_PROSE]


def _complaint_about_name(pattern: re.Pattern[str], name: str) -> str | None:
    if len(name) > _MOST_OF_A_NAME:
        return _too_long(name, _MOST_OF_A_NAME)
    if pattern.fullmatch(name):
        return None
    shown = name if len(name) <= 60 else f"{name[:60]}..."  # noqa: PLR2004 - the rest adds nothing
    return (
        f"{shown!a} is no name. Names consist of letters, digits, _ and -, and begin with none of +, - and a "
        "dot. A dot separates the tag of a checkpoint."
    )


def _too_long(text: str, most: int) -> str:
    return f"The text has {len(text)} characters, and may have {most}."
