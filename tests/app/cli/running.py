"""What tests of the terminal run, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Archrank = Callable[..., Done]


def check_width(done: Done) -> None:
    """Nothing is wider than the terminal, and nothing was cut to fit."""
    assert done.code == 0, done.err
    assert max(len(line) for line in done.lines) <= 80
    assert "…" not in done.out


def table_of(done: Done, heading: str, indent: str = "   ") -> list[list[str]]:
    """The words of the lines from the first one that begins with `heading`. A line that begins with `indent`
    belongs to the row before it."""
    start = next(place for place, line in enumerate(done.lines) if line.strip().startswith(heading))
    rows: list[list[str]] = []
    for line in done.lines[start:]:
        if line.startswith(indent) and rows:
            rows[-1] += line.split()
        else:
            rows.append(line.split())
    return rows
