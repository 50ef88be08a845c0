"""A record of an export: which kinds there are, and how each becomes a JSON object and is read from one."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from catalog.entities.configurations import Target
from catalog.entities.measurements import Failure, Measurement, Outcome, Success
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.words.complaints import complaint

Document = Mapping[str, Any]
"""A JSON object."""
Record = Architecture | Checkpoint | Accuracy | Target | CountedWorkload | Measurement
KINDS: Mapping[str, type[Any]] = {
    "architecture": Architecture,
    "checkpoint": Checkpoint,
    "accuracy": Accuracy,
    "target": Target,
    "workload": CountedWorkload,
    "measurement": Measurement,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in KINDS.items()}
# By the status that an outcome's document begins with. Without it a fault would be reported of both classes.
_OUTCOMES: Mapping[str, TypeAdapter[Any]] = {
    outcome.status: TypeAdapter(outcome) for outcome in (Success, Failure)
}


class Malformed(Exception):
    """A field of a record that is not what it must be."""


def kind_of(record: Record) -> str:
    """What an export calls the kind of the record, as `measurement`."""
    return _NAMES[type(record)]


def document_of(record: Record) -> dict[str, Any]:
    """The record as a JSON object, without its kind."""
    document: dict[str, Any] = _ADAPTERS[kind_of(record)].dump_python(record, mode="json")
    if isinstance(record, Measurement):
        document["outcome"] = {"status": record.status, **document["outcome"]}
    return document


def record_of(kind: str, document: Document) -> Record:
    """The record of a known kind that a JSON object holds.

    Raises:
        Malformed: a field is missing, unknown, or not what it must be. Names the field.
    """
    if kind == "measurement" and "outcome" in document:
        document = {**document, "outcome": _outcome(document["outcome"])}
    record: Record = _validated(_ADAPTERS[kind], document)
    return record


def _outcome(document: object) -> Outcome:
    if not isinstance(document, dict):
        raise Malformed("outcome: not a JSON object.")
    status = document.get("status")
    if not isinstance(status, str) or status not in _OUTCOMES:
        raise Malformed(f"outcome.status: unknown status {status!r}. Known statuses: {', '.join(_OUTCOMES)}.")
    fields = {name: value for name, value in document.items() if name != "status"}
    outcome: Outcome = _validated(_OUTCOMES[status], fields, "outcome")
    return outcome


def _validated(adapter: TypeAdapter[Any], document: Document, *parents: str) -> Any:
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        # Of thousands of unknown fields, what was given would be copied for each.
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in (*parents, *first["loc"]))
        raise Malformed(f"{': '.join([*filter(None, [path]), complaint(first)])}.") from error
