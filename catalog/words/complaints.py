"""What is wrong with a value, in plain words, from an error of Pydantic's.

Pydantic's own sentences are for programmers: "Input should be a valid integer, unable to parse string".
"""

from collections.abc import Mapping
from typing import Any

# What to write instead, by the type of the error. The braces name what the error's context holds.
_INSTEAD = {
    "missing": "It is missing",
    "extra_forbidden": "There is no such field",
    "enum": "Choose {expected}",
    "literal_error": "Choose {expected}",
    "greater_than_equal": "Give a number of at least {ge}",
    "greater_than": "Give a number above {gt}",
    "less_than_equal": "Give a number of at most {le}",
    "less_than": "Give a number below {lt}",
    "too_short": "Give at least {min_length}, not {actual_length}",
    "too_long": "Give at most {max_length}, not {actual_length}",
    "string_too_short": "Give at least {min_length} character{plural}",
    "string_too_long": "Give at most {max_length} character{plural}",
    "finite_number": "Give a finite number",
    # The only pattern that a text must have.
    "string_pattern_mismatch": "Give a text without the character NUL",
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "Give a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "Give a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "Give true or false"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), "Give a list"),
    **dict.fromkeys(("string_type", "string_sub_type"), "Give a text"),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type", "dataclass_type"),
        "Give an object of names and values",
    ),
}
_OF_A_VALIDATOR = "value_error"
_PREFIX = "Value error, "


def complaint(error: Mapping[str, Any]) -> str:
    """The error, one of `ValidationError.errors()`, without a full stop at its end.

    A validator's own message is taken as it is.
    """
    if error["type"] == _OF_A_VALIDATOR:
        return str(error["msg"]).removeprefix(_PREFIX).rstrip(".")
    instead = _INSTEAD.get(error["type"])
    if instead is None:
        return str(error["msg"]).rstrip(".")
    limits = {
        name: f"{limit:g}" if isinstance(limit, float) else limit
        for name, limit in error.get("ctx", {}).items()
    }
    limits["plural"] = "" if 1 in (limits.get("min_length"), limits.get("max_length")) else "s"
    return instead.format_map(limits)
