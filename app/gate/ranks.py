"""Whether a recommendation changes, from the first rows of two answers to one question."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.gate.verdicts import Verdict


class RankVerdict(StrEnum):
    """What became of a recommendation."""

    SAME = "same"
    TIED = "tied"
    LOST = "lost"
    OVERTAKEN = "overtaken"
    UNDECIDED = "undecided"
    GAINED = "gained"


@dataclass(frozen=True)
class FirstRow:
    """The first row of an answer: the name to show, the case that it rests on, and the names that share its
    rank."""

    name: str
    case: str
    shares: Collection[str]


@dataclass(frozen=True)
class RankChange:
    """A recommendation `before` and `now`. None is nothing that fits."""

    question: str
    before: FirstRow | None
    now: FirstRow | None
    verdict: RankVerdict

    @property
    def fails(self) -> bool:
        """Whether what was recommended before is no recommendation any more, and this is no noise."""
        return self.verdict is RankVerdict.LOST


def rank_change(
    question: str, before: FirstRow | None, now: FirstRow | None, verdicts: Mapping[str, Verdict]
) -> RankChange:
    """What became of the recommendation of a question. `verdicts` has those of the cases that both sides have
    measured, by the case.

    A first row that shares its rank with the one before cannot be told apart from it. Where neither case was
    called better or worse, a change comes from the errors of the numbers.
    """
    return RankChange(question, before, now, _verdict(before, now, verdicts))


def _verdict(before: FirstRow | None, now: FirstRow | None, verdicts: Mapping[str, Verdict]) -> RankVerdict:
    if before is None:
        return RankVerdict.SAME if now is None else RankVerdict.GAINED
    if now is not None and now.name == before.name:
        return RankVerdict.SAME
    if now is not None and before.name in now.shares:
        return RankVerdict.TIED
    if verdicts.get(before.case) is Verdict.REGRESSED:
        return RankVerdict.LOST
    overtaken = now is not None and verdicts.get(now.case, Verdict.IMPROVED) is Verdict.IMPROVED
    return RankVerdict.OVERTAKEN if overtaken else RankVerdict.UNDECIDED
