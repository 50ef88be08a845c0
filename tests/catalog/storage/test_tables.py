from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text

from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.tables import MeasurementRow, Table
from tests.builders import (
    NOON,
    make_architecture,
    make_measurement,
    make_sample,
    store_measurements,
    success_of,
    without_reference,
)
from tests.conftest import Databases

HOUR = timedelta(hours=1)


pytestmark = pytest.mark.empty_catalog


@pytest.mark.parametrize(
    "zone",
    [UTC, timezone(2 * HOUR), timezone(-9.5 * HOUR)],
    ids=["UTC", "east of Greenwich", "west of Greenwich"],
)
def test_a_time_comes_back_as_the_same_instant_in_utc(catalog: Catalog, zone: timezone) -> None:
    instant = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=zone)
    store_measurements(catalog, make_measurement("toynet", measured_at=instant))
    with catalog.read() as session:
        (found,) = find_measurements(session, MeasurementQuery(architecture="toynet"))
    assert found.measured_at == instant
    assert found.measured_at.tzinfo is UTC


def test_a_server_of_another_time_zone_gives_times_in_utc(databases: Databases) -> None:
    url = f"{databases.full('postgresql')}&options=-c%20TimeZone%3DAsia/Tokyo"
    with open_catalog(url) as opened:
        catalog = without_reference(opened)
        store_measurements(catalog, make_measurement("toynet", measured_at=NOON))
        with catalog.read() as session:
            found = session.scalars(select(MeasurementRow.measured_at)).one()
    assert found == NOON
    assert found.tzinfo is UTC


def test_raw_samples_are_stored_compressed(catalog: Catalog) -> None:
    calls = tuple(range(10_000_000, 10_002_000))
    sample = replace(make_sample(), wall_ns=calls, cpu_ns=calls, blocks=())
    store_measurements(catalog, make_measurement("toynet", samples=(sample, sample, sample)))
    with catalog.read() as session:
        stored = session.scalar(text("SELECT length(samples) FROM measurement"))
        (found,) = find_measurements(session, MeasurementQuery(architecture="toynet"), with_samples=True)
    assert isinstance(stored, int)
    assert stored < len(str(sample))
    assert success_of(found).samples == (sample, sample, sample)


def test_listing_measurements_does_not_load_their_samples(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("toynet", samples=(make_sample(),)))
    with catalog.read() as session:
        row = session.get(MeasurementRow, make_measurement("toynet").id)
        assert row is not None
        assert "samples" not in row.__dict__


def test_an_absent_operator_count_is_null_in_the_database(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [make_architecture()])
        add_measurements(session, [make_measurement("toynet")])
    with catalog.read() as reading:
        absent = reading.scalar(text("SELECT count(*) FROM workload WHERE operators IS NULL"))
    assert absent == 1


def test_every_constraint_and_index_has_a_name() -> None:
    for table in Table.metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints), table.name
        assert all(index.name for index in table.indexes), table.name
