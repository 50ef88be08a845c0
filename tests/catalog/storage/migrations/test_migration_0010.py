"""From the schema that did not know how many blocks a measurement has to 0010, and back."""

from alembic import command

from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.measurements.block_counts import block_counts
from tests.builders import make_measurement, make_sample, store_measurements
from tests.catalog.storage.migrations.migrating import connected, migrate


def test_the_blocks_of_what_was_measured_are_counted(catalog_url: str) -> None:
    measured = make_measurement("toynet", samples=(make_sample(blocks=5), make_sample(blocks=7)))
    without = make_measurement("othernet")
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, measured, without)
    migrate(catalog_url, command.downgrade, "0009")
    with connected(catalog_url) as (_, metadata):
        assert "blocks" not in metadata.tables["measurement"].c
    with upgrade_catalog(catalog_url) as catalog, catalog.read() as session:
        assert block_counts(session, [measured.id, without.id]) == {measured.id: 12}
