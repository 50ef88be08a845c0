"""Objects of JSON that state each of their fields once. JSON allows more, and readers then differ in which
they take."""

from collections import Counter
from collections.abc import Sequence
from typing import Any


class RepeatedField(ValueError):
    """A field of a JSON object occurs more than once."""


def with_single_fields(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object that has these fields, for `object_pairs_hook` of json.loads.

    Raises:
        RepeatedField: names the field.
    """
    document = dict(pairs)
    if len(document) < len(pairs):
        names = Counter(name for name, _ in pairs)
        repeated = next(name for name, count in names.items() if count > 1)
        raise RepeatedField(f"the field {repeated[:100]!a} occurs more than once")
    return document
