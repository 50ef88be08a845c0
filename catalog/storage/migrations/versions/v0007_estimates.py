"""Node profiles of measurements, and estimates of the cases that were not measured.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_profile",
        sa.Column("measurement", sa.String(), nullable=False),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurement.id"], name="fk_node_profile_measurement_measurement"
        ),
        sa.PrimaryKeyConstraint("measurement", name="pk_node_profile"),
    )
    op.create_table(
        "estimate_basis",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("estimator", sa.String(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measurements", sa.JSON(), nullable=False),
        sa.Column("accuracies", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["target"], ["target.id"], name="fk_estimate_basis_target_target"),
        sa.PrimaryKeyConstraint("target", name="pk_estimate_basis"),
    )
    op.create_table(
        "estimate",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("workload", sa.String(), nullable=False),
        sa.Column("configuration", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("level", sa.Double(), nullable=True),
        sa.Column("absent_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["target"], ["estimate_basis.target"], name="fk_estimate_target_estimate_basis"
        ),
        sa.ForeignKeyConstraint(["workload"], ["workload.id"], name="fk_estimate_workload_workload"),
        sa.ForeignKeyConstraint(
            ["configuration"], ["configuration.id"], name="fk_estimate_configuration_configuration"
        ),
        sa.PrimaryKeyConstraint("target", "workload", "configuration", "metric", name="pk_estimate"),
    )


def downgrade() -> None:
    for table in ("estimate", "estimate_basis", "node_profile"):
        op.drop_table(table)
