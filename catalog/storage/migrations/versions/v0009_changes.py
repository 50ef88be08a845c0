"""When the numbers of each target last changed.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "target_change",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_target_change"),
    )


def downgrade() -> None:
    op.drop_table("target_change")
