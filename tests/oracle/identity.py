"""What tells a candidate from all others, in the plain ranker and in an answer of the API."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracle.rows import Row

Identity = tuple[Any, ...]

# The fields of a configuration that tell candidates of one target apart.
RUN = ("runtime", "precision", "batch_size", "threads", "layout", "compiled", "scenario", "batch_policy")


def identity(row: Row) -> Identity:
    return (*row.key[:3], *(getattr(row.configuration, field) for field in RUN))


def identity_of(recommended: Mapping[str, Any]) -> Identity:
    """The identity of what an answer recommends, or calls a near miss."""
    run = {"threads": None} | recommended["configuration"]
    return (
        recommended["architecture"],
        recommended.get("checkpoint", ""),
        recommended["input_size"],
        *(run[field] for field in RUN),
    )


def by_identity(rows: Iterable[Row]) -> dict[Identity, Row]:
    return {identity(row): row for row in rows}
