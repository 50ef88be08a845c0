"""The cases that `archrank profile --cases` reads: JSON Lines, a case a line.

A line holds the `workload` and the `configuration` of a case, with the fields that `archrank catalog export`
gives them. A field that has a default may be left out.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from catalog.errors import FileInaccessible
from catalog.words.complaints import complaint
from catalog.words.vocabulary import Device
from profiler.cases import Case
from profiler.errors import CasesMalformed

_CASE = TypeAdapter(Case)
_FORM = (
    'Give a line as {"workload": {"architecture": "resnet50", "num_classes": 1000, "input_size": 224}, '
    '"configuration": {"runtime": "onnxruntime", "precision": "fp32", "threads": 2}}.'
)


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of the file, each once, in the order of the file. A dash is standard input.

    Raises:
        FileInaccessible: the file cannot be read.
        CasesMalformed: a line is not a case that can be measured, there is none, or they are of several
            devices.
    """
    if str(path) == "-" and sys.stdin is None:
        raise FileInaccessible("Standard input is closed.", "Name a file.")
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileInaccessible(f"Cannot read {path}: {error}.", "Name another file.") from error
    cases = tuple(dict.fromkeys(_cases(text.splitlines())))
    if not cases:
        raise CasesMalformed(f"{path} holds no case.", _FORM)
    if len(devices(cases)) > 1:
        raise CasesMalformed(f"{path} holds cases of several devices.", "Give a file for each device.")
    return cases


def devices(cases: Iterable[Case]) -> Sequence[Device]:
    """The devices of the cases, each once."""
    return list(dict.fromkeys(case.configuration.device for case in cases))


def _cases(lines: Iterable[str]) -> Iterable[Case]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = _CASE.validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise CasesMalformed(
                f"Line {number} is not a case: {place + ': ' if place else ''}{complaint(first)}.", _FORM
            ) from error
        if case.configuration.threads is None:
            raise CasesMalformed(f"Line {number} does not say how many threads.", _FORM)
        yield case
