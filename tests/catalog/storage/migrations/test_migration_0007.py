"""From the schema before estimates to 0007, and back."""

import pytest
from alembic import command

from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from tests.builders import TARGET_ID, make_measurement, make_sample, replace_success, store_measurements
from tests.catalog.storage.migrations.migrating import connected, migrate
from tests.estimate_builders import make_estimate, make_node_profile, store_estimates

PLAIN = make_measurement("toynet", samples=(make_sample(),))
PROFILED = replace_success(make_measurement("othernet"), node_profile=make_node_profile(3.0))
TABLES = {"node_profile", "estimate", "estimate_basis"}


@pytest.fixture
def earlier(catalog_url: str) -> str:
    """The URL of a catalog that held all this, and has the schema before."""
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, PLAIN, PROFILED)
        store_estimates(catalog, make_estimate("newnet"))
    migrate(catalog_url, command.downgrade, "0006")
    return catalog_url


def test_going_back_drops_the_new_tables_alone(earlier: str) -> None:
    with connected(earlier) as (_, metadata):
        assert TABLES.isdisjoint(metadata.tables)


def test_measurements_are_kept_and_new_profiles_and_estimates_can_be_stored(earlier: str) -> None:
    with upgrade_catalog(earlier) as catalog:
        with catalog.read() as session:
            query = MeasurementQuery(target=TARGET_ID)
            found = find_measurements(session, query, with_samples=True, with_node_profiles=True)
        assert sorted(found, key=lambda one: one.workload.architecture) == [
            replace_success(PROFILED, node_profile=None),
            PLAIN,
        ]
        store_estimates(catalog, make_estimate("newnet"))
        with catalog.read() as session:
            assert "newnet" in set(candidate_columns(session, TARGET_ID).architecture)
