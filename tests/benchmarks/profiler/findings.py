"""What an experiment says: goals reached or not, with the reason from the data, and tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """A goal and what was found; `reached` is None where too little was measured to tell. `why` says what the
    data show of a goal that was missed."""

    what: str
    goal: str
    found: str
    reached: bool | None
    why: str = ""

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "**not reached**", None: "not measured"}[self.reached]


@dataclass(frozen=True)
class Section:
    """An experiment in the report."""

    title: str
    findings: Sequence[Finding]
    table: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; the first column is words, the others are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines] if rows else []


def unmeasured(title: str, *goals: tuple[str, str], notes: Sequence[str] = ()) -> Section:
    """The section of an experiment that has too few samples; `notes` may say why."""
    return Section(title, [Finding(what, goal, "-", None) for what, goal in goals], notes=notes)


def worst(causes: Sequence[tuple[float, str]], most: int = 3) -> str:
    """The worst of them first, in words."""
    ordered = [words for _, words in sorted(causes, key=lambda cause: -cause[0])]
    more = f"; and {len(ordered) - most} more" if len(ordered) > most else ""
    return "; ".join(ordered[:most]) + more
