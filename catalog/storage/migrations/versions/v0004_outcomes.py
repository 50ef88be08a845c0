"""The protocol's version and the speed table of a published number have columns of their own. Until now they
were read out of texts. Threads that a source does not state are NULL. Until now they were 0.

A row has either the numbers of a success or the reason of a failure. Only an export that was written by hand
could make another row.

Revision ID: 0004
"""

import re
import zlib
from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MEASUREMENT = sa.table(
    "measurement",
    *(sa.column(name) for name in ("id", "provenance", "status", "reason", "detail", "protocol", "source")),
    sa.column("protocol_version", sa.Integer()),
    sa.column("published_table", sa.String()),
    sa.column("interval_target_met", sa.Boolean()),
    sa.column("doubts", sa.JSON()),
    sa.column("samples", sa.LargeBinary()),
    sa.column("set_aside", sa.LargeBinary()),
)
_CONFIGURATION = sa.table("configuration", sa.column("threads"), sa.column("stated_threads"))
_VALUE = sa.table("value", sa.column("measurement"))
_NO_SAMPLES = zlib.compress(b"[]")

# "2: 5 to 15 processes until ...". At most nine digits: what is longer is no version, and no column holds it.
_PROTOCOL = re.compile(r"([0-9]{1,9})(:.*)?", re.DOTALL)
_SOURCE = re.compile(r"timm results/(.+) @ git blob .*", re.DOTALL)


def upgrade() -> None:
    op.add_column("measurement", sa.Column("protocol_version", sa.Integer(), nullable=True))
    op.add_column("measurement", sa.Column("published_table", sa.String(), nullable=True))
    op.alter_column("measurement", "precision_met", new_column_name="interval_target_met")
    _fill("protocol_version", _protocol_versions(), "protocol", "measured")
    _fill("published_table", _published_tables(), "source", "published")
    _separate_outcomes()
    _replace_threads(
        sa.Column("stated_threads", sa.Integer(), nullable=True), sa.func.nullif(_CONFIGURATION.c.threads, 0)
    )


def downgrade() -> None:
    _replace_threads(
        sa.Column("stated_threads", sa.Integer(), server_default="0", nullable=False),
        sa.func.coalesce(_CONFIGURATION.c.threads, 0),
    )
    op.alter_column("measurement", "interval_target_met", new_column_name="precision_met")
    op.drop_column("measurement", "published_table")
    op.drop_column("measurement", "protocol_version")


def _protocol_versions() -> dict[str, int]:
    """The version in each protocol's text that has one."""
    matches = {text: _PROTOCOL.fullmatch(text) for text in _texts("protocol", "measured")}
    return {text: int(match[1]) for text, match in matches.items() if match}


def _published_tables() -> dict[str, str]:
    """The speed table in each source that names one."""
    matches = {text: _SOURCE.fullmatch(text) for text in _texts("source", "published")}
    return {text: match[1] for text, match in matches.items() if match}


def _texts(column: str, provenance: str) -> list[str]:
    rows = _MEASUREMENT.c
    return list(
        op.get_bind().scalars(sa.select(rows[column]).where(rows.provenance == provenance).distinct())
    )


def _fill(column: str, values: Mapping[str, str | int], text: str, provenance: str) -> None:
    """Set `column` to the value of each row's `text`."""
    rows = _MEASUREMENT.c
    for content, value in values.items():
        of_text = (rows.provenance == provenance, rows[text] == content)
        op.execute(_MEASUREMENT.update().where(*of_text).values({column: value}))


def _separate_outcomes() -> None:
    rows = _MEASUREMENT.c
    ok, failed = rows.status == "ok", rows.status == "failed"
    op.execute(_MEASUREMENT.update().where(ok).values(reason=None, detail=None))
    op.execute(
        _MEASUREMENT.update()
        .where(failed, rows.reason.is_(None))
        .values(reason="runtime_error", detail=sa.func.coalesce(rows.detail, "no reason was recorded"))
    )
    op.execute(
        _MEASUREMENT.update()
        .where(failed)
        .values(doubts=[], interval_target_met=None, samples=_NO_SAMPLES, set_aside=None)
    )
    op.execute(_VALUE.delete().where(_VALUE.c.measurement.in_(sa.select(rows.id).where(failed))))


def _replace_threads(column: sa.Column[int], value: sa.ColumnElement[int]) -> None:
    """Put `column` (named "stated_threads") in the place of `threads`, with `value` in each row.

    SQLite cannot change whether a column may be NULL."""
    op.add_column("configuration", column)
    op.execute(_CONFIGURATION.update().values(stated_threads=value))
    op.drop_column("configuration", "threads")
    op.alter_column("configuration", "stated_threads", new_column_name="threads")
