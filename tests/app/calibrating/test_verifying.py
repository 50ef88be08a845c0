"""Verifying an answer: what is measured, in which order, when it ends, and what it says."""

from collections.abc import Sequence

import pytest

from app.calibrating import verifying
from app.calibrating.measuring import Case
from app.calibrating.verifying import Verification, verify
from app.child import FAILED, INTERRUPTED
from app.cli.verification import print_verification
from app.errors import CannotVerify
from app.questions.answers.recommend import Answer, recommend
from app.questions.answers.verification import unverified
from app.questions.asking.question import Question
from app.ranking.budget.budget import Bound, Budget
from catalog import host
from catalog.entities.estimates import Estimate
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_accuracies
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, RuntimeName
from tests.app.calibrating.machine import (
    CONFIGURATION,
    NETWORKS,
    FakeEstimator,
    FakeMachine,
    field_of,
    inventory_of,
    measured,
)
from tests.builders import make_accuracy, make_target, make_workload, store_measurements
from tests.estimate_builders import make_basis, store_estimates

# From the least to the most accurate.
NAMES = ("anet", "bnet", "cnet", "dnet", "enet", "fnet")
QUESTION = Question(budget=Budget((Bound(Metric.LATENCY_MS, maximum=50.0),)))


def estimate(name: str, latency_ms: float, spread: float = 1.1) -> Estimate:
    low, high = latency_ms / spread, latency_ms * spread
    return Estimate(make_workload(name), CONFIGURATION, Metric.LATENCY_MS, latency_ms, low, high, 0.9)


@pytest.fixture(autouse=True)
def _accurate(bare: Catalog, estimator: FakeEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "missing_packages", lambda extra: [])
    field_of(bare, *NAMES)
    with bare.write() as session:
        save_accuracies(
            session, [make_accuracy(f"{name}.v1", top1=70.0 + place) for place, name in enumerate(NAMES)]
        )


def estimated(catalog: Catalog, **latencies_ms: float) -> None:
    estimates = [estimate(name, latency) for name, latency in latencies_ms.items()]
    store_estimates(catalog, *estimates, basis=make_basis(target=host.local_target()))


def worth(answer: Answer, top: int) -> list[str]:
    return [answer.columns.architecture[row] for row in unverified(answer, top).rows]


def run(machine: FakeMachine, top: int = 1, question: Question = QUESTION) -> Verification:
    ended = verify(machine.catalog, question, top, inventory_of(*NAMES), lambda text: None, machine)
    assert ended is not None
    return ended


def asked(machine: FakeMachine) -> list[list[str]]:
    return [[case.workload.architecture for case in cases] for cases in machine.asked]


# What is worth measuring


def test_the_most_accurate_that_likely_fits_is_worth_most(bare: Catalog) -> None:
    estimated(bare, anet=10.0, bnet=20.0, cnet=30.0, fnet=90.0)
    assert worth(recommend(bare, QUESTION), 1) == ["cnet", "bnet", "anet"]


def test_what_cannot_keep_the_budget_is_worth_nothing(bare: Catalog) -> None:
    estimated(bare, fnet=90.0)
    assert worth(recommend(bare, QUESTION), 1) == []


def test_what_fits_by_chance_alone_is_worth_its_chance(bare: Catalog) -> None:
    estimated(bare, dnet=40.0, fnet=51.0)
    found = worth(recommend(bare, QUESTION), 1)
    assert set(found) == {"dnet", "fnet"}


def test_an_estimate_below_the_measured_winner_is_worth_nothing(bare: Catalog) -> None:
    store_measurements(bare, measured("enet", 40.0))
    estimated(bare, anet=10.0, fnet=45.0)
    assert worth(recommend(bare, QUESTION), 1) == ["fnet"]


def test_more_first_rows_need_more_measurements(bare: Catalog) -> None:
    store_measurements(bare, measured("enet", 40.0))
    estimated(bare, anet=10.0, bnet=12.0)
    answer = recommend(bare, QUESTION)
    assert worth(answer, 1) == []
    assert worth(answer, 2) == ["bnet", "anet"]


def test_an_answer_of_measurements_is_verified(bare: Catalog) -> None:
    store_measurements(bare, measured("enet", 40.0), measured("dnet", 30.0))
    assert unverified(recommend(bare, QUESTION), 2).is_verified


# Measuring it


def test_measuring_ends_when_nothing_may_displace_the_first_rows(machine: FakeMachine, bare: Catalog) -> None:
    estimated(bare, anet=10.0, bnet=20.0, cnet=30.0, fnet=90.0)
    machine.latency_ms = {"cnet": 33.0}
    ended = run(machine)
    assert asked(machine) == [["cnet"]]
    assert ended.is_complete
    (one,) = ended.measured
    assert (one.estimated, one.measured) == (30.0, 33.0)
    first = ended.after.recommendations[0].row
    assert ended.after.columns.measurement[first].provenance is Provenance.MEASURED


def test_a_winner_that_breaks_the_budget_gives_way_to_the_next(machine: FakeMachine, bare: Catalog) -> None:
    estimated(bare, anet=10.0, bnet=20.0, cnet=48.0)
    machine.latency_ms = {"cnet": 60.0, "bnet": 21.0}
    ended = run(machine)
    assert asked(machine) == [["cnet"], ["bnet"]]
    assert ended.after.columns.architecture[ended.after.recommendations[0].row] == "bnet"


def test_each_round_learns_from_the_one_before(
    machine: FakeMachine, bare: Catalog, estimator: FakeEstimator
) -> None:
    field_of(bare, *NETWORKS)
    store_measurements(bare, *map(measured, NETWORKS))
    estimated(bare, dnet=45.0, enet=45.0, fnet=48.0)
    machine.latency_ms = {"fnet": 80.0}
    estimator.values = {"dnet": 45.0, "enet": 90.0}  # what the first round teaches
    told: list[str] = []
    ended = verify(bare, QUESTION, 1, inventory_of(*NAMES, *NETWORKS), told.append, machine)
    assert ended is not None
    assert asked(machine) == [["fnet"], ["dnet"]]
    assert [one.estimated for one in ended.measured] == [48.0, pytest.approx(45.0)]
    assert told == [
        "Round 1 of at most 6 measures fnet (onnxrt t1).",
        "Round 2 of at most 6 measures dnet (onnxrt t1).",
    ]


def test_as_many_are_measured_together_as_rows_are_verified(machine: FakeMachine, bare: Catalog) -> None:
    estimated(bare, anet=10.0, bnet=20.0, cnet=30.0)
    run(machine, top=2)
    assert asked(machine) == [["cnet", "bnet"]]


def test_what_failed_is_not_asked_for_again(machine: FakeMachine, bare: Catalog) -> None:
    estimated(bare, anet=10.0, bnet=20.0)
    machine.failing, machine.code = frozenset({"bnet"}), FAILED
    ended = run(machine)
    assert asked(machine) == [["bnet"], ["anet"]]
    assert [one.measured for one in ended.measured] == [None, 10.0]


def test_a_case_whose_measuring_stores_nothing_ends_the_rounds(bare: Catalog) -> None:
    estimated(bare, anet=10.0, bnet=20.0)
    rounds: list[Sequence[Case]] = []

    def nothing(cases: Sequence[Case], options: Sequence[str]) -> int:
        rounds.append(cases)
        return FAILED

    ended = verify(bare, QUESTION, 1, inventory_of(*NAMES), lambda text: None, nothing)
    assert ended is not None
    assert len(rounds) == 2


def test_an_interrupt_ends_it(machine: FakeMachine, bare: Catalog) -> None:
    estimated(bare, anet=10.0)
    machine.code = INTERRUPTED
    assert verify(bare, QUESTION, 1, inventory_of(*NAMES), lambda text: None, machine) is None


def test_another_machine_is_not_measured_here(machine: FakeMachine, bare: Catalog) -> None:
    there = make_target("there")
    store_estimates(bare, estimate("anet", 10.0), basis=make_basis(target=there))
    with pytest.raises(CannotVerify, match="there is another machine"):
        run(machine, question=Question(target="there"))


def test_what_is_verified_already_is_not_measured(machine: FakeMachine, bare: Catalog) -> None:
    store_measurements(bare, measured("enet", 40.0))
    ended = run(machine)
    assert (ended.measured, ended.is_complete, machine.asked) == ((), True, [])


def test_a_published_row_is_not_called_measured(
    machine: FakeMachine, bare: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    store_measurements(bare, measured("enet", 40.0, provenance=Provenance.PUBLISHED, node_profile=False))
    print_verification(run(machine))
    said = " ".join(capsys.readouterr().out.split())
    assert "The speed of enet.v1 is published, and was not measured." in said
    assert "the first rows are measured" not in said


def test_the_user_reads_what_was_estimated_and_what_was_measured(
    machine: FakeMachine, bare: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    estimated(bare, bnet=20.0, cnet=48.0)
    machine.latency_ms = {"cnet": 60.0, "bnet": 25.0}
    print_verification(run(machine))
    said = capsys.readouterr().out
    assert "cnet 224 px onnxrt t1: estimated 48.00 ms, measured 60.00 ms (-20.0%)." in said
    assert "The first row was cnet.v1, and is bnet.v1 now." in said


def test_a_number_that_was_measured_beside_other_work_is_called_so(
    machine: FakeMachine, bare: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    estimated(bare, bnet=20.0)
    machine.doubts = (Doubt.CONTENDED,)
    print_verification(run(machine))
    assert "bnet.v1 was measured while the machine was disturbed." in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_runtime_is_a_case_of_its_own(bare: Catalog) -> None:
    from catalog.entities.configurations import Configuration

    other = Configuration(RuntimeName.OPENVINO, threads=1)
    estimates = [
        estimate("anet", 20.0),
        Estimate(make_workload("anet"), other, Metric.LATENCY_MS, 10.0, 9.0, 11.0, 0.9),
    ]
    store_estimates(bare, *estimates, basis=make_basis(target=host.local_target()))
    assert worth(recommend(bare, QUESTION), 1) == ["anet", "anet"]
