"""What an experiment says: goals reached or not, with the reason from the data, and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class Share:
    """How many of how many, with an exact 95 % interval (Clopper and Pearson)."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Taking the trials as independent."""
        if not self.of:
            return 0.0, 1.0
        found = stats.binomtest(self.hits, self.of).proportion_ci(0.95, method="exact")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.hits} of {self.of}, {self.value:.1%} ({low:.1%} to {high:.1%})"


def total(shares: Sequence[Share]) -> Share:
    return Share(sum(one.hits for one in shares), sum(one.of for one in shares))


@dataclass(frozen=True)
class Finding:
    """A goal and what was found. `reached` is None where too little was measured to tell. `why` says what the
    data show of a goal that was missed."""

    what: str
    goal: str
    found: str = "-"
    reached: bool | None = None
    why: str = ""

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "**not reached**", None: "not measured"}[self.reached]


@dataclass(frozen=True)
class Section:
    """An experiment in the report."""

    title: str
    findings: Sequence[Finding] = ()
    table: Sequence[str] = ()
    notes: Sequence[str] = ()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table. The first column is words, the others are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines] if rows else []


def because(label: str, causes: Sequence[tuple[float, str]], most: int = 3) -> str:
    """A sentence with the worst of the causes first. Empty where there are none."""
    if not causes:
        return ""
    ordered = [words for _, words in sorted(causes, key=lambda cause: -cause[0])]
    more = f"; and {len(ordered) - most} more" if len(ordered) > most else ""
    return f"{label}: {'; '.join(ordered[:most])}{more}."
