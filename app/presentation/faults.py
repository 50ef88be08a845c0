"""What is wrong with a request, from Pydantic's errors."""

import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from app.contract.problems import Fault

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
# Parts of Pydantic's locations that are no names of fields.
_NO_FIELDS = ("body", "query", "path", "[key]", "[name]", "[weights]")
_QUOTED = re.compile(r"'([^']*)'")


def faults_of(errors: Iterable[Mapping[str, Any]], schema: type[BaseModel] | None) -> list[Fault]:
    """A fault for each of Pydantic's `errors`. A request of `schema` names the fields that it may have."""
    return [_fault(error, schema) for error in errors]


def _fault(error: Mapping[str, Any], schema: type[BaseModel] | None) -> Fault:
    location = [part for part in error["loc"] if part not in _NO_FIELDS]
    field = ".".join(str(part) for part in location) or "body"
    detail = f"{error['msg'].removeprefix('Value error, ').removesuffix('.')}."
    if error["type"] in ("model_attributes_type", "model_type", "dict_type"):
        detail = "The value is not a JSON object."
    return Fault(field=field, detail=detail, allowed=_allowed(error, location, schema))


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
