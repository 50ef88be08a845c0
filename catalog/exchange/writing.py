"""The catalog as JSON Lines: a header, then one self-contained record a line, then an end mark.

A measurement's record holds its workload, configuration, target, environment, artefact and outcome with all
raw samples, so a profile made on one machine can be imported by any other catalog. Measurements are ordered
by their arrival, other records by kind and key. The same catalog always gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from catalog.exchange.records import Record, document_of, kind_of
from catalog.storage.database import ReadSession
from catalog.storage.everything import everything, everything_of

FORMAT = "archrank-catalog"
VERSION = 7
TAG = "record"
END = "end"


def export_lines(session: ReadSession, target: str | None = None) -> Iterator[str]:
    """The catalog, a line (without its newline) at a time. With the id of a `target`, its measurements alone,
    and what they refer to."""
    yield from lines_of(everything(session) if target is None else everything_of(session, target))


def lines_of(records: Iterable[Record]) -> Iterator[str]:
    """An export of the records, in which each comes after all that it refers to."""
    yield _dumps({"format": FORMAT, "version": VERSION})
    count = 0
    for record in records:
        count += 1
        yield _dumps({TAG: kind_of(record), **document_of(record)})
    yield _dumps({TAG: END, "records": count})


def lines_of_documents(documents: Sequence[Any]) -> Iterator[str]:
    """An export of the records that were read from JSON. They may have a header and an end mark of their
    own."""
    has_header = bool(documents) and isinstance(documents[0], dict) and "format" in documents[0]
    if not has_header:
        yield _dumps({"format": FORMAT, "version": VERSION})
    yield from map(_dumps, documents)
    if not has_header:
        yield _dumps({TAG: END, "records": len(documents)})


def _dumps(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
