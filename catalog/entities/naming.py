"""What a field of a configuration is called: in sentences, in tables, on the command line and in ids.

Each field has its texts in its metadata. Here they are put together.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# How a value is written: a template with `{}` for the value, a text for each value that needs one, or a
# function. A value that a mapping lacks is not written.
Text = str | Mapping[Any, str] | Callable[[Any], str]

_PHRASE, _LABEL, _OPTION, _SLUG = "phrase", "label", "option", "slug"


def names(
    meaning: str, *, phrase: Text = "", label: Text = "", option: Text = "", slug: Text = ""
) -> dict[str, Any]:
    """The metadata of a field.

    `meaning` describes the field in the API. `phrase` is its part of a sentence, `label` of a table's cell,
    `option` of the command that measures the configuration again, `slug` of the id. Each part begins with
    what separates it from the part before.
    """
    return {"description": meaning, _PHRASE: phrase, _LABEL: label, _OPTION: option, _SLUG: slug}


def unless(default: object, template: str) -> Callable[[Any], str]:
    """Writes a value by `template`, but not the `default`."""
    return lambda value: "" if value == default else template.format(value)


def in_words(entity: "DataclassInstance", without: Collection[str] = ()) -> str:
    """The entity as a part of a sentence, leaving out the fields `without`."""
    return _written(entity, _PHRASE, without)


def label_of(entity: "DataclassInstance") -> str:
    """The entity as a short text for a table."""
    return _written(entity, _LABEL)


def options_of(entity: "DataclassInstance") -> str:
    """The entity as options of `archrank profile`, with a space before each."""
    return _written(entity, _OPTION)


def slug_of(entity: "DataclassInstance") -> str:
    """The entity as an id: fields that decide what it is, in their order."""
    return _written(entity, _SLUG)


def _written(entity: Any, part: str, without: Collection[str] = ()) -> str:
    return "".join(
        _text(field.metadata[part], getattr(entity, field.name))
        for field in fields(entity)
        if field.name not in without
    )


def _text(text: Text, value: object) -> str:
    if isinstance(text, str):
        return text.format(value)
    return text.get(value, "") if isinstance(text, Mapping) else text(value)
