"""What an answer comes to, and what each filter leaves out, by decision 19 and docs/api.md."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.oracle.filters import passing
from tests.oracle.questions import Question
from tests.oracle.rows import Row
from tests.oracle.search import Search

FILTERS = ("input_size", "license", "training_data", "families", "tags", "configuration", "evidence")
# The rows of the question's target that were measured with this evidence.
RowsOf = Callable[[tuple[str, ...]], list[Row]]


def outcome(search: Search) -> str:
    """Where the objective is a metric."""
    if not search.rows:
        return "filtered_out"
    if not search.usable:
        return "all_failed"
    if search.fitting:
        known = any(search.question["objective"] in row.values for row in search.fitting)
        return "fits" if known else "objective_unknown"
    broken = any(search.outside[number] for number in search.usable)
    return "all_exceed" if broken else "all_unknown"


def filter_fields(question: Question) -> list[str]:
    """The fields of the request that filter, as `license.commercial_use`."""
    found = []
    for name in FILTERS:
        asked = question.get(name)
        if asked is None or asked in ({}, []):
            continue
        if name in ("input_size", "evidence"):
            found.append(name)
        else:
            found += [f"{name}.{part}" for part, value in asked.items() if value not in ([], None)]
    return found


def without(question: Question, *fields: str) -> dict[str, Any]:
    """The question without these filters."""
    left: dict[str, Any] = dict(question)
    for field in fields:
        name, _, part = field.partition(".")
        if part:
            left[name] = {key: value for key, value in left[name].items() if key != part}
        else:
            left.pop(name)
    return left


def count_passing(question: Question, rows_of: RowsOf) -> int:
    return len(passing(rows_of(tuple(question.get("evidence", ()))), question))


def effects(question: Question, rows_of: RowsOf) -> Mapping[str, tuple[int, int]]:
    """By field: how many candidates pass the filter on it, and how many it alone leaves out."""
    fields = filter_fields(question)
    passing_all = count_passing(question, rows_of)
    return {
        field: (
            count_passing(without(question, *(other for other in fields if other != field)), rows_of),
            max(0, count_passing(without(question, field), rows_of) - passing_all),
        )
        for field in fields
    }


def is_smallest_blame(question: Question, fields: list[str], rows_of: RowsOf) -> bool:
    """Whether a candidate passes without the filters on `fields`, and none with any one of them."""
    if not count_passing(without(question, *fields), rows_of):
        return False
    return not any(
        count_passing(without(question, *(other for other in fields if other != field)), rows_of)
        for field in fields
    )
