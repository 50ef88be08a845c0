"""From schema 0003, whose rows held both outcomes, 0 threads and texts with a grammar, to 0004."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from catalog.entities.measurements import Failure, Measurement
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import drop_published
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, last_measured
from catalog.storage.tables import MeasurementRow, ValueRow
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.vocabulary import Provenance, Status
from tests.builders import (
    TARGET_ID,
    make_measurement,
    make_sample,
    store_measurements,
    success_of,
)
from tests.catalog.storage.migrations.migrating import (
    compressed,
    connected,
    insert,
    insert_measurement,
    make_schema,
    migrate,
)
from tests.conftest import Backend

# As archrank 0.1.0 wrote them.
PROTOCOL_1 = "1: 5 processes; 30 calls and 1 s each, at most 20 s"
PROTOCOL_2 = (
    "2: 5 to 15 processes until within 2.0% and 2 more; 30 calls and 0.5 s each, at most 0.75 s from 5 calls"
)
TABLE = "benchmark-infer-amp-nchw-pt240-cu124-another.csv"
SHIPPED_TABLE = "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv"
SOURCE = f"timm results/{TABLE} @ git blob 8f2b7a1f2e0b4a1d0f3d8a4b5c6d7e8f90a1b2c3"

MEASURED = make_measurement(
    "toynet",
    protocol=PROTOCOL_2,
    protocol_version=2,
    doubts=(Doubt.FEW_CALLS,),
    samples=(make_sample(),),
    set_aside=(make_sample(foreign_cpus=1.5),),
    interval_target_met=True,
)
EARLIER = make_measurement("toynet", threads=2, protocol=PROTOCOL_1, protocol_version=1)
FIRST = make_measurement("toynet", threads=3, protocol="1", protocol_version=1)
FAILED = make_measurement(
    "toynet", threads=4, status=Status.FAILED, protocol=PROTOCOL_2, protocol_version=2, detail="a\nb: c"
)
BY_HAND = make_measurement("toynet", threads=5, protocol="with a stopwatch: twice", protocol_version=None)
LONG = make_measurement("toynet", threads=6, protocol="20000000000: later", protocol_version=None)
PUBLISHED = make_measurement(
    "toynet",
    threads=None,
    provenance=Provenance.PUBLISHED,
    protocol="timm benchmark.py",
    protocol_version=None,
    source=SOURCE,
    published_table=TABLE,
    size_bytes=None,
)
PAPER = make_measurement(
    "toynet",
    threads=7,
    provenance=Provenance.PUBLISHED,
    protocol="2: tables",
    protocol_version=None,
    source="a paper",
)
OF_AN_OLD_REVISION = replace(
    PUBLISHED, source=SOURCE.replace(TABLE, SHIPPED_TABLE), published_table=SHIPPED_TABLE
)
MEASURED_FROM_TABLE = make_measurement("toynet", threads=8, source=SOURCE)
SOUND = (MEASURED, EARLIER, FIRST, FAILED, BY_HAND, LONG, PUBLISHED, PAPER, MEASURED_FROM_TABLE)

# Rows that only an export that was written by hand could make, and what becomes of them.
WITHOUT_REASON = make_measurement("toynet", threads=9)
WITHOUT_REASON_OR_DETAIL = make_measurement("toynet", threads=10)
OK_WITH_REASON = make_measurement("toynet", threads=11)
MENDED = (
    replace(WITHOUT_REASON, outcome=Failure(FailureReason.RUNTIME_ERROR, "who knows")),
    replace(WITHOUT_REASON_OR_DETAIL, outcome=Failure(FailureReason.RUNTIME_ERROR, "no reason was recorded")),
    OK_WITH_REASON,
)


def make_catalog_0003(url: str) -> None:
    make_schema(url, "0003")
    with connected(url) as (connection, metadata):

        def add(table: str, **values: Any) -> None:
            insert(connection, metadata, table, values)

        add("architecture", name="toynet")
        add("target", **asdict(MEASURED.target))
        add("workload", id=MEASURED.workload.id, **asdict(MEASURED.workload))
        add("environment", id=MEASURED.environment.id, **asdict(MEASURED.environment))
        assert MEASURED.artefact is not None
        artefact = {**asdict(MEASURED.artefact), "workload": MEASURED.workload.id}
        add("artefact", id=MEASURED.artefact.id, **artefact)
        for one in (*SOUND, OF_AN_OLD_REVISION):
            insert_measurement(connection, metadata, one)
        failed = {"status": "failed", "doubts": ["contended"], "precision_met": True}
        samples = compressed([asdict(make_sample())], connection)
        insert_measurement(
            connection, metadata, WITHOUT_REASON, **failed, samples=samples, detail="who knows"
        )
        insert_measurement(connection, metadata, WITHOUT_REASON_OR_DETAIL, **failed)
        insert_measurement(connection, metadata, OK_WITH_REASON, reason="crashed", detail="SIGSEGV")


@pytest.fixture
def upgraded(empty_url: str, backend: Backend) -> Iterator[Catalog]:
    """A catalog of schema 0003, opened by today's archrank."""
    make_catalog_0003(empty_url)
    with (open_catalog if backend == "sqlite" else upgrade_catalog)(empty_url) as catalog:
        yield catalog


def measurements_of_toynet(catalog: Catalog) -> dict[str, Measurement]:
    with catalog.read() as session:
        query = MeasurementQuery(architecture="toynet")
        return {one.id: one for one in find_measurements(session, query, with_samples=True)}


def test_every_kind_of_row_becomes_a_case_with_one_outcome(upgraded: Catalog) -> None:
    assert measurements_of_toynet(upgraded) == {one.id: one for one in (*SOUND, *MENDED)}


def test_opening_replaced_the_old_revision_of_a_shipped_table(upgraded: Catalog) -> None:
    assert OF_AN_OLD_REVISION.id not in measurements_of_toynet(upgraded)


def test_what_was_stored_before_is_not_new(upgraded: Catalog) -> None:
    assert store_measurements(upgraded, *SOUND) == 0
    assert measurements_of_toynet(upgraded).keys() == {one.id for one in (*SOUND, *MENDED)}


def test_a_failed_row_keeps_nothing_of_a_success(upgraded: Catalog) -> None:
    with upgraded.read() as session:
        (row,) = session.scalars(select(MeasurementRow).where(MeasurementRow.id == WITHOUT_REASON.id))
        assert (row.doubts, row.interval_target_met, row.samples, row.set_aside) == ([], None, [], None)
        kept = set(session.scalars(select(ValueRow.measurement)))
    assert kept.isdisjoint({WITHOUT_REASON.id, WITHOUT_REASON_OR_DETAIL.id})
    assert MEASURED.id in kept


def test_the_version_of_the_protocol_decides_what_is_stale(upgraded: Catalog) -> None:
    with upgraded.read() as session:
        last = {one.configuration.threads: one.protocol_version for one in last_measured(session, TARGET_ID)}
    assert {threads: last[threads] for threads in range(1, 7)} == {1: 2, 2: 1, 3: 1, 4: 2, 5: None, 6: None}


def test_the_old_rows_of_a_speed_table_are_replaced_with_it(upgraded: Catalog) -> None:
    with upgraded.write() as session:
        drop_published(session, TABLE)
    kept = {one.id for one in (*SOUND, *MENDED)} - {PUBLISHED.id}
    assert measurements_of_toynet(upgraded).keys() == kept


def test_going_back_to_schema_0003_stores_unstated_threads_as_0(catalog_url: str) -> None:
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, *SOUND)
    migrate(catalog_url, command.downgrade, "0003")
    with connected(catalog_url) as (connection, metadata):
        configuration, measurement = metadata.tables["configuration"], metadata.tables["measurement"]
        threads = dict(iter(connection.execute(select(configuration.c.id, configuration.c.threads))))
        met = dict(iter(connection.execute(select(measurement.c.id, measurement.c.precision_met))))
        assert {"protocol_version", "published_table"}.isdisjoint(measurement.c.keys())
    assert threads[PUBLISHED.configuration.id] == 0
    assert threads[EARLIER.configuration.id] == 2
    assert met[MEASURED.id] is True
    with upgrade_catalog(catalog_url) as catalog:
        assert measurements_of_toynet(catalog) == {one.id: one for one in SOUND}


def test_samples_of_the_old_schema_are_kept(upgraded: Catalog) -> None:
    stored = success_of(measurements_of_toynet(upgraded)[MEASURED.id])
    assert stored.samples == (make_sample(),)
    assert stored.set_aside == (make_sample(foreign_cpus=1.5),)
