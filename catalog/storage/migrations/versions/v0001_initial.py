"""The first schema.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from catalog.storage import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "architecture",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("paper", sa.String(), nullable=True),
        sa.Column("default_tag", sa.String(), nullable=True),
        sa.Column("fixed_input", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_architecture")),
    )
    op.create_index(op.f("ix_architecture_family"), "architecture", ["family"], unique=False)
    op.create_table(
        "catalog_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_state")),
    )
    op.create_table(
        "configuration",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("runtime", sa.String(), nullable=False),
        sa.Column("compiled", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("arena", sa.Boolean(), nullable=True),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
    )
    op.create_table(
        "environment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("runtime_version", sa.String(), nullable=False),
        sa.Column("driver", sa.String(), nullable=True),
        sa.Column("kernel", sa.String(), nullable=True),
        sa.Column("governor", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environment")),
    )
    op.create_table(
        "target",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("identity", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("architecture", sa.String(), nullable=False),
        sa.Column("num_classes", sa.Integer(), nullable=True),
        sa.Column("license", sa.String(), nullable=True),
        sa.Column("commercial_use", sa.Boolean(), nullable=True),
        sa.Column("training_data", sa.String(), nullable=True),
        sa.Column("native_size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["architecture"],
            ["architecture.name"],
            name=op.f("fk_checkpoint_architecture_architecture"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checkpoint")),
    )
    op.create_index(op.f("ix_checkpoint_architecture"), "checkpoint", ["architecture"], unique=False)
    op.create_table(
        "workload",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("architecture", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("num_classes", sa.Integer(), nullable=False),
        sa.Column("input_size", sa.Integer(), nullable=False),
        sa.Column("params_m", sa.Double(), nullable=True),
        sa.Column("gmacs", sa.Double(), nullable=True),
        sa.Column("activations_m", sa.Double(), nullable=True),
        sa.Column("operators", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("count_failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["architecture"],
            ["architecture.name"],
            name=op.f("fk_workload_architecture_architecture"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workload")),
    )
    op.create_index(op.f("ix_workload_architecture"), "workload", ["architecture"], unique=False)
    op.create_table(
        "accuracy",
        sa.Column("checkpoint", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("input_size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("crop_pct", sa.Double(), nullable=False),
        sa.Column("interpolation", sa.String(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("top1", sa.Double(), nullable=False),
        sa.Column("top5", sa.Double(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["checkpoint.name"], name=op.f("fk_accuracy_checkpoint_checkpoint")
        ),
        sa.PrimaryKeyConstraint(
            "checkpoint",
            "dataset",
            "input_size",
            "crop_pct",
            "interpolation",
            "precision",
            name=op.f("pk_accuracy"),
        ),
    )
    op.create_table(
        "artefact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workload", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("toolchain", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("deviation", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["workload"], ["workload.id"], name=op.f("fk_artefact_workload_workload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artefact")),
    )
    op.create_index(op.f("ix_artefact_workload"), "artefact", ["workload"], unique=False)
    op.create_table(
        "measurement",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workload", sa.String(), nullable=False),
        sa.Column("configuration", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("artefact", sa.String(), nullable=True),
        sa.Column("provenance", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("measured_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("samples", tables.CompressedJson(), nullable=False),
        sa.ForeignKeyConstraint(["artefact"], ["artefact.id"], name=op.f("fk_measurement_artefact_artefact")),
        sa.ForeignKeyConstraint(
            ["configuration"],
            ["configuration.id"],
            name=op.f("fk_measurement_configuration_configuration"),
        ),
        sa.ForeignKeyConstraint(
            ["environment"], ["environment.id"], name=op.f("fk_measurement_environment_environment")
        ),
        sa.ForeignKeyConstraint(["target"], ["target.id"], name=op.f("fk_measurement_target_target")),
        sa.ForeignKeyConstraint(["workload"], ["workload.id"], name=op.f("fk_measurement_workload_workload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
    )
    op.create_index(
        "ix_measurement_case",
        "measurement",
        ["target", "workload", "configuration", "measured_at"],
        unique=False,
    )
    op.create_index("ix_measurement_page", "measurement", ["measured_at", "id"], unique=False)
    op.create_index(op.f("ix_measurement_workload"), "measurement", ["workload"], unique=False)
    op.create_table(
        "value",
        sa.Column("measurement", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("level", sa.Double(), nullable=True),
        sa.Column("absent_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["measurement"], ["measurement.id"], name=op.f("fk_value_measurement_measurement")
        ),
        sa.PrimaryKeyConstraint("measurement", "metric", name=op.f("pk_value")),
    )
    op.create_table(
        "pending_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workload", sa.String(), nullable=False),
        sa.Column("configuration", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("sample", tables.CompressedJson(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_sample")),
    )
    op.create_index(
        "ix_pending_sample_case", "pending_sample", ["target", "workload", "configuration"], unique=False
    )
    state = sa.table("catalog_state", sa.column("id"), sa.column("revision"))
    op.bulk_insert(state, [{"id": 1, "revision": 0}])


def downgrade() -> None:
    op.drop_table("pending_sample")
    op.drop_table("value")
    op.drop_index(op.f("ix_measurement_workload"), table_name="measurement")
    op.drop_index("ix_measurement_page", table_name="measurement")
    op.drop_index("ix_measurement_case", table_name="measurement")
    op.drop_table("measurement")
    op.drop_index(op.f("ix_artefact_workload"), table_name="artefact")
    op.drop_table("artefact")
    op.drop_table("accuracy")
    op.drop_index(op.f("ix_workload_architecture"), table_name="workload")
    op.drop_table("workload")
    op.drop_index(op.f("ix_checkpoint_architecture"), table_name="checkpoint")
    op.drop_table("checkpoint")
    op.drop_table("target")
    op.drop_table("environment")
    op.drop_table("configuration")
    op.drop_table("catalog_state")
    op.drop_index(op.f("ix_architecture_family"), table_name="architecture")
    op.drop_table("architecture")
