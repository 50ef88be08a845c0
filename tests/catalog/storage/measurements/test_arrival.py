"""Which measurement of a case is the newest: the one that arrived last, whatever its date."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import select

from catalog.entities.measurements import Measurement
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import arrive_by_date
from catalog.storage.measurements.finding import (
    MeasurementQuery,
    find_measurements,
    last_measured,
    newest_arrival,
)
from catalog.storage.summaries.cards import find_card
from catalog.words.metrics import Metric
from tests.builders import (
    NOON,
    TARGET_ID,
    make_architecture,
    make_measurement,
    store_measurements,
    without_reference,
)
from tests.catalog.exchange.lines import HEADER, import_lines, line_of, lines_of
from tests.catalog.storage.migrations.migrating import connected, migrate

DAY = timedelta(days=1)


pytestmark = pytest.mark.empty_catalog


def runs(*latencies: float, later: timedelta = DAY) -> list[Measurement]:
    """Measurements of one case, each `later` than the one before."""
    return [
        make_measurement("toynet", latency, measured_at=NOON + place * later)
        for place, latency in enumerate(latencies)
    ]


def newest(catalog: Catalog) -> list[float]:
    """What the ranking takes for the latency of the case."""
    with catalog.read() as session:
        return list(candidate_columns(session, TARGET_ID).metrics[Metric.LATENCY_MS].value)


@pytest.mark.parametrize("later", [DAY, -DAY, 0 * DAY], ids=["later", "earlier", "at the same time"])
def test_what_arrived_last_is_the_newest_whatever_its_date(catalog: Catalog, later: timedelta) -> None:
    first, second = runs(10.0, 20.0, later=later)
    if later == 0 * DAY:
        second = make_measurement("toynet", 20.0, source="another run")
    store_measurements(catalog, first)
    store_measurements(catalog, second)
    assert newest(catalog) == [20.0]
    with catalog.read() as session:
        assert find_measurements(session, MeasurementQuery()) == [second, first]
        card = find_card(session, "toynet")
        (last,) = last_measured(session, TARGET_ID)
    assert card is not None
    assert card.measurements == (second, first)
    assert last.workload == second.workload


def test_the_last_of_several_that_are_stored_together_is_the_newest(catalog: Catalog) -> None:
    store_measurements(catalog, *runs(10.0, 30.0, 20.0))
    assert newest(catalog) == [20.0]


def test_storing_a_measurement_again_does_not_make_it_newer(catalog: Catalog) -> None:
    first, second = runs(10.0, 20.0)
    for measurement in (first, second, first):
        store_measurements(catalog, measurement)
    assert newest(catalog) == [20.0]


def test_pages_follow_the_order_of_arrival(catalog: Catalog) -> None:
    measurements = runs(*(float(latency) for latency in range(1, 8)), later=-DAY)
    for measurement in measurements:
        store_measurements(catalog, measurement)
    pages: list[Measurement] = []
    with catalog.read() as session:
        after = None
        while page := find_measurements(session, MeasurementQuery(), after=after, limit=3):
            pages += page
            after = page[-1].id
        assert find_measurements(session, MeasurementQuery(), after="no such id") == []
    assert pages == measurements[::-1]


# Through exports


@pytest.mark.parametrize("arranged", [sorted, lambda lines: sorted(lines, reverse=True)], ids=["up", "down"])
def test_measurements_of_an_older_export_arrive_in_the_order_of_their_dates(
    catalog: Catalog, arranged: Callable[[list[str]], list[str]]
) -> None:
    documents = [json.loads(line_of(one)) for one in runs(10.0, 20.0, 30.0)]
    for document in documents:
        del document["withdrawn"]
    lines = arranged([json.dumps(document) for document in documents])
    header = '{"format":"archrank-catalog","version":5}'
    import_lines(catalog, [header, line_of(make_architecture()), *lines])
    assert newest(catalog) == [30.0]


def test_an_import_arrives_behind_what_was_there(catalog: Catalog) -> None:
    here, there = runs(10.0, 20.0, later=-DAY)
    store_measurements(catalog, here)
    import_lines(catalog, [HEADER, line_of(there)])
    assert newest(catalog) == [20.0]
    exported = lines_of(catalog)
    import_lines(catalog, exported)
    assert lines_of(catalog) == exported


def test_ordering_by_date_leaves_what_was_there_before(catalog: Catalog) -> None:
    earlier = make_measurement("toynet", 5.0, measured_at=NOON + 100 * DAY)
    store_measurements(catalog, earlier)
    with catalog.write() as session:
        before = newest_arrival(session)
    store_measurements(catalog, *reversed(runs(10.0, 20.0)))
    with catalog.write() as session:
        arrive_by_date(session, before)
    assert newest(catalog) == [20.0]
    with catalog.read() as reading:
        assert find_measurements(reading, MeasurementQuery())[-1] == earlier


# From schema 0005, where the date decided


def test_what_was_there_arrived_in_the_order_of_its_dates_and_the_future_hides_nothing(
    catalog_url: str,
) -> None:
    measurements = runs(10.0, 20.0, 30.0)
    with open_catalog(catalog_url) as catalog:
        store_measurements(without_reference(catalog), *reversed(measurements))
    migrate(catalog_url, command.downgrade, "0005")
    with connected(catalog_url) as (connection, metadata):
        table = metadata.tables["measurement"]
        assert "arrival" not in table.c
        future = datetime(2031, 1, 1, tzinfo=UTC)
        connection.execute(table.update().where(table.c.id == measurements[1].id).values(measured_at=future))
    migrate(catalog_url, command.upgrade, "0006")
    with connected(catalog_url) as (connection, metadata):
        table = metadata.tables["measurement"]
        ids = connection.scalars(select(table.c.id).order_by(table.c.arrival)).all()
    assert ids == [measurements[1].id, measurements[0].id, measurements[2].id]
    with upgrade_catalog(catalog_url) as catalog:
        assert newest(catalog) == [30.0]
