"""Workloads have a number of channels. Until now every one was of colour images.

Failures that were faults of the host are withdrawn. Until faults were told apart, they were stored.
Measurements know which import added them.

Revision ID: 0008
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from catalog.border.host_faults import WITHDRAWN_BECAUSE, was_host_fault
from catalog.storage.tables import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLOUR = 3
_MEASUREMENT = sa.table(
    "measurement",
    *(sa.column(name) for name in ("id", "workload", "artefact", "provenance", "status", "reason", "detail")),
    sa.column("withdrawn_at", UtcDateTime),
    sa.column("withdrawn_reason"),
)
_WORKLOAD = sa.table("workload", sa.column("id"), sa.column("in_chans"))
# The tables that name a workload, in an order in which their rows can go.
_OF_WORKLOADS = ("estimate", "pending_sample", "measurement", "artefact")
_OF_MEASUREMENTS = ("value", "node_profile")


def upgrade() -> None:
    op.add_column("measurement", sa.Column("imported_from", sa.String(), nullable=True))
    op.add_column(
        "workload", sa.Column("in_chans", sa.Integer(), server_default=str(_COLOUR), nullable=False)
    )
    rows, connection = _MEASUREMENT.c, op.get_bind()
    failures = connection.execute(
        sa.select(_MEASUREMENT).where(rows.reason.is_not(None), rows.withdrawn_at.is_(None))
    ).all()
    faults = [
        row.id
        for row in failures
        if was_host_fault(row.provenance, row.reason, row.detail, has_artefact=row.artefact is not None)
    ]
    if faults:
        withdrawn = {"withdrawn_at": datetime.now(UTC), "withdrawn_reason": WITHDRAWN_BECAUSE}
        connection.execute(
            _MEASUREMENT.update().where(rows.id == sa.bindparam("key")).values(**withdrawn),
            [{"key": id_} for id_ in faults],
        )


def downgrade() -> None:
    """What was measured on other images goes, because an older archrank would take it for colour images."""
    others = sa.select(_WORKLOAD.c.id).where(_WORKLOAD.c.in_chans != _COLOUR)
    of_others = sa.select(_MEASUREMENT.c.id).where(_MEASUREMENT.c.workload.in_(others))
    for name in _OF_MEASUREMENTS:
        table = sa.table(name, sa.column("measurement"))
        op.execute(table.delete().where(table.c.measurement.in_(of_others)))
    for name in _OF_WORKLOADS:
        table = sa.table(name, sa.column("workload"))
        op.execute(table.delete().where(table.c.workload.in_(others)))
    op.execute(_WORKLOAD.delete().where(_WORKLOAD.c.in_chans != _COLOUR))
    op.drop_column("workload", "in_chans")
    op.drop_column("measurement", "imported_from")
