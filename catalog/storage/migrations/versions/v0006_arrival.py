"""The order in which measurements arrived decides which is the newest of its case. Until now their dates did.
Measurements can be withdrawn. Facts know whether an import stored or changed them.

What is there arrives in the order of its dates. What is dated in the future comes first of all, so that it
hides nothing.

Revision ID: 0006
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from catalog.storage.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FACTS = ("architecture", "workload", "checkpoint", "accuracy", "target")
_MEASUREMENT = sa.table(
    "measurement",
    sa.column("id", sa.String()),
    sa.column("measured_at", UtcDateTime()),
    sa.column("arrival", sa.BigInteger()),
)
_AHEAD = timedelta(days=1)


def upgrade() -> None:
    for table in _FACTS:
        op.add_column(table, sa.Column("imported_from", sa.String(), nullable=True))
    op.add_column("measurement", sa.Column("arrival", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("measurement", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("measurement", sa.Column("withdrawn_reason", sa.String(), nullable=True))
    op.drop_index("ix_measurement_case", "measurement")
    op.drop_index("ix_measurement_page", "measurement")
    _number()
    op.create_index(
        "ix_measurement_case",
        "measurement",
        ["target", "withdrawn_at", "workload", "configuration", "arrival"],
    )
    op.create_index("ix_measurement_arrival", "measurement", ["arrival"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_measurement_case", "measurement")
    op.drop_index("ix_measurement_arrival", "measurement")
    for column in ("withdrawn_reason", "withdrawn_at", "arrival"):
        op.drop_column("measurement", column)
    op.create_index(
        "ix_measurement_case", "measurement", ["target", "workload", "configuration", "measured_at"]
    )
    op.create_index("ix_measurement_page", "measurement", ["measured_at", "id"])
    for table in _FACTS:
        op.drop_column(table, "imported_from")


def _number() -> None:
    """Give every measurement its place."""
    rows, connection = _MEASUREMENT.c, op.get_bind()
    ahead = datetime.now(UTC) + _AHEAD
    stored = connection.execute(sa.select(rows.id, rows.measured_at)).all()
    ordered = sorted(stored, key=lambda row: (row.measured_at <= ahead, row.measured_at, row.id))
    if ordered:
        connection.execute(
            _MEASUREMENT.update().where(rows.id == sa.bindparam("key")).values(arrival=sa.bindparam("place")),
            [{"key": row.id, "place": place} for place, row in enumerate(ordered, start=1)],
        )
