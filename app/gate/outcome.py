"""What a gate answers: the verdicts on cases, budgets and recommendations, and whether the build passes."""

from dataclasses import dataclass

from app.gate.budgets import Checked
from app.gate.history import Pair
from app.gate.numbers import Change
from app.gate.ranks import RankChange
from app.gate.verdicts import Confirmation, Verdict


@dataclass(frozen=True)
class JudgedCase:
    """The verdict on a case. `change` is None where the case fails now, or has no number to compare; then
    `why` says so."""

    pair: Pair
    verdict: Verdict
    change: Change | None = None
    confirmation: Confirmation = Confirmation.ONCE
    why: str | None = None


@dataclass(frozen=True)
class JudgedBudget:
    """A budget of the policy, and how each of its cases keeps each limit. `why` says why nothing was
    checked."""

    name: str
    checked: tuple[Checked, ...] = ()
    confidence: float | None = None
    why: str | None = None

    @property
    def is_kept(self) -> bool:
        return bool(self.checked) and all(one.is_kept for one in self.checked)


@dataclass(frozen=True)
class GateOutcome:
    """What a gate answers. `baseline` and `candidate` say what was compared. `unchanged` counts the cases
    that the candidate did not measure again, and `new` those that the baseline lacks. `notes` are sentences.
    """

    baseline: str
    candidate: str
    cases: tuple[JudgedCase, ...] = ()
    budgets: tuple[JudgedBudget, ...] = ()
    recommendations: tuple[RankChange, ...] = ()
    unchanged: int = 0
    new: int = 0
    notes: tuple[str, ...] = ()

    @property
    def undecided(self) -> int:
        return sum(case.verdict is Verdict.UNDECIDED for case in self.cases)

    def passes(self, *, strict: bool = False) -> bool:
        """Whether the build may go on. With `strict`, every case must be decided too."""
        failed = (
            any(case.verdict is Verdict.REGRESSED for case in self.cases)
            or any(not budget.is_kept for budget in self.budgets)
            or any(change.fails for change in self.recommendations)
        )
        return not failed and not (strict and self.undecided)
