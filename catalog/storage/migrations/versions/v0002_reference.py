"""What the reference catalog knows of architectures and checkpoints; how a published batch was chosen.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ADDED: dict[str, list[sa.Column[object]]] = {
    "architecture": [
        sa.Column("native_size", sa.Integer(), nullable=True),
        sa.Column("num_classes", sa.Integer(), nullable=True),
        sa.Column("tags", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("stages", sa.JSON(none_as_null=True), nullable=True),
    ],
    "workload": [
        sa.Column("operator_calls", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("weights_bytes", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
    ],
    "checkpoint": [
        sa.Column("training_data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("training_methods", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("hub_id", sa.String(), nullable=True),
    ],
    "configuration": [
        sa.Column("batch_policy", sa.String(), server_default="fixed", nullable=False),
    ],
}


def upgrade() -> None:
    op.drop_column("checkpoint", "training_data")  # a text that nothing ever filled
    for table, columns in _ADDED.items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in _ADDED.items():
        for column in columns:
            op.drop_column(table, column.name)
    op.add_column("checkpoint", sa.Column("training_data", sa.String(), nullable=True))
