"""Inserting many rows at once, and finding many."""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Insert,
    String,
    any_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.tables import FactRow, Table

# SQLite takes 999 parameters in a statement of its older releases.
_ROWS_PER_STATEMENT = 500

Row = Mapping[str, Any]
_T = TypeVar("_T")


def with_id(entity: Any) -> dict[str, Any]:
    """The fields of an entity with its id, as a row."""
    return {"id": entity.id, **vars(entity)}


def merge(
    session: WriteSession,
    table: type[FactRow],
    rows: Sequence[Row],
    *,
    replace: bool = False,
    imported_from: str | None = None,
) -> None:
    """Insert the rows, which hold every column but `imported_from`. Where the key exists, the new row's
    values replace the old. Without `replace`, a null keeps the old value.

    Rows that this adds or changes are marked with `imported_from`. Without it, what is replaced loses its
    mark.
    """
    upsert = _dialect(session).insert
    keys = [column.name for column in table.__table__.primary_key]
    unique: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if key in unique:
            unique[key] = {**unique[key], **{name: value for name, value in row.items() if value is not None}}
        else:
            unique[key] = row
    mark = "imported_from"
    others = [column.name for column in table.__table__.columns if column.name not in (*keys, mark)]
    statement = upsert(table.__table__)
    merged = {
        name: statement.excluded[name]
        if replace
        else func.coalesce(statement.excluded[name], table.__table__.c[name])
        for name in others
    }
    stored = table.__table__.c
    if imported_from is not None:
        changes = or_(*(_differs(merged[name], stored[name]) for name in others))
        merged[mark] = case((changes, imported_from), else_=stored[mark])
    elif replace:
        merged[mark] = None
    statement = statement.on_conflict_do_update(index_elements=keys, set_=merged)
    _execute(session, statement, [{**row, mark: imported_from} for row in unique.values()])


def _differs(value: ColumnElement[Any], stored: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column changes. PostgreSQL compares JSON as text alone."""
    if isinstance(stored.type, JSON):
        return cast(value, String).is_distinct_from(cast(stored, String))
    return value.is_distinct_from(stored)


def put(session: WriteSession, table: type[Table], rows: Sequence[Row]) -> None:
    """Insert the rows, which hold every column. Where the key exists, they replace the old row."""
    statement = _dialect(session).insert(table.__table__)
    keys = [column.name for column in table.__table__.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.__table__.columns}
    _execute(session, statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def insert_new(session: WriteSession, table: type[Table], rows: Sequence[Row]) -> None:
    """Insert the rows, which hold every column. Where the key exists, the old row stays."""
    upsert = _dialect(session).insert
    _execute(session, upsert(table.__table__).on_conflict_do_nothing(), rows)


def _execute(session: WriteSession, statement: Insert, rows: Iterable[Row]) -> None:
    for chunk in chunks(rows):
        session.execute(statement, list(chunk))


def _dialect(session: WriteSession) -> Any:
    # Only who writes needs it, and the other database's takes 50 ms to import.
    return import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")


def chunks(items: Iterable[_T]) -> Iterable[Sequence[_T]]:
    """The items, so many at a time that a statement can name them all."""
    iterator = iter(items)
    while chunk := list(islice(iterator, _ROWS_PER_STATEMENT)):
        yield chunk


def among(session: ReadSession, column: ColumnElement[Any], texts: Sequence[str]) -> ColumnElement[bool]:
    """Whether `column` is one of the texts, however many. They are one parameter: writing a statement with a
    parameter for each takes longer than finding the rows."""
    if session.get_bind().dialect.name == "sqlite":
        rows = func.json_each(json.dumps(texts)).table_valued("value")
        return column.in_(select(rows.c.value))
    return column == any_(literal(texts, ARRAY(String)))
