import pytest

from app.gate.ranks import FirstRow, RankVerdict, rank_change
from app.gate.verdicts import Verdict

X, Y = FirstRow("x", "case of x", frozenset()), FirstRow("y", "case of y", frozenset())
TIED = FirstRow("y", "case of y", frozenset(["x"]))


@pytest.mark.parametrize(
    ("before", "now", "verdicts", "verdict"),
    [
        (X, X, {}, RankVerdict.SAME),
        (X, TIED, {X.case: Verdict.REGRESSED}, RankVerdict.TIED),
        (X, Y, {X.case: Verdict.REGRESSED}, RankVerdict.LOST),
        (X, None, {X.case: Verdict.REGRESSED}, RankVerdict.LOST),
        (X, None, {X.case: Verdict.UNDECIDED}, RankVerdict.UNDECIDED),
        (X, Y, {X.case: Verdict.SAME, Y.case: Verdict.IMPROVED}, RankVerdict.OVERTAKEN),
        (X, Y, {X.case: Verdict.SAME}, RankVerdict.OVERTAKEN),
        (X, Y, {X.case: Verdict.UNDECIDED, Y.case: Verdict.UNDECIDED}, RankVerdict.UNDECIDED),
        (None, Y, {}, RankVerdict.GAINED),
        (None, None, {}, RankVerdict.SAME),
    ],
)
def test_what_became_of_a_recommendation(
    before: FirstRow | None, now: FirstRow | None, verdicts: dict[str, Verdict], verdict: RankVerdict
) -> None:
    change = rank_change("a question", before, now, verdicts)
    assert change.verdict is verdict
    assert change.fails is (verdict is RankVerdict.LOST)
