"""Answers as JSON. What many answers share is written once, and held with its text."""

from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

_Key = TypeVar("_Key", bound=str)
_Value = TypeVar("_Value")
_OPTIONS = (
    orjson.OPT_NON_STR_KEYS  # members of enums, and sizes in pixels
    | orjson.OPT_UTC_Z
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


class Written(dict[_Key, _Value]):
    """A part of answers with its JSON. Nobody changes it."""

    def __init__(self, members: Mapping[_Key, _Value]) -> None:
        super().__init__(members)
        self.json = orjson.Fragment(written(members))


def written(document: object) -> bytes:
    """The JSON of an answer, without what is absent."""
    return orjson.dumps(document, default=_members, option=_OPTIONS)


def _members(part: Any) -> Any:
    """A part of an answer as what the library writes: a schema of the contract, or an entity."""
    if isinstance(part, Written):
        return part.json
    if isinstance(part, BaseModel):
        return {name: value for name, value in vars(part).items() if value is not None}
    # An entity may hold more than its fields.
    return {name: value for name in part.__dataclass_fields__ if (value := getattr(part, name)) is not None}
