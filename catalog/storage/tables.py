"""The schema. Rows stay inside this package, whose other modules turn them into entities."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from catalog.entities.networks import IMAGE_CHANNELS
from catalog.words.vocabulary import BatchPolicy

_NO_SAMPLES = zlib.compress(b"[]")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CompressedJson(TypeDecorator[Any]):
    """JSON under zlib, for the raw samples: thousands of small integers in one column."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:
        if not value:
            return _NO_SAMPLES
        return zlib.compress(json.dumps(value, separators=(",", ":")).encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(zlib.decompress(value))


class Table(DeclarativeBase):
    """Base of the mapped tables. Constraints have names, so that migrations can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class CatalogState(Table):
    """One row: the revision that every commit raises, and which reference tables were loaded."""

    __tablename__ = "catalog_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str | None]


class ChangeRow(Table):
    """The revision at which the numbers of a target last changed, or the facts that all targets share."""

    __tablename__ = "target_change"
    target: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)


class FactRow(Table):
    """A fact, which the reference tables, a program on this machine or an import has stored."""

    __abstract__ = True
    # The import that stored or changed the row. NULL: no import did.
    imported_from: Mapped[str | None]


class ArchitectureRow(FactRow):
    __tablename__ = "architecture"
    name: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str | None] = mapped_column(index=True)
    year: Mapped[int | None]
    paper: Mapped[str | None]
    default_tag: Mapped[str | None]
    fixed_input: Mapped[bool | None]
    native_size: Mapped[int | None]
    num_classes: Mapped[int | None]
    tags: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    stages: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class WorkloadRow(FactRow):
    __tablename__ = "workload"
    id: Mapped[str] = mapped_column(primary_key=True)
    architecture: Mapped[str] = mapped_column(ForeignKey("architecture.name"), index=True)
    form: Mapped[str]
    num_classes: Mapped[int]
    input_size: Mapped[int]
    in_chans: Mapped[int] = mapped_column(server_default=str(IMAGE_CHANNELS))
    params_m: Mapped[float | None]
    gmacs: Mapped[float | None]
    activations_m: Mapped[float | None]
    operators: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    operator_calls: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    weights_bytes: Mapped[int | None] = mapped_column(BigInteger)
    count_failure: Mapped[str | None]
    source: Mapped[str | None]


class CheckpointRow(FactRow):
    __tablename__ = "checkpoint"
    name: Mapped[str] = mapped_column(primary_key=True)
    architecture: Mapped[str] = mapped_column(ForeignKey("architecture.name"), index=True)
    num_classes: Mapped[int | None]
    license: Mapped[str | None]
    commercial_use: Mapped[bool | None]
    training_data: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    training_methods: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    hub_id: Mapped[str | None]
    native_size: Mapped[int | None]


class AccuracyRow(FactRow):
    __tablename__ = "accuracy"
    checkpoint: Mapped[str] = mapped_column(ForeignKey("checkpoint.name"), primary_key=True)
    dataset: Mapped[str] = mapped_column(primary_key=True)
    input_size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    crop_pct: Mapped[float] = mapped_column(primary_key=True)
    interpolation: Mapped[str] = mapped_column(primary_key=True)
    precision: Mapped[str] = mapped_column(primary_key=True)
    top1: Mapped[float]
    top5: Mapped[float]
    source: Mapped[str]


class TargetRow(FactRow):
    __tablename__ = "target"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    label: Mapped[str]
    identity: Mapped[dict[str, Any]]


class EnvironmentRow(Table):
    __tablename__ = "environment"
    id: Mapped[str] = mapped_column(primary_key=True)
    runtime_version: Mapped[str]
    driver: Mapped[str | None]
    kernel: Mapped[str | None]
    governor: Mapped[str | None]


class ConfigurationRow(Table):
    __tablename__ = "configuration"
    id: Mapped[str] = mapped_column(primary_key=True)
    runtime: Mapped[str]
    compiled: Mapped[bool]
    device: Mapped[str]
    precision: Mapped[str]
    layout: Mapped[str]
    batch_size: Mapped[int]
    threads: Mapped[int | None]
    arena: Mapped[bool | None]
    scenario: Mapped[str]
    batch_policy: Mapped[str] = mapped_column(server_default=BatchPolicy.FIXED.value)
    clients: Mapped[int] = mapped_column(server_default="1")


class ArtefactRow(Table):
    __tablename__ = "artefact"
    id: Mapped[str] = mapped_column(primary_key=True)
    workload: Mapped[str] = mapped_column(ForeignKey("workload.id"), index=True)
    format: Mapped[str]
    precision: Mapped[str]
    toolchain: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    deviation: Mapped[float | None]


class MeasurementRow(Table):
    __tablename__ = "measurement"
    id: Mapped[str] = mapped_column(primary_key=True)
    workload: Mapped[str] = mapped_column(ForeignKey("workload.id"), index=True)
    configuration: Mapped[str] = mapped_column(ForeignKey("configuration.id"))
    target: Mapped[str] = mapped_column(ForeignKey("target.id"))
    environment: Mapped[str] = mapped_column(ForeignKey("environment.id"))
    artefact: Mapped[str | None] = mapped_column(ForeignKey("artefact.id"))
    provenance: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    protocol: Mapped[str]
    protocol_version: Mapped[int | None]
    measured_at: Mapped[datetime]
    # The order of arrival in this catalog, which no clock moves. The newest measurement of a case arrived
    # last.
    arrival: Mapped[int] = mapped_column(BigInteger, server_default="0")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    source: Mapped[str]
    # The import that added the row. NULL: no import did.
    imported_from: Mapped[str | None]
    published_table: Mapped[str | None]
    doubts: Mapped[list[str]]
    interval_target_met: Mapped[bool | None]
    # How many blocks of calls the samples have. NULL: none.
    blocks: Mapped[int | None]
    samples: Mapped[Any] = mapped_column(CompressedJson, deferred=True)
    set_aside: Mapped[Any] = mapped_column(CompressedJson, deferred=True, nullable=True)

    __table_args__ = (
        Index("ix_measurement_case", "target", "withdrawn_at", "workload", "configuration", "arrival"),
        Index("ix_measurement_arrival", "arrival", unique=True),
    )


class ApiKeyRow(Table):
    """A key of the API. The key itself is not stored, and cannot be had from what is."""

    __tablename__ = "api_key"
    # The beginning of the key, by which people and the log name it.
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    scope: Mapped[str]
    sha256: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class UploadRow(Table):
    """Who uploaded a measurement. One that has no row came in another way."""

    __tablename__ = "upload"
    measurement: Mapped[str] = mapped_column(ForeignKey("measurement.id"), primary_key=True)
    key: Mapped[str] = mapped_column(ForeignKey("api_key.id"))
    # The key's name. A key that takes the place of another has the same.
    uploader: Mapped[str]
    uploaded_at: Mapped[datetime]


class NodeProfileRow(Table):
    """What the runtime said of each node, of the measurements for which it was asked."""

    __tablename__ = "node_profile"
    measurement: Mapped[str] = mapped_column(ForeignKey("measurement.id"), primary_key=True)
    profile: Mapped[Any] = mapped_column(CompressedJson)


class EstimateBasisRow(Table):
    """What the estimates of a target stand on."""

    __tablename__ = "estimate_basis"
    target: Mapped[str] = mapped_column(ForeignKey("target.id"), primary_key=True)
    estimator: Mapped[str]
    computed_at: Mapped[datetime]
    measurements: Mapped[list[str]]
    accuracies: Mapped[list[Any]] = mapped_column(JSON)


class EstimateRow(Table):
    """A number of a case that was not measured, or the reason why it is refused."""

    __tablename__ = "estimate"
    target: Mapped[str] = mapped_column(ForeignKey("estimate_basis.target"), primary_key=True)
    workload: Mapped[str] = mapped_column(ForeignKey("workload.id"), primary_key=True)
    configuration: Mapped[str] = mapped_column(ForeignKey("configuration.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    level: Mapped[float | None]
    absent_reason: Mapped[str | None]


class PendingSampleRow(Table):
    """Samples of cases that a campaign has not finished. They are deleted once it has."""

    __tablename__ = "pending_sample"
    id: Mapped[int] = mapped_column(primary_key=True)
    workload: Mapped[str]
    configuration: Mapped[str]
    target: Mapped[str]
    environment: Mapped[str]
    protocol: Mapped[str]
    sample: Mapped[Any] = mapped_column(CompressedJson)

    __table_args__ = (Index("ix_pending_sample_case", "target", "workload", "configuration"),)


class ValueRow(Table):
    __tablename__ = "value"
    measurement: Mapped[str] = mapped_column(ForeignKey("measurement.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    level: Mapped[float | None]
    absent_reason: Mapped[str | None]
    processes: Mapped[int | None]
    degrees_of_freedom: Mapped[float | None]
