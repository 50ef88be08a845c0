"""The small files in which a kernel says what a machine is. Any of them may be missing or closed."""

from pathlib import Path


def text_of(path: Path) -> str:
    """The text of a file, empty where there is none to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")  # names may be in any encoding
    except OSError:
        return ""


def number_in(path: Path) -> int | None:
    """The whole number that a file holds. None where there is none to read."""
    try:
        return int(text_of(path))
    except ValueError:
        return None
