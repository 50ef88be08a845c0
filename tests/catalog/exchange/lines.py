"""Lines of an export, sound and faulty."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from catalog.entities.measurements import MetricValue
from catalog.entities.networks import (
    Architecture,
    Checkpoint,
    Stage,
)
from catalog.errors import ExchangeError
from catalog.exchange import importing, writing
from catalog.exchange.files import Line
from catalog.exchange.importing import ImportSummary
from catalog.exchange.writing import FORMAT, VERSION, export_lines
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.facts.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.tables import ArchitectureRow
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Form,
    Precision,
    Scenario,
    Status,
)
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    make_target,
)
from tests.catalog.storage.stored import revision_of

HEADER = json.dumps({"format": FORMAT, "version": VERSION})


def import_lines(
    catalog: Catalog, lines: Iterable[Line], *, keep_going: bool = False, facts: bool = True
) -> ImportSummary:
    """Import the lines with their facts, as an export that was written whole: with its end mark, where the
    lines are of this version and lack one."""
    return importing.import_lines(catalog, whole(lines), keep_going=keep_going, facts=facts)


def whole(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with an end mark, where they are of this version and lack one."""
    read: list[Line] = []
    for line in lines:
        read.append(line)
        yield line
    texts = [line if isinstance(line, str) else "unreadable" for line in read]
    if texts and texts[0].strip() == HEADER and '"end"' not in texts[-1]:
        yield end_of(sum(bool(line.strip()) for line in texts) - 1)


def end_of(records: int) -> str:
    """The end mark of so many records."""
    return json.dumps({TAG: "end", "records": records})


def document_of(record: Any) -> dict[str, Any]:
    """What an export has for the record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "everything", lambda session: [record])
        _, line, _ = export_lines(ReadSession(Session()))
    document: dict[str, Any] = json.loads(line)
    return document


# The field that names a record's kind stands first.
TAG = next(iter(document_of(Architecture("x"))))


def line_of(record: Any) -> str:
    return json.dumps(document_of(record))


def changed(record: Any, path: str, value: object) -> str:
    """The record's line with the field at the dotted `path` set to `value`."""
    document = document_of(record)
    *parents, name = path.split(".")
    part: Any = document
    for parent in parents:
        part = part[int(parent)] if isinstance(part, list) else part[parent]
    part[name] = value
    return json.dumps(document)


def lines_of(catalog: Catalog) -> list[str]:
    with catalog.read() as session:
        return list(export_lines(session))


def fill(catalog: Catalog) -> None:
    """Something of every kind, with what is awkward to carry."""
    published = make_measurement(
        "toynet",
        batch_size=512,
        threads=None,
        scenario=Scenario.TRAINING,
        batch_policy=BatchPolicy.LARGEST_FITTING,
        form=Form.TRAINING,
    )
    failed = make_measurement(
        "toynet",
        threads=2,
        status=Status.FAILED,
        reason=FailureReason.CRASHED,
        detail="größer\n“quoted”\t\\ 🦆",
    )
    measured = make_measurement(
        "toynet",
        9.9 + 0.1 + 1e-7,  # no short decimal
        measured_at=NOON + timedelta(microseconds=1),
        values=(MetricValue(Metric.DEVICE_MEMORY_MB, None, absent_reason="no device"),),
        samples=(make_sample(), make_sample(calls=0)),
        doubts=(Doubt.CONTENDED, Doubt.FEW_CALLS),
    )
    with catalog.write() as session:
        save_architectures(
            session,
            [
                make_architecture(tags=("größer", "b"), stages=(Stage(4, 64), Stage(8, 9))),
                Architecture("bare"),
            ],
        )
        save_checkpoints(
            session, [make_checkpoint(), make_checkpoint("toynet.V_2"), Checkpoint("bare.x", "bare")]
        )
        save_accuracies(session, [make_accuracy(top1=1 / 3), make_accuracy(precision=Precision.INT8)])
        save_targets(session, [make_target("unmeasured", identity={"cpus": 4, "vendor": "4"})])
        save_workloads(
            session,
            [make_counted_workload(), make_counted_workload("bare", count_failure="no such operator")],
        )
        add_measurements(session, [failed, measured, published, make_measurement("bare", size_bytes=None)])


def refuse(catalog: Catalog, lines: Iterable[str], line: int, message: str) -> None:
    """The import fails naming the line, and leaves the catalog as it was."""
    before = revision_of(catalog)
    with pytest.raises(ExchangeError, match=message) as caught:
        import_lines(catalog, lines)
    assert caught.value.line == line
    assert caught.value.message.startswith(f"Line {line}: ")
    assert caught.value.message.endswith(". Nothing of the file was imported.")
    assert revision_of(catalog) == before
    with catalog.read() as session:
        assert session.get(ArchitectureRow, "toynet") is None
