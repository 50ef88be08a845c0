"""From JSON documents back to frozen dataclasses, by the annotations of their fields.

Standard library only: the processes that measure read their requests with it, and pydantic would count as
memory and import time of the network under test.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_Reader = Callable[[Any], Any]
# What JSON keeps as it was.
_KEPT = {str, int, float, bool, str | int}


def from_document(kind: type[_T], document: Mapping[str, Any]) -> _T:
    """The object of the dataclass `kind` that `dataclasses.asdict` and JSON turned into `document`.

    Enums were left as strings, tuples as lists, times as ISO 8601. A field that `document` lacks has its
    default.

    Raises:
        TypeError: `document` lacks a field without default, or has one that `kind` lacks.
        ValueError: a word is not a member of its enum.
    """
    readers = _field_readers(cast(Hashable, kind))
    values = {name: readers[name](value) if name in readers else value for name, value in document.items()}
    return kind(**values)


@cache
def _field_readers(kind: Any) -> Mapping[str, _Reader]:
    """How to read each field whose value JSON does not keep as it was."""
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    return {name: reader for name, reader in readers.items() if reader is not None}


def _reader(annotation: Any) -> _Reader | None:
    """How to read a value of this annotation. None where JSON keeps it as it was."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _optional(arguments)
    if origin in (tuple, Mapping):
        of_part = _reader(arguments[-1] if origin is Mapping else arguments[0])
        return _mapping(of_part) if origin is Mapping else _tuple(of_part)
    if annotation is datetime:
        return datetime.fromisoformat
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    if isinstance(annotation, type) and is_dataclass(annotation):
        return lambda value: from_document(annotation, value)
    if annotation in _KEPT:
        return None
    raise TypeError(f"No way to read {annotation} from JSON is known.")


def _optional(members: tuple[Any, ...]) -> _Reader | None:
    readers = [reader for member in members if member is not NoneType and (reader := _reader(member))]
    if not readers:
        return None
    (read,) = readers
    return lambda value: None if value is None else read(value)


def _tuple(read: _Reader | None) -> _Reader:
    return tuple if read is None else lambda values: tuple(map(read, values))


def _mapping(read: _Reader | None) -> _Reader | None:
    return None if read is None else lambda values: {name: read(value) for name, value in values.items()}
