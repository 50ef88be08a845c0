from dataclasses import replace
from pathlib import Path

import pytest

from app.checking.gate import Again, judge
from app.checking.measuring_again import Interrupted
from app.checking.policy import BudgetRule, Policy
from app.checking.sources import Side
from app.child import INTERRUPTED
from app.errors import CannotCompare
from app.gate.budgets import Limit
from app.gate.outcome import GateOutcome
from app.gate.ranks import RankVerdict
from app.gate.verdicts import Confirmation, Rules, Verdict
from app.questions.asking.question import Question
from app.ranking.budget.budget import Bound, Budget
from catalog import host
from catalog.entities.measurements import Failure, Measurement
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Status
from tests.app.checking.machine import BASELINE_PYTHON, Machine
from tests.app.gate.sides import NEW, measured, side
from tests.builders import make_target

HERE = host.local_target()
NO_POLICY = Policy()


def before(*names: str, latency_ms: float = 10.0, **fields: object) -> Side:
    return side(*(measured(name, latency_ms, target=HERE, **fields) for name in names))  # type: ignore[arg-type]


def now(*names: str, latency_ms: float = 10.0, **fields: object) -> list[Measurement]:
    fields = {"environment": NEW, "hour": 1, **fields}
    return [measured(name, latency_ms, target=HERE, **fields) for name in names]  # type: ignore[arg-type]


def judged(
    baseline: Side,
    *candidate: Measurement,
    policy: Policy = NO_POLICY,
    machine: Machine | None = None,
    python: str | None = None,
    url: str = "",
) -> GateOutcome:
    again = Again(machine is not None, url, python, (machine or Machine()).run)
    return judge(baseline, side(*candidate), policy, Rules(), again, lambda _: None)


@pytest.fixture
def url(empty_sqlite_url: str) -> str:
    return empty_sqlite_url


def test_the_same_code_passes() -> None:
    names = ("resnet18", "resnet50", "mobilenetv3_large_100")
    outcome = judged(before(*names), *now(*names))
    assert [case.verdict for case in outcome.cases] == [Verdict.SAME] * 3
    assert outcome.passes(strict=True)


def test_a_clear_regression_fails_the_gate_even_where_nothing_is_measured_again() -> None:
    outcome = judged(before("resnet18", "resnet50"), *now("resnet18"), *now("resnet50", latency_ms=12.0))
    assert [case.verdict for case in outcome.cases] == [Verdict.SAME, Verdict.REGRESSED]
    assert not outcome.passes()
    assert outcome.notes == ("1 suspicious case could not be measured again: --no-measure-again was given.",)


def test_a_neighbour_of_the_first_campaign_fails_no_build(url: str) -> None:
    machine = Machine()
    outcome = judged(before("resnet18"), *now("resnet18", latency_ms=15.0), machine=machine, url=url)
    (case,) = outcome.cases
    assert (case.verdict, case.confirmation) == (Verdict.SAME, Confirmation.AGAIN)
    assert machine.urls == [url, url]
    assert len(case.pair.candidate) == 3
    assert "The verdict rests on the new numbers alone." in outcome.notes[0]


def test_a_neighbour_who_stays_is_seen_by_the_canary_and_fails_no_build(url: str) -> None:
    machine = Machine({None: 15.0}, doubts=(Doubt.CONTENDED,))
    outcome = judged(before("resnet18"), *now("resnet18", latency_ms=15.0), machine=machine, url=url)
    assert outcome.cases[0].verdict is Verdict.UNDECIDED
    assert outcome.passes()
    assert not outcome.passes(strict=True)


def test_a_regression_that_is_measured_again_fails_the_build(url: str) -> None:
    machine = Machine({None: 12.0})
    outcome = judged(before("resnet18"), *now("resnet18", latency_ms=12.0), machine=machine, url=url)
    assert outcome.cases[0].verdict is Verdict.REGRESSED


def test_new_campaigns_that_contradict_one_another_decide_nothing(url: str) -> None:
    machine = Machine({None: 12.0}, factors=(1.3, 0.9))
    outcome = judged(before("resnet18"), *now("resnet18", latency_ms=12.0), machine=machine, url=url)
    assert outcome.cases[0].verdict is Verdict.UNDECIDED


def test_a_case_that_fails_when_measured_again_fails_the_build(url: str) -> None:
    machine = Machine(status=Status.FAILED)
    outcome = judged(before("resnet18"), *now("resnet18", latency_ms=12.0), machine=machine, url=url)
    assert outcome.cases[0].why == "The case fails now: runtime_error."
    assert not outcome.passes()


def test_in_turns_a_slower_machine_meets_both(url: str) -> None:
    """The machine became 20 % slower since the baseline, for both sides."""
    machine = Machine({None: 12.0, BASELINE_PYTHON: 12.0})
    baseline = before("resnet18")
    outcome = judged(
        baseline, *now("resnet18", latency_ms=12.0), machine=machine, python=BASELINE_PYTHON, url=url
    )
    (case,) = outcome.cases
    assert (case.verdict, case.confirmation) == (Verdict.SAME, Confirmation.IN_TURNS)
    assert url not in machine.urls  # the own catalog keeps nothing of it


def test_in_turns_the_order_alternates_and_ends_when_all_is_decided(url: str) -> None:
    machine = Machine({None: 11.0, BASELINE_PYTHON: 10.0})
    outcome = judged(
        before("resnet18"),
        *now("resnet18", latency_ms=11.0),
        machine=machine,
        python=BASELINE_PYTHON,
        url=url,
    )
    assert outcome.cases[0].verdict is Verdict.REGRESSED
    assert machine.pythons == [BASELINE_PYTHON, None, None, BASELINE_PYTHON] * (Rules().looks[0] // 2)


def test_in_turns_what_is_not_decided_gets_more_rounds(url: str) -> None:
    machine = Machine({None: 10.15, BASELINE_PYTHON: 10.0}, error=0.03)
    judged(
        before("resnet18"),
        *now("resnet18", latency_ms=10.6),
        machine=machine,
        python=BASELINE_PYTHON,
        url=url,
    )
    assert len(machine.pythons) == 2 * Rules().looks[-1]


def test_a_python_with_other_versions_than_the_baseline_is_refused(url: str) -> None:
    machine = Machine(environments={None: NEW, BASELINE_PYTHON: NEW})
    outcome = judged(
        before("resnet18"),
        *now("resnet18", latency_ms=15.0),
        machine=machine,
        python=BASELINE_PYTHON,
        url=url,
    )
    assert (
        "The baseline was measured with onnxruntime 1.30.0, and here is onnxruntime 1.31.1."
        in (outcome.notes[0])
    )
    assert outcome.cases[0].confirmation is Confirmation.ONCE


def test_a_baseline_that_gets_no_number_in_the_first_round_gets_no_second(url: str) -> None:
    machine = Machine(idle_pythons=(BASELINE_PYTHON,))
    outcome = judged(
        before("resnet18"),
        *now("resnet18", latency_ms=15.0),
        machine=machine,
        python=BASELINE_PYTHON,
        url=url,
    )
    assert machine.pythons == [BASELINE_PYTHON, None]
    assert "The baseline got no number in the first round." in outcome.notes[0]
    assert outcome.cases[0].confirmation is Confirmation.ONCE


def test_an_interrupt_ends_the_gate(url: str) -> None:
    with pytest.raises(Interrupted):
        judged(
            before("resnet18"),
            *now("resnet18", latency_ms=15.0),
            machine=Machine(code=INTERRUPTED),
            url=url,
        )


def test_a_fault_of_the_host_is_said_and_the_first_numbers_count(url: str) -> None:
    machine = Machine(code=2)
    outcome = judged(before("resnet18"), *now("resnet18", latency_ms=15.0), machine=machine, url=url)
    assert "`archrank profile` ended with exit code 2." in outcome.notes[0]
    assert outcome.cases[0].verdict is Verdict.REGRESSED


def test_another_machine_is_refused() -> None:
    elsewhere = measured("resnet18", target=make_target("other-cpu"), hour=1)
    with pytest.raises(CannotCompare, match=f"measured on other-cpu, the baseline on {HERE.id}"):
        judged(before("resnet18"), elsewhere)


def test_a_side_without_a_measurement_is_refused() -> None:
    with pytest.raises(CannotCompare, match="Nothing was measured in a side"):
        judged(side(), *now("resnet18"))


def test_what_only_one_side_has_is_counted() -> None:
    outcome = judged(before("resnet18", "resnet50"), *now("resnet18", "mobilenetv3_large_100"))
    assert (outcome.unchanged, outcome.new) == (1, 1)


def test_a_side_compared_with_itself_has_nothing_new() -> None:
    baseline = before("resnet18")
    outcome = judged(baseline, *baseline.measurements)
    assert (outcome.cases, outcome.unchanged) == ((), 1)
    assert outcome.passes(strict=True)


def test_a_case_that_fails_now_fails_the_gate() -> None:
    outcome = judged(before("resnet18"), *now("resnet18", status=Status.FAILED))
    assert isinstance(outcome.cases[0].pair.now.outcome, Failure)
    assert not outcome.passes()


def test_a_case_that_failed_before_is_improved() -> None:
    outcome = judged(before("resnet18", status=Status.FAILED), *now("resnet18"))
    assert outcome.cases[0].verdict is Verdict.IMPROVED


def test_other_protocols_are_undecided() -> None:
    outcome = judged(before("resnet18", protocol_version=2), *now("resnet18"))
    assert outcome.cases[0].why == ("The baseline was measured by protocol 2, the candidate by protocol 3.")


def test_history_makes_the_gate_wary_where_campaigns_differ() -> None:
    history = [measured("resnet18", 10 + 2 * (hour % 2), target=HERE, hour=-hour) for hour in range(1, 9)]
    outcome = judged(side(*history), *now("resnet18", latency_ms=12.0))
    assert outcome.cases[0].verdict is Verdict.UNDECIDED
    steady = [measured("resnet18", 10, target=HERE, hour=-hour) for hour in range(1, 9)]
    assert judged(side(*steady), *now("resnet18", latency_ms=12.0)).cases[0].verdict is Verdict.REGRESSED


# budgets and recommendations


def budget(**fields: object) -> Policy:
    rule = BudgetRule(
        "resnet50 stays", "resnet50", None, None, None, {}, (Limit(Metric.LATENCY_MS, None, 40.0),), 0.95
    )
    return Policy((replace(rule, **fields),))  # type: ignore[arg-type]


@pytest.mark.parametrize(("latency", "kept"), [(30.0, True), (39.9, False), (45.0, False)])
def test_a_budget_at_95_percent(latency: float, kept: bool) -> None:
    outcome = judged(
        before("resnet50", latency_ms=latency), *now("resnet50", latency_ms=latency), policy=budget()
    )
    assert outcome.budgets[0].is_kept is kept
    assert outcome.passes() is kept


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (
            {"architecture": "resnet-18", "target": "local"},
            "resnet-18 was not measured. Did you mean resnet18?",
        ),
        ({"architecture": "vgg"}, "vgg was not measured."),
        (
            {"architecture": "resnet18", "target": "edge-cpu"},
            f"Nothing was measured on edge-cpu. Measured were {HERE.id}.",
        ),
        (
            {"architecture": "resnet18", "allowed": {"threads": (8,)}},
            "resnet18 was not measured in this way. It was measured with 224 px, onnxrt t1.",
        ),
    ],
)
def test_a_budget_of_what_was_not_measured_is_not_kept(fields: dict[str, object], why: str) -> None:
    outcome = judged(before("resnet18"), *now("resnet18"), policy=budget(**fields))
    assert outcome.budgets[0].why == why
    assert not outcome.passes()


def test_a_budget_is_about_every_case_unless_it_names_a_configuration() -> None:
    baseline = side(
        measured("resnet50", 30.0, target=HERE, threads=2), measured("resnet50", 60.0, target=HERE, threads=1)
    )
    candidate = now("resnet50", latency_ms=30.0, threads=2)
    assert not judged(baseline, *candidate, policy=budget()).passes()
    assert judged(baseline, *candidate, policy=budget(allowed={"threads": (2,)})).passes()


def test_a_case_that_breaks_a_budget_is_measured_again_first(url: str) -> None:
    machine = Machine({None: 30.0})
    outcome = judged(
        before("resnet50", latency_ms=30.0),
        *now("resnet50", latency_ms=41.0, error=0.3),
        policy=budget(),
        machine=machine,
        url=url,
    )
    assert machine.pythons == [None, None]
    assert outcome.budgets[0].is_kept


def test_in_turns_too_a_case_that_breaks_a_budget_is_measured_again(url: str) -> None:
    machine = Machine({None: 30.0, BASELINE_PYTHON: 30.0})
    outcome = judged(
        before("resnet50", latency_ms=30.0),
        *now("resnet50", latency_ms=41.0, error=0.3),
        policy=budget(),
        machine=machine,
        python=BASELINE_PYTHON,
        url=url,
    )
    assert machine.urls[-2:] == [url, url]
    assert outcome.budgets[0].is_kept


def test_a_recommendation_that_is_lost_fails_the_gate(small_reference: Path) -> None:
    question = Question("local", Budget((Bound(Metric.LATENCY_MS, None, 40.0),), None))
    policy = Policy(questions={"the best under 40 ms": question})
    baseline = side(measured("resnet50", 30.0, target=HERE), measured("resnet18", 10.0, target=HERE))
    outcome = judged(baseline, *now("resnet18"), *now("resnet50", latency_ms=60.0), policy=policy)
    (change,) = outcome.recommendations
    assert change.before is not None
    assert change.now is not None
    assert change.before.name.startswith("resnet50.")
    assert change.now.name.startswith("resnet18.")
    assert change.verdict is RankVerdict.LOST
    same = judged(baseline, *now("resnet18"), *now("resnet50", latency_ms=30.0), policy=policy)
    assert same.recommendations[0].verdict is RankVerdict.SAME
