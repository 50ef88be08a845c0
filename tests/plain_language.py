"""What makes a text unreadable where it is read alone: in an OpenAPI document, a tooltip, a line of help."""

import re
from collections.abc import Mapping

_OPENING = re.compile(r"[A-Z0-9`*\"'(]")
_POINTERS = (
    "it|its|this|that|these|those|they|their|them|such|others|both|either|neither|then|there|here"
    "|which (?:is|are)|who|same"
)
_FRAGMENTS = (
    "absent|empty|and|or|but|also|as|at|before|after|behind|beside|by|for|from|in|of|on|than|through|to|when"
    "|where|with|without"
)
_BARE = "it|this|these|those|them|others|there|here|either|neither|both"
_PREPOSITIONS = (
    "about|as|at|before|behind|beside|by|for|from|in|like|of|on|than|through|to|with|within|without"
)

# A fault's name, and the pattern that shows it. Texts are compared with their line breaks made spaces.
_FAULTS: Mapping[str, re.Pattern[str]] = {
    "a semicolon": re.compile(r";"),
    "an opening that points elsewhere": re.compile(rf"^(?:{_POINTERS})\b", re.IGNORECASE),
    "an opening without what it is about": re.compile(rf"^(?:{_FRAGMENTS})\b", re.IGNORECASE),
    "a word for a neighbour": re.compile(
        r"\b(?:them|others|those|thereof|therein|beside (?:it|them)|what lies)\b", re.IGNORECASE
    ),
    "a bare pointer": re.compile(rf"\b(?:{_PREPOSITIONS}) (?:{_BARE})\b(?=\s*(?:[.,:()]|$))", re.IGNORECASE),
    "a question left open": re.compile(
        r"^(?:What|How many|How much)\b[^.:]*\b(?:are|is|do|does|has|have|there)\."
    ),
    "a pointer to what is not named": re.compile(r"\b(?:of|how to get|for) (?:these|those)\b", re.IGNORECASE),
    "an order of nothing": re.compile(
        r"^(?:the )?(?:best|most \w+|newest|largest|smallest) first\.", re.IGNORECASE
    ),
}


def faults(text: str) -> list[str]:
    """What keeps `text` from being read alone; empty for a text of plain, complete sentences."""
    line = " ".join(text.split())
    found = [name for name, pattern in _FAULTS.items() if pattern.search(line)]
    if not _OPENING.match(line):
        found.append("no capital at the beginning")
    if not line.endswith((".", "?")):
        found.append("no full stop at the end")
    if re.search(r"[.?] [a-z]", line):
        found.append("a sentence without a capital")
    return found
