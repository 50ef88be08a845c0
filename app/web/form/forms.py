"""From the fields of the form to the fields of a request, and what is wrong with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import AppError
from app.presentation.requests.quantities import parse_quantity
from app.web.form.bounds import BOUNDED
from app.web.form.fields import CONFIDENCE, FIELDS, VIEWS
from app.web.form.reading import the_only

_LIMIT = 20


@dataclass(frozen=True)
class FormRequest:
    """The `fields` of a request, and the `faults` of the form: by field, what to write instead.

    A field with a fault is left out of the request. `ignored` are fields that the form does not have.
    """

    fields: Mapping[str, Any]
    faults: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()


def chosen_of(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The texts of each field that is not empty."""
    chosen: dict[str, list[str]] = {}
    for name, text in pairs:
        if text.strip():
            chosen.setdefault(name, []).append(text.strip())
    return chosen


def with_usual(chosen: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """`chosen`, and the usual confidence where it has a bound and no confidence.

    An address therefore says how sure its answer is. Without a confidence, the most accurate of many networks
    is likely to be one whose time is just within the bound, and that keeps it as often as a coin toss.
    """
    fields = {name: list(texts) for name, texts in chosen.items()}
    if CONFIDENCE.name not in fields and not BOUNDED.keys().isdisjoint(fields):
        fields[CONFIDENCE.name] = [CONFIDENCE.options[0][0]]
    return fields


def read_form(chosen: Mapping[str, Sequence[str]], without: Iterable[str] = ()) -> FormRequest:
    """The request that the fields make, leaving out the fields `without`. Empty fields constrain nothing."""
    fields: dict[str, Any] = {"limit": _LIMIT}
    faults: dict[str, str] = {}
    for name, texts in chosen.items():
        if name in without or name not in {*BOUNDED, *FIELDS}:
            continue
        try:
            _fill(fields, name, texts)
        except AppError as error:
            faults[name] = sentence_of(error)
    if "training" in fields and "include" not in fields:
        fields["include"] = ["training_plan"]
    known = {*BOUNDED, *FIELDS, *VIEWS}
    return FormRequest(fields, faults, [name for name in chosen if name not in known])


def _fill(fields: dict[str, Any], name: str, texts: Sequence[str]) -> None:
    if name in BOUNDED:
        metric, side = BOUNDED[name]
        value = parse_quantity(the_only(texts), metric)
        fields.setdefault("budget", {}).setdefault(metric.value, {})[side] = value
        return
    *parents, last = FIELDS[name].path.split(".")
    read = FIELDS[name].read(texts)
    if read is None:
        return
    inner = fields
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[last] = read


def blamed_field(error: AppError, chosen: Mapping[str, Sequence[str]]) -> str | None:
    """The name of the form's field that an error of the request is about. None where it cannot be told.

    Several fields may fill a part of the request, as `families`. Then the message quotes the text of one.
    """
    paths = {
        name: FIELDS[name].path if name in FIELDS else f"budget.{BOUNDED[name][0]}"
        for name in _fields(chosen)
    }
    about = [
        name
        for name, path in paths.items()
        if error.field == path or error.field.startswith(f"{path}.") or path.startswith(f"{error.field}.")
    ]
    quoted = [name for name in about if any(text in error.message for text in chosen[name])]
    return next(iter([*quoted, *about]), None)


def _fields(chosen: Mapping[str, Sequence[str]]) -> list[str]:
    return [name for name in chosen if name in BOUNDED or name in FIELDS]


def sentence_of(error: AppError) -> str:
    """What is wrong, and what to do."""
    return " ".join(filter(None, [error.message, error.remedy]))
