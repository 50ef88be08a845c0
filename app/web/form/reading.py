"""From the texts of a field to the value of a request. A field has at least one text, and none is empty.

Raises:
    InvalidBound, InvalidSize, InvalidObjective: what a text is not, and what to write instead.
"""

import re
from collections.abc import Sequence

from app.errors import InvalidBound
from app.presentation.requests.quantities import parse_quantity, parse_weight
from app.presentation.requests.sizes import parse_size
from catalog.words.metrics import Metric

_RANGE = re.compile(r"(?P<low>[0-9]{1,6})\s*(?:px)?\s*(?:-|\u2013|to|\.\.)\s*(?P<high>[0-9]{1,6})\s*(?:px)?")
_PER_CENT = 100
ANY = "any"
"""What a field says where any value will do."""


def the_only(texts: Sequence[str]) -> str:
    """The last of the texts: an address that names a field twice means the later one."""
    return texts[-1]


def several(texts: Sequence[str]) -> list[str]:
    """The texts, each once."""
    return list(dict.fromkeys(texts))


def listed(texts: Sequence[str]) -> list[str]:
    """The names between commas or semicolons."""
    parts = (part.strip() for text in texts for part in re.split(r"[,;]", text))
    return list(dict.fromkeys(filter(None, parts)))


def whole(texts: Sequence[str]) -> int:
    """A whole number."""
    return wholes(texts)[-1]


def wholes(texts: Sequence[str]) -> list[int]:
    """Whole numbers, which may have a separator of thousands."""
    return [_whole(part) for text in texts for part in text.split(";")]


def _whole(text: str) -> int:
    compact = re.sub(r"[\s',._]", "", text)
    if not compact.isascii() or not compact.isdecimal() or len(compact) > 12:  # noqa: PLR2004 - beyond any count
        raise InvalidBound(f"{text.strip()!r} is not a whole number.", "Write a whole number, as 20.")
    return int(compact)


def yes_or_no(texts: Sequence[str]) -> bool | None:
    """Yes or no. None for both: either will do."""
    answers = {text.strip().lower() for text in texts}
    if answers - {"yes", "no"}:
        raise InvalidBound(f"{texts[-1]!r} is neither yes nor no.", "Write yes or no.")
    return None if len(answers) > 1 else answers == {"yes"}


def probability(texts: Sequence[str]) -> float | None:
    """A probability, as `90`, `90 %` or `0.9`. None for `any`."""
    text = the_only(texts)
    if text == ANY:
        return None
    try:
        value = parse_quantity(text, Metric.TOP1)
    except InvalidBound as error:
        raise InvalidBound(error.message, "Write a probability, as 90 % or 0.9.") from error
    is_share = value < 1 and text.strip()[-1].isdecimal()
    share = value if is_share else value / _PER_CENT
    if not 0 < share < 1:
        raise InvalidBound(f"{text!r} is no probability between 0 and 100 %.", "Write it as 90 % or 0.9.")
    return share


def megabytes(texts: Sequence[str]) -> float:
    """An amount of memory, in MB."""
    return parse_quantity(the_only(texts), Metric.DEVICE_MEMORY_MB)


def image_size(texts: Sequence[str]) -> dict[str, int]:
    """The size of images from WIDTHxHEIGHT, with a cross or the letter x, or from one side of a square."""
    text = re.sub(r"\s|px", "", the_only(texts).lower()).replace("\u00d7", "x")
    return parse_size(f"{text}x{text}" if text.isdecimal() else text)


def input_sizes(texts: Sequence[str]) -> int | dict[str, int]:
    """One size of the input, or a range of sizes, in pixels."""
    text = the_only(texts).strip().lower()
    if match := _RANGE.fullmatch(text):
        return {"min": int(match["low"]), "max": int(match["high"])}
    return _whole(text.removesuffix("px"))


def weights(texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Weights from `top1=0.6, latency_ms=0.4`."""
    parsed = {}
    for part in listed(texts):
        name, _, number = part.partition("=")
        parsed[name.strip()] = parse_weight(number)
    return {"weights": parsed}
