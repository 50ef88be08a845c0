"""What the second version of the protocol records: whether the precision was met, which samples were set
aside, how many processes a number rests on; and how many clients call at once.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ADDED: dict[str, list[sa.Column[object]]] = {
    "configuration": [sa.Column("clients", sa.Integer(), server_default="1", nullable=False)],
    "measurement": [
        sa.Column("precision_met", sa.Boolean(), nullable=True),
        sa.Column("set_aside", sa.LargeBinary(), nullable=True),
    ],
    "value": [sa.Column("processes", sa.Integer(), nullable=True)],
}


def upgrade() -> None:
    for table, columns in _ADDED.items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in _ADDED.items():
        for column in columns:
            op.drop_column(table, column.name)
