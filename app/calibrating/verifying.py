"""Measuring what an answer stands on, until its first rows are measured and nothing could displace them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.calibrating import fitting, measuring
from app.calibrating.measuring import Case
from app.child import DONE, FAILED, INTERRUPTED
from app.errors import CannotVerify
from app.questions.answers.recommend import Answer, recommend
from app.questions.answers.verification import unverified
from app.questions.asking.question import Question
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.naming import label_of
from catalog.extras import missing_packages
from catalog.inventory import Inventory
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_basis
from catalog.storage.facts.facts import find_workloads
from catalog.words.metrics import SPEED_METRICS, Metric

MOST_ROUNDS = 6
"""After so many rounds of measuring the answer is given as it is."""
_OPTIONS = ("--node-profiles", "--time-budget", "60")


@dataclass(frozen=True)
class Verified:
    """A candidate that was measured: what was estimated of its speed, and what was measured. `measured` is
    None where the case failed."""

    case: Case
    metric: Metric
    estimated: float
    measured: float | None


@dataclass(frozen=True)
class Verification:
    """The answer `before` and `after` measuring, and what was measured. `is_complete` says whether the first
    rows are measured, and no other candidate could plausibly displace them."""

    before: Answer
    after: Answer
    measured: tuple[Verified, ...]
    is_complete: bool


Measure = Callable[[Sequence[Case], Sequence[str]], int]


def verify(
    catalog: Catalog,
    question: Question,
    top: int,
    inventory: Inventory,
    tell: Callable[[str], None],
    measure: Measure = measuring.measure,
) -> Verification | None:
    """Measure the candidates that are worth most, a few at a time, estimate the others anew, and ask again.
    Returns None where measuring was interrupted.

    Raises:
        CannotVerify: the target is another machine, nothing measures here, or measuring failed.
    """
    before = answer = recommend(catalog, question)
    ended: list[Verified] = []
    tried: set[Case] = set()
    rounds = 0
    while (cases := _next(catalog, answer, top, tried)) and rounds < MOST_ROUNDS:
        _require_measuring(answer)
        rounds += 1
        tell(f"Round {rounds} of at most {MOST_ROUNDS} measures {', '.join(map(_named, cases))}.")
        code = measure(list(cases), _OPTIONS)
        if code == INTERRUPTED:
            return None
        if code not in (DONE, FAILED):
            raise CannotVerify(
                f"`archrank profile` ended with exit code {code}.", "Its message is above. Then ask again."
            )
        tried.update(cases)
        _refit(catalog, answer.target, inventory)
        answer = recommend(catalog, question)
        ended += [_verified(case, speed, answer) for case, speed in cases.items()]
    return Verification(before, answer, tuple(ended), is_complete=unverified(answer, top).is_verified)


def _named(case: Case) -> str:
    return f"{case.workload.architecture} ({label_of(case.configuration)})"


def _next(catalog: Catalog, answer: Answer, top: int, tried: set[Case]) -> dict[Case, tuple[Metric, float]]:
    """The next cases to measure, at most `top`, with what is estimated of their speed."""
    columns = answer.columns
    rows = unverified(answer, top).rows
    with catalog.read() as session:
        workloads = find_workloads(session, {columns.measurement[row].workload for row in rows[: 2 * top]})
    cases: dict[Case, tuple[Metric, float]] = {}
    for row in rows[: 2 * top]:
        case = Case(workloads[columns.measurement[row].workload], columns.configuration[row])
        speed = _speed(answer, row)
        if case not in tried and speed is not None and len(cases) < top:
            cases[case] = speed
    return cases


def _speed(answer: Answer, row: int) -> tuple[Metric, float] | None:
    numbers = {metric: value for metric, value, *_ in answer.columns.metrics.numbers(row)}
    return next(((metric, numbers[metric]) for metric in SPEED_METRICS if metric in numbers), None)


def _verified(case: Case, speed: tuple[Metric, float], answer: Answer) -> Verified:
    metric, estimated = speed
    columns = answer.columns
    measured = [
        float(columns.metrics[metric].value[row])
        for row in range(len(columns))
        if columns.measurement[row].workload == case.workload.id
        and columns.configuration[row] == case.configuration
        and columns.usable[row]
    ]
    return Verified(case, metric, estimated, measured[0] if measured else None)


def _require_measuring(answer: Answer) -> None:
    """Refuse to measure another machine, or without what measures.

    Raises:
        CannotVerify: nothing measures that target here.
    """
    if not host.is_here(answer.target):
        raise CannotVerify(
            f"{answer.target.id} is another machine.", "Run the command there, and import its export."
        )
    if packages := missing_packages("measure"):
        raise CannotVerify(
            f"Measuring needs {', '.join(packages)}.", "Run `pip install 'archrank[measure]'`."
        )


def _refit(catalog: Catalog, target: Target, inventory: Inventory) -> None:
    """Let the estimates of the target learn from what was measured. Those that came without enough
    measurements stay as they are."""
    with catalog.read() as session:
        learns = find_basis(session, target.id) is not None and fitting.has_enough(session, target.id)
    if learns:
        fitting.refit(catalog, target, inventory)
