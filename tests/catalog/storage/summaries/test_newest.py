"""A measurement that is dated in the future hides the dates of no other."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from catalog.storage.database import Catalog
from catalog.storage.summaries.coverage import find_coverage
from catalog.storage.summaries.inventory_numbers import target_numbers
from catalog.storage.tables import MeasurementRow
from tests.builders import NOON, make_measurement, make_target, store_measurements

TARGET = make_target("bench")
TO_COME = datetime.now(UTC) + timedelta(days=365 * 70)


def test_a_date_to_come_is_the_newest_only_alone(catalog: Catalog) -> None:
    """Stored by a machine whose clock was set wrong, and right afterwards."""
    future = make_measurement("resnet18", target=TARGET)
    later = NOON + timedelta(days=1)
    store_measurements(catalog, future)
    with catalog.write() as session:
        of_future = MeasurementRow.id == future.id
        session.execute(update(MeasurementRow).where(of_future).values(measured_at=TO_COME))
    with catalog.read() as session:
        assert [one.newest for one in find_coverage(session, TARGET.id)] == [TO_COME]
    store_measurements(
        catalog,
        make_measurement("resnet18", target=TARGET, measured_at=NOON + timedelta(hours=1)),
        make_measurement("resnet50", target=TARGET, measured_at=later),
    )
    with catalog.read() as session:
        assert [one.newest for one in find_coverage(session, TARGET.id)] == [later]
        assert [one.newest for one in target_numbers(session) if one.target == TARGET.id] == [later]
