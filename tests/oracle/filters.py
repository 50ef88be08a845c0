"""What passes the filters of a question."""

from collections.abc import Callable, Collection, Iterator, Mapping
from math import inf
from typing import Any

from catalog.entities.configurations import Configuration
from tests.oracle.questions import Question
from tests.oracle.rows import Row

Condition = Callable[[Row], bool]


def conditions(question: Question) -> list[Condition]:
    """What every row must fulfil."""
    return [
        *_input_size(question.get("input_size")),
        *_configuration(question.get("configuration", {})),
        *_license(question.get("license", {})),
        *_training_data(question.get("training_data", {})),
        *_sides(question.get("families", {}), lambda row: (row.family,)),
        *_sides(question.get("tags", {}), lambda row: row.tags),
        *_test_networks(question.get("tags", {})),
    ]


def passing(rows: list[Row], question: Question) -> list[Row]:
    """The rows that pass all filters but `evidence`, which decides earlier what measurements count."""
    asked = conditions(question)
    return [row for row in rows if all(condition(row) for condition in asked)]


def _input_size(size: int | Mapping[str, int] | None) -> Iterator[Condition]:
    if isinstance(size, int):
        yield lambda row: row.input_size == size
    elif size:
        smallest, largest = size.get("min", 0), size.get("max", inf)
        yield lambda row: smallest <= row.input_size <= largest


def _configuration(wanted: Mapping[str, Any]) -> Iterator[Condition]:
    """A field must have one of the values that are listed. Only `compiled` has a single one. Where scenarios
    are listed, the configuration of the training run may be the one that has them all."""
    allowed = {field: values if isinstance(values, list) else [values] for field, values in wanted.items()}

    def admits(run: Configuration | None) -> bool:
        return run is not None and all(getattr(run, field) in values for field, values in allowed.items())

    trained = "scenario" in wanted
    yield lambda row: admits(row.configuration) or (trained and admits(row.training_configuration))


def _license(asked: Mapping[str, Any]) -> Iterator[Condition]:
    """What is unknown passes neither `commercial_use` true nor false. Letters may be small or capital."""
    if "allow" in asked:
        names = {name.lower() for name in asked["allow"]}
        yield lambda row: (row.license or "").lower() in names
    if "commercial_use" in asked:
        yield lambda row: row.commercial_use is asked["commercial_use"]


def _training_data(asked: Mapping[str, Any]) -> Iterator[Condition]:
    """The training data are known, and none of them is excluded by its own name or by that of its kind:
    `laion` excludes `laion-2b`."""
    if excluded := asked.get("exclude"):
        yield (
            lambda row: (
                bool(row.training_data)
                and not any(
                    f"{data}-".startswith(f"{name}-") for data in row.training_data for name in excluded
                )
            )
        )


def _test_networks(asked: Mapping[str, list[str]]) -> Iterator[Condition]:
    """Test networks are candidates only where their tag is included."""
    if "test-network" not in asked.get("include", ()):
        yield lambda row: "test-network" not in row.tags


def _sides(
    asked: Mapping[str, list[str]], names_of: Callable[[Row], Collection[str | None]]
) -> Iterator[Condition]:
    """One of the names is included, where any are asked for, and none is excluded."""
    if included := set(asked.get("include", ())):
        yield lambda row: not included.isdisjoint(names_of(row))
    if excluded := set(asked.get("exclude", ())):
        yield lambda row: excluded.isdisjoint(names_of(row))
