"""Quantities as people write them: `60ms`, `0,06 s`, `1.5 GB`, `76 %`, `1 000`."""

import re
from collections.abc import Mapping
from math import inf, nan

from app.errors import InvalidBound, InvalidObjective
from catalog.words.metrics import Metric

_WRITTEN = re.compile(
    r"(?P<number>[0-9]+(?:[.,'\s][0-9]+)*|[.,][0-9]+)(?P<power>e[+-]?[0-9]{1,3})?\s*(?P<unit>[^0-9\s].*)?",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"[0-9]{1,3}(?:[.,'\s][0-9]{3})+")
_MIB = 1.048576
_WHOLE = 100.0
PERCENT = "%"
"""The unit of accuracies."""
# What a number with a unit is multiplied by, for each unit of a metric. The units are in lower case.
_UNITS: Mapping[str, Mapping[str, float]] = {
    "ms": {"ms": 1, "s": 1e3, "sec": 1e3, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "min": 6e4},
    "images/s": dict.fromkeys(
        ["images/s", "image/s", "img/s", "imgs/s", "ips", "fps", "hz", "/s", "images per second"], 1.0
    )
    | {"images/min": 1 / 60, "/min": 1 / 60, "images/h": 1 / 3600, "/h": 1 / 3600},
    "MB": {
        "b": 1e-6, "kb": 1e-3, "mb": 1, "gb": 1e3, "tb": 1e6,
        "kib": _MIB / 1024, "mib": _MIB, "gib": _MIB * 1024, "m": 1, "g": 1e3,
    },
    "M": {"k": 1e-3, "m": 1, "million": 1, "mio": 1, "g": 1e3, "b": 1e3, "bn": 1e3, "billion": 1e3},
    "G": {"m": 1e-3, "g": 1, "t": 1e3},
    "%": {"%": 1, "percent": 1, "per cent": 1, "points": 1},
    "%/G": {"%/g": 1, "%": 1},
    "%/M": {"%/m": 1, "%": 1},
    "x": {"x": 1},
}  # fmt: skip
# A multiply-accumulate is two operations.
_OPERATIONS: Mapping[Metric, Mapping[str, float]] = {
    Metric.GMACS: {"mac": 1, "flop": 0.5},
    Metric.GFLOPS: {"mac": 2, "flop": 1},
}


def parse_quantity(text: str, metric: Metric) -> float:
    """The value of `metric`, in its unit, that `text` gives with or without a unit.

    A comma or a dot may begin the decimals, and spaces, commas or dots may group digits.

    Raises:
        InvalidBound: the text is no number of at least 0, is an accuracy above 100 %, has a unit of another
            quantity, or could mean two numbers, as `1,000`.
    """
    match = _WRITTEN.fullmatch(text.strip())
    example = _example(metric)
    if match is None:
        raise InvalidBound(f"{text.strip()!r} is not a number of at least 0.", f"Write {example}.")
    value = _number(match["number"], text) * float(f"1{match['power'] or ''}")
    unit = " ".join((match["unit"] or "").lower().split())
    factors = _factors(metric)
    if unit and unit not in factors:
        raise InvalidBound(f"{match['unit']!r} is not a unit of {metric.meaning}.", f"Write {example}.")
    quantity = value * (factors[unit] if unit else 1)
    if quantity == inf:
        raise InvalidBound(f"{text.strip()!r} is too large a number.", f"Write {example}.")
    if metric.unit == PERCENT and quantity > _WHOLE:
        raise InvalidBound(f"{text.strip()!r} is above 100 %.", f"Write {example}.")
    return quantity


def parse_weight(text: str) -> float:
    """The weight of a metric in an objective.

    Raises:
        InvalidObjective: the text is no number above 0.
    """
    try:
        weight = float(text.strip())
    except ValueError:
        weight = nan
    if not 0 < weight < inf:
        raise InvalidObjective(
            f"{text.strip()!r} is not a weight above 0.", "Write weights as top1=0.6,latency_ms=0.4."
        )
    return weight


def _factors(metric: Metric) -> Mapping[str, float]:
    """What a number is multiplied by, for each unit that the metric may be written in."""
    units = _UNITS[metric.unit]
    operations = {
        f"{prefix}{name}{plural}": factor * times
        for name, times in _OPERATIONS.get(metric, {}).items()
        for prefix, factor in units.items()
        for plural in ("", "s")
    }
    return {**units, **operations}


def _number(digits: str, text: str) -> float:
    """The number of `digits`, in which commas, dots, spaces and apostrophes may be decimals or groups."""
    compact = re.sub(r"[\s']", "", digits)
    marks = [mark for mark in compact if mark in ".,"]
    if not marks:
        return float(compact)
    last = marks[-1]
    if len(set(marks)) == 1 and len(marks) > 1:  # 1,014,450
        if _GROUPS.fullmatch(compact):
            return float(compact.replace(last, ""))
        raise InvalidBound(
            f"{text.strip()!r} is not a number.", "Write one comma or dot, before the decimals."
        )
    if len(marks) == 1 and last == "," and re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", compact):
        plain = compact.replace(",", "")
        raise InvalidBound(
            f"{text.strip()!r} can mean {plain} or {compact.replace(',', '.')}.",
            f"Write {plain} or {compact.replace(',', '.')}.",
        )
    whole, _, decimals = compact.rpartition(last)
    return float(f"{re.sub('[.,]', '', whole) or 0}.{decimals}")


def _example(metric: Metric) -> str:
    number = {"ms": "60 or 60 ms", "images/s": "30", "MB": "512 or 0.5 GB", "%": "75 or 75 %"}.get(
        metric.unit
    )
    return f"a number, as {number}" if number else f"a number in {metric.unit}"
