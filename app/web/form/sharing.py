"""The question of the page in other forms: its address, a request to the API, and a command."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

# Options of `archrank recommend` that take the value of a field, or each of its values.
_OPTIONS = {
    "target": "--target",
    "configuration.runtime": "--runtime",
    "configuration.precision": "--precision",
    "configuration.threads": "--threads",
    "configuration.batch_size": "--batch-size",
    "evidence": "--evidence",
    "families.include": "--family",
    "training_data.exclude": "--without-data",
    "training_methods.include": "--method",
    "training_methods.exclude": "--without-method",
    "tags.include": "--tag",
    "tags.exclude": "--without-tag",
    "collapse": "--collapse",
    "confidence": "--confidence",
    "limit": "--limit",
    "training.images": "--images",
    "training.memory_mb": "--memory-mb",
    "training.optimizers": "--optimizer",
}
# Options without a value.
_FLAGS = {"license.commercial_use": "--commercial", "include": "--plan"}
# Fields whose value is an object that an option takes whole.
_WHOLE = ("objective", "typical_image", "input_size")


def address_of(chosen: Mapping[str, Sequence[str]], **changes: str | Sequence[str] | None) -> str:
    """The address of the page with these fields. `changes` replace fields, and None leaves one out."""
    fields: dict[str, Any] = {
        **chosen,
        **{name: value for name, value in changes.items() if value is not None},
    }
    for name, value in changes.items():
        if value is None:
            fields.pop(name, None)
    return f"/?{urlencode(fields, doseq=True)}" if fields else "/"


def as_curl(base: str, fields: Mapping[str, Any]) -> str:
    """The command that asks the API at `base` the same question, for a POSIX shell."""
    body = json.dumps(fields, indent=2, ensure_ascii=False)
    return f"curl -s {base}v1/recommendations -H 'Content-Type: application/json' -d {shlex.quote(body)}"


def as_command(fields: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The command `archrank recommend` for the same question, and the fields that it has no option for."""
    words, left_out = ["archrank", "recommend"], []
    for path, value in _flat(fields):
        option = _option(path, value)
        if option is None:
            left_out.append(path)
        else:
            words += option
    return shlex.join(words), left_out


def _option(path: str, value: Any) -> list[str] | None:
    """The option of a field, and its value. None where the command has none."""
    name, _, rest = path.partition(".")
    if name == "budget":
        metric, _, side = rest.partition(".")
        return [f"--{side}", f"{metric}={value:g}"]
    if path in _FLAGS:
        return [_FLAGS[path]]
    if path in _OPTIONS:
        values = value if isinstance(value, list) else [value]
        return [word for one in values for word in (_OPTIONS[path], _text(one))]
    return _of_object(path, value)


def _of_object(path: str, value: Any) -> list[str] | None:
    """The option of a field that `_WHOLE` names."""
    if path == "objective":
        weights = value["weights"].items() if isinstance(value, Mapping) else ()
        return ["--objective", ",".join(f"{metric}={weight:g}" for metric, weight in weights) or str(value)]
    if path == "typical_image":
        return ["--typical-image", f"{value['width']}x{value['height']}"]
    if path == "input_size" and isinstance(value, int):
        return ["--input-size", str(value)]
    return None


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _flat(fields: Mapping[str, Any], path: str = "") -> list[tuple[str, Any]]:
    """The fields with their paths. What `_option` takes whole is not divided."""
    flat = []
    for name, value in fields.items():
        here = f"{path}{name}"
        if isinstance(value, Mapping) and here not in _WHOLE:
            flat += _flat(value, f"{here}.")
        else:
            flat.append((here, value))
    return flat
