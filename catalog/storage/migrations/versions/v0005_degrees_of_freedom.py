"""A number knows the degrees of freedom of its interval. Until now they were one less than its processes, and
still are where the column is empty.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("value", sa.Column("degrees_of_freedom", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("value", "degrees_of_freedom")
