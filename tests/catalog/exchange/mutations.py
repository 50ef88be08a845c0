"""Lines of an export as they come back from elsewhere: with a number, a word or a byte changed."""

import json
from random import Random
from typing import Any

ABSURD: tuple[Any, ...] = (
    *(0, -1, -5, 1, 1e-300, 1e308, -1e308, 95, 150, 2**31, 2**63, 2**64, 10**20, 10**400, 0.5, 1e-9),
    *(None, True, False, "", "x", "NaN", "1", "9999-12-31T23:59:59-12:00", "2999-01-01T00:00:00Z"),
    *("top1", "failed", "ok", "training", "cuda", "int8", "counted", "local", "estimated", "concurrent"),
    *("net; $(touch x)", "a\x1b[2J", "\u202e", "a\nb", "\0", "\ud800", "n" * 5000, "../a", "-x", "ü", "🦆"),
    *([], {}, [0], [None], {"x": 1}, [[]], {"": ""}),
)


# What arithmetic turns into another number without an overflow.
MOST = 1e290


def mutated(line: str, random: Random) -> str:
    """The line with one to three changes."""
    if random.random() < 0.2:
        return _with_other_bytes(line, random)
    document = json.loads(line)
    for _ in range(random.randint(1, 3)):
        _change(document, random)
    return json.dumps(document)


def _with_other_bytes(line: str, random: Random) -> str:
    begin = random.randrange(len(line))
    end = begin + random.choice((0, 1, 1, 5, 200))
    return line[:begin] + random.choice(("", " ", "0", "9" * 30, '"', "{", "\\u0000", "1e999")) + line[end:]


def _change(document: Any, random: Random) -> None:
    """Change something in a random place of the document."""
    part = document
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        if not keys:
            return
        key = random.choice(keys)
        inner = part[key]
        if isinstance(inner, dict | list) and inner and random.random() < 0.9:
            part = inner
            continue
        action = random.random()
        if action < 0.1:
            del part[key]
        elif action < 0.2 and isinstance(part, dict):
            part[random.choice(("colour", "value", "threads", "record"))] = random.choice(ABSURD)
        elif (
            action < 0.4
            and isinstance(inner, int | float)
            and not isinstance(inner, bool)
            and abs(inner) < MOST
        ):
            part[key] = random.choice((-inner, inner * 10, inner / 10, inner * 1e9, inner * 1.01, -0.0))
        else:
            part[key] = random.choice(ABSURD)
        return
