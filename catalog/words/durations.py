"""Durations as people write them: `90s`, `6m`, `1.5h`. A number alone is in seconds."""

import re

from catalog.errors import InvalidDuration

_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(\.[0-9]{1,9})?)\s*(?P<unit>[smh]?)")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str, option: str) -> float:
    """Seconds from a number with the unit s, m or h. Without a unit, they are seconds.

    Raises:
        InvalidDuration: a text of another form. Names the option.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise InvalidDuration(f"{option} {text} is not a duration.", "Give a duration, as 90s, 6m or 1h.")
    return float(match["number"]) * _SECONDS[match["unit"]]
