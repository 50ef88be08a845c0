from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

import catalog
from catalog.database import SCHEMA_HEAD, Catalog, open_catalog, upgrade_catalog
from catalog.tables import Table
from tests.builders import make_measurement, store_measurements

FOLDER = Path(catalog.__file__).parent / "migrations"


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def downgrade(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_the_schema_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == SCHEMA_HEAD


def test_migrations_form_one_line_whose_ids_sort_by_age() -> None:
    newest_first = [
        script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()
    ]
    assert newest_first == sorted(newest_first, reverse=True)


def test_the_migrations_make_exactly_the_mapped_tables(catalog_url: str) -> None:
    engine = create_engine(catalog_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata)
    engine.dispose()
    assert differences == []


def test_a_downgrade_leaves_no_table_of_the_catalog(catalog_url: str) -> None:
    assert tables(catalog_url) == {*Table.metadata.tables, "alembic_version"}
    downgrade(catalog_url)
    assert tables(catalog_url) == {"alembic_version"}


@pytest.mark.usefixtures("small_reference")
def test_a_catalog_works_again_after_a_downgrade_and_an_upgrade(catalog_url: str) -> None:
    downgrade(catalog_url)
    upgrade_catalog(catalog_url).close()
    assert tables(catalog_url) == {*Table.metadata.tables, "alembic_version"}
    reopened: Catalog = open_catalog(catalog_url)
    assert store_measurements(reopened, make_measurement("toynet")) == 1
    reopened.close()
