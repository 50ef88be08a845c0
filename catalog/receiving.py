"""Measurements that somebody uploads: the border of an import, and what an uploader may not do.

An uploader adds measurements of real hardware. None of these takes the place of what another has measured, of
what is published, or of a name that means something already.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from catalog.border.agreement import contradiction_in
from catalog.entities.identity import hardware_id
from catalog.entities.keys import ApiKey
from catalog.entities.measurements import Measurement, Success
from catalog.errors import ExchangeConflict, ExchangeError, RecordConflict, RecordRefused
from catalog.exchange.files import Line, lines_in
from catalog.exchange.importing import import_lines
from catalog.exchange.writing import lines_of_documents
from catalog.reference.names.finding_networks import name_index
from catalog.storage.database import Catalog, ReadSession, WriteSession
from catalog.storage.facts.facts import find_target, published_targets
from catalog.storage.facts.names import architecture_names
from catalog.storage.measurements.adding import with_clean_detail
from catalog.storage.measurements.finding import artefacts_with, measurements_with
from catalog.storage.uploads import Case, note_uploads, owners_of
from catalog.words.json_objects import RepeatedField, with_single_fields
from catalog.words.vocabulary import Provenance, Scope

# An array has no header, which is the first line of an export.
_LINES_BEFORE_AN_ITEM = 2
# 32 MiB of measurements have half as many. Reading a million takes a second, and 32 MiB of empty ones ten.
_MOST_OBJECTS = 1_000_000
# Of a number that is refused.
_SHOWN = 40


@dataclass(frozen=True)
class Receipt:
    """How many measurements were received, and how many of them were new. The others were there before.
    `targets` are the ids of those that got new ones."""

    measurements: int
    new: int
    targets: tuple[str, ...] = ()


def receive_lines(catalog: Catalog, body: bytes, key: ApiKey, now: datetime) -> Receipt:
    """Store the measurements of an export, or nothing. To receive the same again changes nothing.

    Raises:
        ExchangeConflict: a measurement would take the place of something. Names the line.
        ExchangeError: a line is malformed, or no measurement of real hardware. Names the line and the field.
    """
    _refuse_too_many_objects(body)
    return _receive(catalog, lines_in(BytesIO(body)), key, now)


def receive_array(catalog: Catalog, body: bytes, key: ApiKey, now: datetime) -> Receipt:
    """Store the measurements of a JSON array of an export's records, or nothing. It needs neither header nor
    end mark.

    Raises:
        ExchangeConflict, ExchangeError: as `receive_lines`. Names the item, of which the first is 0.
    """
    _refuse_too_many_objects(body)
    try:
        documents = json.loads(
            body,
            object_pairs_hook=with_single_fields,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RepeatedField as error:
        raise ExchangeError(1, f"{error}.") from error
    except (ValueError, RecursionError) as error:
        raise ExchangeError(1, f"not JSON: {error}.") from error
    if not isinstance(documents, list):
        raise ExchangeError(1, "not a JSON array.")
    lines = lines_of_documents(documents)
    try:
        return _receive(catalog, lines, key, now)
    except ExchangeError as error:
        raise _of_item(error) from error


def _refuse_too_many_objects(body: bytes) -> None:
    """Refuse what would take long to read, whatever is in it. A brace in a text counts too."""
    if body.count(b"{") > _MOST_OBJECTS:
        raise ExchangeError(1, f"there are more than {_MOST_OBJECTS} JSON objects. Send it in parts.")


def _receive(catalog: Catalog, lines: Iterable[Line], key: ApiKey, now: datetime) -> Receipt:
    admission = _Uploading(key, now)
    summary = import_lines(catalog, lines, name=f"an upload by {key.name}", admission=admission)
    return Receipt(summary.records["measurement"], summary.new_measurements, summary.targets)


class _Uploading:
    """What an uploader may store."""

    def __init__(self, key: ApiKey, now: datetime) -> None:
        self._key = key
        self._now = now

    def admit(self, session: WriteSession, measurements: Sequence[Measurement]) -> None:
        _refuse_what_is_not_measured(measurements)
        _refuse_other_targets(session, measurements)
        _refuse_names_with_a_meaning(session, measurements)
        _refuse_other_files(session, measurements)
        stored = _refuse_other_outcomes(session, measurements)
        if not self._key.may(Scope.ADMIN):
            new = [measurement for measurement in measurements if measurement.id not in stored]
            _refuse_cases_of_others(session, new, self._key.name)
        self._new = {measurement.id for measurement in measurements} - stored

    def stored(self, session: WriteSession, measurements: Sequence[Measurement]) -> None:
        new = [measurement.id for measurement in measurements if measurement.id in self._new]
        note_uploads(session, new, self._key, self._now)


def _refuse_what_is_not_measured(measurements: Sequence[Measurement]) -> None:
    for measurement in measurements:
        if measurement.provenance is not Provenance.MEASURED or measurement.published_table is not None:
            raise RecordRefused("was not measured by archrank. Upload what was measured alone.")
        if (fault := contradiction_in(measurement)) is not None:
            raise RecordRefused(f"cannot be stored. {fault}")


def _refuse_other_targets(session: WriteSession, measurements: Sequence[Measurement]) -> None:
    reading = ReadSession(session)
    for target in {measurement.target.id: measurement.target for measurement in measurements}.values():
        stored = find_target(reading, target.id)
        if stored is None:
            # Otherwise whoever comes first could take the id of hardware that others have.
            name, _, _ = target.id.rpartition("-")
            if target.id != hardware_id(name, target.identity):
                raise RecordRefused(
                    f"is of the target {target.id}, whose id does not follow from its identity."
                )
        elif (stored.kind, stored.identity) != (target.kind, target.identity):
            raise RecordConflict(
                f"is of the target {target.id} with another identity than that target of the catalog has."
            )
        elif target.id in published_targets(reading, target.kind):
            raise RecordConflict(
                f"is of the target {target.id}, whose numbers are published. They are not replaced."
            )
    by_id: dict[str, object] = {}
    for measurement in measurements:
        if by_id.setdefault(measurement.target.id, measurement.target) != measurement.target:
            raise RecordRefused(f"describes the target {measurement.target.id} otherwise than another does.")


def _refuse_names_with_a_meaning(session: WriteSession, measurements: Sequence[Measurement]) -> None:
    """An architecture that the catalog lacks gets a name of its own, which means no other network."""
    names = {measurement.workload.architecture for measurement in measurements}
    reading = ReadSession(session)
    unknown = names.difference(architecture_names(reading))
    if not unknown:
        return
    index = name_index(reading)
    for name in sorted(unknown):
        if (meant := index.find(name)) is not None:
            raise RecordConflict(f"is of {name}, which is another name of {meant}. Use that name.")


def _refuse_other_files(session: WriteSession, measurements: Sequence[Measurement]) -> None:
    """A file of one hash has one size. The catalog keeps it once, for all who deploy it."""
    artefacts = [measurement.artefact for measurement in measurements if measurement.artefact is not None]
    sizes = {
        id_: artefact.bytes
        for id_, artefact in artefacts_with(ReadSession(session), [one.id for one in artefacts]).items()
    }
    for artefact in artefacts:
        if (size := sizes.setdefault(artefact.id, artefact.bytes)) != artefact.bytes:
            raise RecordConflict(
                f"is of a file of {artefact.bytes} bytes (artefact.bytes), whose hash is that of a file of "
                f"{size} bytes."
            )


def _refuse_other_outcomes(session: WriteSession, measurements: Sequence[Measurement]) -> set[str]:
    """The ids of the measurements that are stored, all of them with the same outcome."""
    stored = measurements_with(ReadSession(session), [measurement.id for measurement in measurements])
    outcomes = {id_: _content(measurement) for id_, measurement in stored.items()}
    for measurement in measurements:
        if outcomes.setdefault(measurement.id, _content(measurement)) != _content(measurement):
            raise RecordConflict(f"has the id {measurement.id} of a measurement with another outcome.")
    return set(stored)


def _content(measurement: Measurement) -> Measurement:
    """The measurement in the form in which it is stored. What the catalog adds to it later does not count."""
    outcome = with_clean_detail(measurement).outcome
    if isinstance(outcome, Success):
        outcome = replace(outcome, values=tuple(sorted(outcome.values, key=lambda value: value.metric)))
    target = replace(measurement.target, label="")
    return replace(measurement, outcome=outcome, target=target, withdrawn=None)


def _refuse_cases_of_others(session: WriteSession, measurements: Sequence[Measurement], own: str) -> None:
    cases = {_case(measurement): measurement for measurement in measurements}
    owners = owners_of(session, list(cases))
    for case in cases:
        others = owners.get(case, set()) - {own}
        if others:
            name = next(iter(others))
            raise RecordConflict(
                f"would take the place of what {'this server holds' if name is None else name + ' uploaded'} "
                "of the same case. A key of that name may upload it, or one of the scope admin."
            )


def _case(measurement: Measurement) -> Case:
    return measurement.target.id, measurement.workload.id, measurement.configuration.id


def _of_item(error: ExchangeError) -> ExchangeError:
    """The error of a line as that of an item of an array."""
    item = max(0, error.line - _LINES_BEFORE_AN_ITEM)
    _, _, complaint = error.complaint.partition(": ")
    kind = ExchangeConflict if isinstance(error, ExchangeConflict) else ExchangeError
    return kind(item, complaint, unit="Item")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:_SHOWN]} is larger than any number")
    return number


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
