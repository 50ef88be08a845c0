"""On how many blocks of calls each measurement rests, which its samples say.

Revision ID: 0010
"""

import json
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MEASUREMENT = sa.table(
    "measurement",
    sa.column("id", sa.String()),
    sa.column("provenance", sa.String()),
    sa.column("samples", sa.LargeBinary()),
    sa.column("blocks", sa.Integer()),
)


def upgrade() -> None:
    op.add_column("measurement", sa.Column("blocks", sa.Integer(), nullable=True))
    rows, connection = _MEASUREMENT.c, op.get_bind()
    ids = connection.scalars(sa.select(rows.id).where(rows.provenance == "measured")).all()
    for id_ in ids:  # the samples of all of them may not fit into memory
        samples = connection.scalar(sa.select(rows.samples).where(rows.id == id_))
        blocks = sum(len(sample.get("blocks") or ()) for sample in _decoded(samples))
        if blocks:
            connection.execute(_MEASUREMENT.update().where(rows.id == id_).values(blocks=blocks))


def _decoded(samples: bytes | None) -> list[dict[str, Any]]:
    return json.loads(zlib.decompress(samples)) if samples else []


def downgrade() -> None:
    op.drop_column("measurement", "blocks")
