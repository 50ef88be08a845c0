import random
from math import log

import pytest

from app.gate.numbers import Change
from app.gate.verdicts import Confirmation, Evidence, Rules, Verdict, is_suspicious, verdicts

RULES = Rules()


def slower(share: float, error: float = 0.01) -> Change:
    return Change(log(1 + share), error, 30)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (slower(0.2), Verdict.REGRESSED),
        (slower(-0.2), Verdict.IMPROVED),
        (slower(0.0, 0.01), Verdict.SAME),
        (slower(0.0, 0.05), Verdict.UNDECIDED),
        (slower(0.2, 0.2), Verdict.UNDECIDED),
        (slower(0.015, 0.001), Verdict.SAME),  # certain, and too little to matter
    ],
)
def test_the_verdict_on_a_single_case(change: Change, verdict: Verdict) -> None:
    assert verdicts([Evidence(change)], RULES) == [verdict]


def test_what_would_be_worse_alone_is_not_among_many() -> None:
    change = slower(0.032)
    assert change.chance_if_no_worse < RULES.false_builds
    assert verdicts([Evidence(change)], RULES) == [Verdict.REGRESSED]
    others = [Evidence(slower(0.0)) for _ in range(40)]
    assert verdicts([Evidence(change), *others], RULES)[0] is not Verdict.REGRESSED


def test_builds_of_the_same_code_fail_as_seldom_as_the_rules_say() -> None:
    draw = random.Random(1)
    failed = 0
    for _ in range(400):
        changes = [Evidence(Change(draw.gauss(0, 0.03), 0.03, 1e9)) for _ in range(14)]
        failed += Verdict.REGRESSED in verdicts(changes, Rules(false_builds=0.05))
    assert 0.02 <= failed / 400 <= 0.08


def test_a_disturbed_number_alone_fails_no_build() -> None:
    assert verdicts([Evidence(slower(0.5), is_doubted=True)], RULES) == [Verdict.UNDECIDED]
    assert verdicts([Evidence(slower(-0.5), is_doubted=True)], RULES) == [Verdict.UNDECIDED]


def test_what_is_the_same_when_measured_again_fails_no_build() -> None:
    again = Evidence(slower(0.5), again=slower(0.0))
    assert again.confirmation is Confirmation.AGAIN
    assert verdicts([again], RULES) == [Verdict.SAME]
    assert verdicts([Evidence(slower(0.5), in_turns=(slower(0.0),) * 4)], RULES) == [Verdict.SAME]


def test_what_is_slower_when_measured_again_fails_the_build() -> None:
    assert verdicts([Evidence(slower(0.1), again=slower(0.1))], RULES) == [Verdict.REGRESSED]
    assert verdicts([Evidence(slower(0.1, 0.05), in_turns=(slower(0.1),) * 4)], RULES) == [Verdict.REGRESSED]


def test_a_neighbour_who_stays_leaves_the_case_undecided() -> None:
    stays = Evidence(slower(0.5), again=slower(0.5), is_doubted=True)
    assert verdicts([stays], RULES) == [Verdict.UNDECIDED]


def test_cases_in_turns_are_corrected_for_among_themselves() -> None:
    change = slower(0.032)
    others = [Evidence(slower(0.0)) for _ in range(40)]
    assert verdicts([Evidence(change, in_turns=(change,) * 6), *others], RULES)[0] is Verdict.REGRESSED


def test_a_disturbed_round_makes_no_regression() -> None:
    rounds = (slower(0.9, 0.001), *(slower(-0.001, 0.001) for _ in range(2)))
    assert verdicts([Evidence(slower(0.1), in_turns=rounds)], RULES) == [Verdict.UNDECIDED]


def test_suspicious_is_what_may_be_slower_by_enough() -> None:
    assert is_suspicious(slower(0.03, 0.02), RULES)
    assert not is_suspicious(slower(0.01, 0.001), RULES)
    assert not is_suspicious(slower(0.03, 0.1), RULES)
    assert not is_suspicious(slower(-0.1), RULES)


def test_no_case_has_no_verdict() -> None:
    assert verdicts([], RULES) == []
