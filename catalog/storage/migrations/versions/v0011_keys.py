"""API keys, and who uploaded a measurement.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_table(
        "upload",
        sa.Column("measurement", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("uploader", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurement.id"], name="fk_upload_measurement_measurement"
        ),
        sa.ForeignKeyConstraint(["key"], ["api_key.id"], name="fk_upload_key_api_key"),
        sa.PrimaryKeyConstraint("measurement", name="pk_upload"),
    )


def downgrade() -> None:
    for table in ("upload", "api_key"):
        op.drop_table(table)
