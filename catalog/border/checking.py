"""The one schema of what may enter a catalog, whichever way it comes in.

Every number has a plausible range, every text is one that can be shown, and the fields of a record agree. A
record that comes from a file is read into its class first, which tests the types.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from catalog.border.fault import Fault
from catalog.border.names import complaint_about
from catalog.border.ranges import OF_FIELD, Range
from catalog.border.rules import RULES
from catalog.errors import RecordRefused

_Check = Callable[[Any], Iterator[Fault]]
_NUMBERS = (int, float)


def fault_of(record: Any) -> Fault | None:
    """The first fault of a record, which is one of catalog.entities. None where it has none."""
    return next(_faults(record), None)


def refuse_implausible(records: Iterable[Any]) -> None:
    """Refuse records that cannot be.

    Raises:
        RecordRefused: names the field, and says what is wrong with it.
    """
    for record in records:
        if (fault := fault_of(record)) is not None:
            raise RecordRefused(f"cannot be stored. {fault}")


def _faults(record: Any) -> Iterator[Fault]:
    kind: Any = type(record)
    for name, check in checks_of(kind):
        value = getattr(record, name)
        if value is not None:
            for fault in check(value):
                yield fault.within(name)
    if (rule := RULES.get(kind)) is not None:
        yield from rule(record)


@cache
def checks_of(kind: Any) -> tuple[tuple[str, _Check], ...]:
    """How to test each field of a record of `kind` that can be wrong.

    Raises:
        TypeError: a field has numbers without a plausible range, or is of an unknown type.
    """
    hints = get_type_hints(kind)
    checks = ((field.name, _check(kind, field.name, hints[field.name])) for field in fields(kind))
    return tuple((name, check) for name, check in checks if check is not None)


def _check(kind: type[Any], field: str, annotation: Any) -> _Check | None:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        members = [member for member in arguments if member is not NoneType]
        if set(members) == {str, int}:
            return _of_text_or_number(kind, field)
        if all(map(_is_record, members)):
            return _faults
        (annotation,) = members
        return _check(kind, field, annotation)
    if origin is tuple:
        return _of_each(kind, field, arguments[0])
    if origin is Mapping:
        return _of_mapping(kind, field, arguments[1])
    return _check_of_one(kind, field, annotation)


def _check_of_one(kind: type[Any], field: str, annotation: Any) -> _Check | None:
    if annotation in _NUMBERS:
        return _of_number(_range(kind, field))
    if annotation is str:
        return _of_text(kind, field)
    if _is_record(annotation):
        return _faults
    if annotation in (bool, datetime) or issubclass(annotation, Enum):
        return None
    raise TypeError(f"No way to test {annotation} of {kind.__name__}.{field} is known.")


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and is_dataclass(annotation)


def _range(kind: type[Any], field: str) -> Range:
    plausible = OF_FIELD.get(kind, {}).get(field)
    if plausible is None:
        raise TypeError(f"{kind.__name__}.{field} has no plausible range.")
    return plausible


def _of_number(plausible: Range) -> _Check:
    def check(number: float) -> Iterator[Fault]:
        if not plausible.holds(number):
            yield Fault("", f"{_shown(number)} is not plausible. It can be {plausible}.")

    return check


def _of_text(kind: type[Any], field: str) -> _Check:
    def check(text: str) -> Iterator[Fault]:
        if (complaint := complaint_about(kind, field, text)) is not None:
            yield Fault("", complaint)

    return check


def _of_text_or_number(kind: type[Any], field: str) -> _Check:
    """Of the identity of a target, whose numbers are any that a database holds."""
    of_text, of_number = _of_text(kind, field), _of_number(Range(-(2**62), 2**62))
    return lambda value: of_text(value) if isinstance(value, str) else of_number(value)


def _of_each(kind: type[Any], field: str, annotation: Any) -> _Check | None:
    check = _check(kind, field, annotation)
    if check is None:
        return None
    plausible = _range(kind, field) if annotation in _NUMBERS else None

    def check_each(values: tuple[Any, ...]) -> Iterator[Fault]:
        # Thousands of calls: their least and their most decide for all.
        if plausible is not None and (
            not values or (plausible.holds(min(values)) and plausible.holds(max(values)))
        ):
            return
        for index, value in enumerate(values):
            for fault in check(value):
                yield fault.within(str(index))

    return check_each


def _of_mapping(kind: type[Any], field: str, annotation: Any) -> _Check:
    of_key, of_value = _of_text(kind, field), _check(kind, field, annotation)

    def check(mapping: Mapping[str, Any]) -> Iterator[Fault]:
        for key, value in mapping.items():
            yield from of_key(key)
            if of_value is not None:
                for fault in of_value(value):
                    yield fault.within(key)

    return check


def _shown(number: float) -> str:
    try:
        return f"{number:g}"
    except OverflowError:  # a whole number that no float holds
        return f"A number of {len(str(number))} digits"
