"""The first row of a question's answer before and after the candidate, by the way of `archrank recommend`."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.gate.ranks import FirstRow, RankChange, rank_change
from app.gate.verdicts import Verdict
from app.presentation.answers.candidates import candidate_name
from app.questions.answers.recommend import Answer, recommend
from app.questions.asking.question import Question
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Architecture
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import add_architectures
from catalog.storage.measurements.adding import add_measurements


def case_name(measurement: Measurement) -> str:
    """A case of one target, as the rows of an answer name it."""
    return f"{measurement.workload.id} {measurement.configuration.id}"


def rank_changes(
    questions: Mapping[str, Question],
    target: str,
    baseline: Sequence[Measurement],
    candidate: Sequence[Measurement],
    verdicts: Mapping[str, Verdict],
) -> tuple[RankChange, ...]:
    """What becomes of each recommendation. Questions about `local` are asked of `target`.

    They are asked of a catalog that holds the shipped facts and what was measured, and nothing else. So the
    answers of two machines do not depend on what else their catalogs hold.

    Raises:
        AppError: a question names what does not exist.
    """
    if not questions:
        return ()
    asked = {name: replace(question, target=target) for name, question in questions.items()}
    with _scratch() as catalog:
        _add(catalog, baseline)
        before = {name: first_row(recommend(catalog, question)) for name, question in asked.items()}
        _add(catalog, candidate)
        now = {name: first_row(recommend(catalog, question)) for name, question in asked.items()}
    return tuple(rank_change(name, before[name], now[name], verdicts) for name in asked)


def first_row(answer: Answer) -> FirstRow | None:
    """The first row of an answer. None where nothing fits."""
    if not answer.recommendations:
        return None
    first, *rest = answer.recommendations
    names = [candidate_name(answer.columns, one.row) for one in rest if one.rank == first.rank]
    workload = answer.columns.measurement[first.row].workload
    configuration = answer.columns.configuration[first.row]
    return FirstRow(
        candidate_name(answer.columns, first.row), f"{workload} {configuration.id}", frozenset(names)
    )


@contextmanager
def _scratch() -> Iterator[Catalog]:
    with (
        tempfile.TemporaryDirectory(prefix="archrank-gate-") as folder,
        open_catalog(f"sqlite:///{Path(folder, 'catalog.sqlite')}") as catalog,
    ):
        yield catalog


def _add(catalog: Catalog, measurements: Sequence[Measurement]) -> None:
    names = sorted({one.workload.architecture for one in measurements})
    with catalog.write() as session:
        add_architectures(session, [Architecture(name) for name in names])
        add_measurements(session, measurements)
