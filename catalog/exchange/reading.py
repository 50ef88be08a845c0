"""From the lines of an export to its records. Each is checked, whatever wrote the file."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.border.checking import fault_of
from catalog.border.recomputing import contradiction
from catalog.entities.measurements import Measurement
from catalog.errors import ExchangeError
from catalog.exchange.files import Line, Unreadable
from catalog.exchange.older_exports import in_this_form, without_host_fault
from catalog.exchange.records import KINDS, Document, Malformed, Record, record_of
from catalog.exchange.writing import END, FORMAT, TAG, VERSION
from catalog.storage.measurements.adding import with_clean_detail
from catalog.words.json_objects import RepeatedField, with_single_fields
from catalog.words.texts import unstorable

_READABLE = (1, 2, 3, 4, 5, 6, VERSION)
# Since this version an export ends in an end mark, and its measurements are ordered by their arrival.
_WITH_END_MARK = 6
# Since this version no failure is a fault of the host, and workloads have channels.
_WITHOUT_HOST_FAULTS = 7


@dataclass(frozen=True)
class Reading:
    """An export whose header was read. `records` reads a record, with the number of its line, when it is
    asked for. `by_arrival`: the measurements are ordered by their arrival."""

    by_arrival: bool
    records: Iterator[tuple[int, Record]]


def read(lines: Iterable[Line], refuse: Callable[[ExchangeError], None]) -> Reading:
    """Begin to read an export. `refuse` is called for each line that is malformed. It may raise.

    Raises:
        ExchangeError: the header is malformed, or there is none.
    """
    numbered = enumerate(lines, start=1)
    first = next(numbered, None)
    if first is None:
        raise ExchangeError(1, "the file is empty, and no archrank export.")
    version = _read_header(*first)
    return Reading(version >= _WITH_END_MARK, _records(numbered, version, refuse))


def measurements_in(lines: Iterable[Line]) -> list[Measurement]:
    """The measurements of an export in the order of their arrival, checked as an import checks them. Nothing
    is stored.

    Raises:
        ExchangeError: the header or a line is malformed. Names the line and the field.
    """

    def refuse(error: ExchangeError) -> None:
        raise error

    reading = read(lines, refuse)
    measurements = [record for _, record in reading.records if isinstance(record, Measurement)]
    return measurements if reading.by_arrival else sorted(measurements, key=lambda read: read.measured_at)


def _read_header(number: int, line: Line) -> int:
    header = _loads(
        number, line.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}") if isinstance(line, str) else line
    )
    if header.get("format") != FORMAT:
        raise ExchangeError(number, f'not an archrank export, because the header lacks "format": "{FORMAT}".')
    version = header.get("version")
    if not isinstance(version, int) or version not in _READABLE:
        readable = ", ".join(map(str, _READABLE))
        raise ExchangeError(number, f"version {version!r} is unknown. This archrank reads {readable}.")
    return version


def _records(
    numbered: Iterable[tuple[int, Line]], version: int, refuse: Callable[[ExchangeError], None]
) -> Iterator[tuple[int, Record]]:
    """The records until the end mark. Empty lines behind the last record are nothing."""
    number, count, empty = 1, 0, None
    has_ended = version < _WITH_END_MARK
    for number, line in numbered:
        if isinstance(line, str) and not line.strip():
            empty = empty or number
            continue
        if empty is not None:
            refuse(ExchangeError(empty, "not JSON: the line is empty."))
            empty = None
        try:
            count += 1
            document = _loads(number, line)
            if version >= _WITH_END_MARK and document.get(TAG) == END:
                count -= 1
                _check_end(number, document, count, has_ended=has_ended)
                has_ended = True
                continue
            if version >= _WITH_END_MARK and has_ended:
                refuse(ExchangeError(number, "it follows the end mark."))
                continue
            record = _record(number, line, document, version)
        except ExchangeError as error:
            refuse(error)
        else:
            yield number, record
    if not has_ended:
        refuse(ExchangeError(number + 1, "the end mark is missing, so the file is a part of an export."))


def _check_end(number: int, document: Document, count: int, *, has_ended: bool) -> None:
    if has_ended:
        raise ExchangeError(number, "a second end mark.")
    written = document.get("records")
    if written != count:
        raise ExchangeError(
            number,
            f"the end mark counts {written!r} records, and there are {count}. The file is a part of an "
            "export.",
        )


def _record(number: int, line: Line, document: dict[str, Any], version: int) -> Record:
    name = document.pop(TAG, None)
    if not isinstance(name, str) or name not in KINDS:
        raise ExchangeError(number, f"unknown kind {name!r}. Known kinds: {', '.join(KINDS)}.")
    # JSON has escapes for these characters, so that the line itself does not show all of them.
    if isinstance(line, str) and "\\u" in line and (complaint := unstorable(document)):
        raise ExchangeError(number, f"{name}: {complaint}")
    try:
        record = record_of(name, in_this_form(name, document, version))
    except Malformed as error:
        raise ExchangeError(number, f"{name}: {error}") from error
    if isinstance(record, Measurement):
        record = with_clean_detail(record)
        if version < _WITHOUT_HOST_FAULTS:
            record = without_host_fault(record)
    fault = fault_of(record)
    if fault is None and isinstance(record, Measurement):
        fault = contradiction(record)
    if fault is not None:
        raise ExchangeError(number, f"{name}: {fault}")
    return record


def _loads(number: int, line: Line) -> dict[str, Any]:
    if isinstance(line, Unreadable):
        raise ExchangeError(number, line.complaint)
    try:
        document = json.loads(line, parse_constant=_refuse_constant, object_pairs_hook=with_single_fields)
    except RepeatedField as error:
        raise ExchangeError(number, f"{error}.") from error
    except (ValueError, RecursionError) as error:
        raise ExchangeError(number, f"not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ExchangeError(number, "not a JSON object.")
    return document


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
