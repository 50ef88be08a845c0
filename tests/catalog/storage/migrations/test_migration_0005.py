"""From schema 0004, whose numbers did not know the degrees of freedom of their intervals, to 0005."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import select

from catalog.entities.measurements import Measurement, MetricValue
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.tables import ValueRow
from catalog.words.metrics import Metric
from tests.builders import (
    TARGET_ID,
    make_measurement,
    make_sample,
    replace_success,
    store_measurements,
    success_of,
)
from tests.catalog.storage.migrations.migrating import connected, migrate

# What the calls of both took.
MET = (10_000_000,) * 10 + (10_700_000,) * 10 + (12_000_000,) * 10
OLD = make_measurement(
    "toynet",
    protocol_version=2,
    samples=(replace(make_sample(), wall_ns=MET, blocks=(), quiet_ns=None),),
    values=(
        MetricValue(Metric.LATENCY_P90_MS, 12.0, 11.0, 13.0, 0.95, processes=5),
        MetricValue(Metric.THROUGHPUT_IPS, 100.0, 97.0, 103.0, 0.95),
    ),
)
NEW = make_measurement(
    "toynet",
    threads=2,
    protocol_version=3,
    samples=(replace(make_sample(slowdown=1.07), wall_ns=MET),),
    values=(
        MetricValue(Metric.LATENCY_MET_MS, 10.7, 10.4, 11.0, 0.95, processes=3, degrees_of_freedom=11.5),
        MetricValue(Metric.SLOWDOWN, 1.07, processes=3),
    ),
)
FORGOTTEN = replace_success(
    NEW, values=tuple(replace(value, degrees_of_freedom=None) for value in success_of(NEW).values)
)


@pytest.fixture
def earlier(catalog_url: str) -> str:
    """The URL of a catalog of schema 0004 that holds both measurements."""
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, OLD, NEW)
    migrate(catalog_url, command.downgrade, "0004")
    return catalog_url


@pytest.fixture
def upgraded(earlier: str) -> Iterator[Catalog]:
    with upgrade_catalog(earlier) as catalog:
        yield catalog


def measurements_of_toynet(catalog: Catalog) -> list[Measurement]:
    with catalog.read() as session:
        query = MeasurementQuery(architecture="toynet")
        found = find_measurements(session, query, with_samples=True)
    return sorted(found, key=lambda one: one.configuration.stated_threads)


def test_going_back_to_schema_0004_drops_the_degrees_of_freedom_alone(earlier: str) -> None:
    with connected(earlier) as (connection, metadata):
        value = metadata.tables["value"]
        assert "degrees_of_freedom" not in value.c
        stored = {row.metric: (row.value, row.processes) for row in connection.execute(select(value))}
    assert stored["latency_met_ms"] == (10.7, 3)
    assert stored["latency_p90_ms"] == (12.0, 5)


def test_every_row_of_schema_0004_is_kept(upgraded: Catalog) -> None:
    assert measurements_of_toynet(upgraded) == [OLD, FORGOTTEN]


def test_a_number_of_an_older_schema_has_one_degree_of_freedom_less_than_processes(
    upgraded: Catalog,
) -> None:
    with upgraded.read() as session:
        metrics = candidate_columns(session, TARGET_ID).metrics
        of_archrank = select(ValueRow.degrees_of_freedom).where(ValueRow.processes.is_not(None))
        assert set(session.scalars(of_archrank)) == {None}
    assert metrics[Metric.LATENCY_P90_MS].degrees_of_freedom[0] == 4
    assert metrics[Metric.THROUGHPUT_IPS].degrees_of_freedom[0] == float("inf")


def test_what_is_stored_afterwards_knows_its_degrees_of_freedom(upgraded: Catalog) -> None:
    later = replace(NEW, source="later")
    store_measurements(upgraded, later)
    assert later in measurements_of_toynet(upgraded)
