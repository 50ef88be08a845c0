"""What is wrong with a request, from Pydantic's errors."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from app.contract.common.fields import MOST_PIXELS, BoundSchema, SizeRange
from app.contract.common.problems import Fault
from catalog.words.complaints import complaint
from catalog.words.metrics import Direction, Metric
from catalog.words.spelling import nearest

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
# Parts of Pydantic's locations that are no names of fields.
_NO_FIELDS = ("body", "query", "path", "[key]", "[name]", "[weights]")
# Types of Pydantic's errors where a value is no object.
_NO_OBJECT = ("model_attributes_type", "model_type", "dict_type")
_QUOTED = re.compile(r"'([^']*)'")


def faults_of(errors: Iterable[Mapping[str, Any]], schema: type[BaseModel] | None) -> list[Fault]:
    """A fault for each of Pydantic's `errors`. A request of `schema` names the fields that it may have."""
    return [_fault(error, schema) for error in errors]


def _fault(error: Mapping[str, Any], schema: type[BaseModel] | None) -> Fault:
    location = [part for part in error["loc"] if part not in _NO_FIELDS]
    field = ".".join(str(part) for part in location) or "body"
    detail = f"{complaint(error)}."
    allowed = _allowed(error, location, schema)
    if advice := _instead(error, location, schema, allowed or []):
        detail = f"{detail} {advice}"
    return Fault(field=field, detail=detail, allowed=allowed)


def _instead(
    error: Mapping[str, Any],
    location: list[str | int],
    schema: type[BaseModel] | None,
    allowed: Sequence[str],
) -> str:
    """What to write instead, in a sentence. Empty where that cannot be guessed."""
    given = error.get("input")
    if not location:
        return ""
    expected = None if schema is None else _schema_at(schema, location)
    if expected is not None and error["type"] in _NO_OBJECT:
        name = str(location[-1])
        whole: Any
        if expected is SizeRange:
            whole = _as_size(given)
        else:
            whole = _as_bound(name, given) if expected is BoundSchema else _as_list(expected, given)
        return "" if whole is None else f"Write {json.dumps({name: whole})}."
    if error["type"] in ("enum", "literal_error", "extra_forbidden") and location:
        wrong = location[-1] if error["type"] == "extra_forbidden" else given
        close = nearest(str(wrong), allowed)
        return f"Did you mean {close}?" if close else ""
    if error["type"] == "list_type" and isinstance(given, str | int | float):
        return f"Write {json.dumps([given])}."
    return ""


def _as_bound(metric: str, given: Any) -> dict[str, float] | None:
    """A bare number as the bound that is usually meant: how much at most, or how much at least."""
    try:
        value = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or metric not in set(Metric):
        return None
    return {"min" if Metric(metric).direction is Direction.HIGHER else "max": value}


def _as_size(given: Any) -> int | dict[str, int]:
    """A size that is not written as a whole number as one, and else an example of a range."""
    (given,) = given if isinstance(given, list) and len(given) == 1 else (given,)
    try:
        size = float(given)
    except (TypeError, ValueError):
        size = 0.0
    return int(size) if size.is_integer() and 1 <= size <= MOST_PIXELS else {"min": 192, "max": 288}


def _as_list(expected: type[BaseModel], given: Any) -> dict[str, Any] | None:
    """A bare name or list in the first field of `expected` that takes a list."""
    if not isinstance(given, str | list):
        return None
    lists = (name for name, field in expected.model_fields.items() if get_origin(field.annotation) is list)
    name = next(lists, None)
    return None if name is None else {name: given if isinstance(given, list) else [given]}


def _allowed(
    error: Mapping[str, Any], location: list[str | int], schema: type[BaseModel] | None
) -> list[str] | None:
    """What the field may be: a limit, the members of an enum, or the names of fields that exist."""
    context = error.get("ctx", {})
    limits = [f"{sign} {context[name]}" for name, sign in _SIGNS.items() if name in context]
    if limits:
        return limits
    if error["type"] in ("enum", "literal_error"):
        return _QUOTED.findall(context["expected"])
    if error["type"] == "extra_forbidden" and schema is not None:
        parent = _schema_at(schema, location[:-1])
        return list(parent.model_fields) if parent else None
    return None


def _schema_at(schema: type[BaseModel], location: list[str | int]) -> type[BaseModel] | None:
    """The schema that the parts of `location` lead to, through optional and mapped fields."""
    annotation: Any = schema
    for part in location:
        parent = _schema_in(annotation)
        if parent is not None and part in parent.model_fields:
            annotation = parent.model_fields[str(part)].annotation
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        else:
            return None
    return _schema_in(annotation)


def _schema_in(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        schemas = (_schema_in(member) for member in get_args(annotation))
        return next((schema for schema in schemas if schema), None)
    return None
