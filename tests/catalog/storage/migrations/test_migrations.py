from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select

from catalog.entities.networks import Architecture, Checkpoint, CountedWorkload, Counts
from catalog.entities.samples import PendingSample
from catalog.errors import CatalogOutdated
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog, revision
from catalog.storage.facts.facts import save_checkpoints
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.measurements.pending import pending_samples
from catalog.storage.schema import SCHEMA_HEAD
from catalog.storage.summaries.cards import find_card
from catalog.storage.tables import Table
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import BatchPolicy, Status
from tests.builders import (
    make_accuracy,
    make_checkpoint,
    make_environment,
    make_measurement,
    make_sample,
    make_target,
    make_workload,
    replace_success,
    store_measurements,
    success_of,
)
from tests.catalog.storage.migrations.migrating import (
    alembic_configuration,
    compressed,
    connected,
    insert,
    insert_measurement,
    make_schema,
    migrate,
)
from tests.conftest import Backend, Databases


def downgrade(url: str) -> None:
    migrate(url, command.downgrade, "base")


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_the_schema_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_configuration()).get_current_head() == SCHEMA_HEAD


def test_migrations_form_one_line_whose_ids_sort_by_age() -> None:
    newest_first = [
        script.revision for script in ScriptDirectory.from_config(alembic_configuration()).walk_revisions()
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


def test_a_catalog_works_again_after_a_downgrade_and_an_upgrade(catalog_url: str) -> None:
    downgrade(catalog_url)
    upgrade_catalog(catalog_url).close()
    assert tables(catalog_url) == {*Table.metadata.tables, "alembic_version"}
    reopened: Catalog = open_catalog(catalog_url)
    assert store_measurements(reopened, make_measurement("toynet")) == 1
    reopened.close()


# From 0001 to 0002


MEASURED = make_measurement("toynet", samples=(make_sample(),), doubts=(Doubt.FEW_CALLS,))
FAILED = make_measurement("toynet", threads=2, status=Status.FAILED)


def make_catalog_0001(url: str) -> None:
    """A catalog of the first schema, with what archrank stored in it then."""
    make_schema(url, "0001")
    with connected(url) as (connection, metadata):

        def add(table: str, **values: object) -> None:
            insert(connection, metadata, table, values)

        add("architecture", name="toynet", family="toynets", year=2020, default_tag="v1", fixed_input=False)
        add(
            "checkpoint",
            name="toynet.v1",
            architecture="toynet",
            num_classes=1000,
            license="mit",
            commercial_use=True,
            native_size=224,
        )
        add("accuracy", **asdict(make_accuracy()))
        add("target", **asdict(make_target()))
        add(
            "workload",
            id=MEASURED.workload.id,
            **asdict(MEASURED.workload),
            params_m=11.5,
            gmacs=1.8,
            activations_m=2.5,
            operators={"conv": 1.8},
        )
        add("environment", id=MEASURED.environment.id, **asdict(make_environment()))
        assert MEASURED.artefact is not None
        artefact = {**asdict(MEASURED.artefact), "workload": MEASURED.workload.id}
        add("artefact", id=MEASURED.artefact.id, **artefact)
        for one in (MEASURED, FAILED):
            insert_measurement(connection, metadata, one)
        add("pending_sample", **{**asdict(CASE), "sample": compressed(asdict(make_sample()), connection)})


CASE = PendingSample("a workload", "a configuration", "a target", "an environment", "a protocol")


@pytest.fixture
def upgraded(empty_url: str, backend: Backend) -> Iterator[Catalog]:
    """A catalog of the first schema, opened by today's archrank."""
    make_catalog_0001(empty_url)
    with (open_catalog if backend == "sqlite" else upgrade_catalog)(empty_url) as catalog:
        yield catalog


def test_an_old_catalog_keeps_its_measurements(upgraded: Catalog) -> None:
    query = MeasurementQuery(target=MEASURED.target.id)
    with upgraded.read() as session:
        found = find_measurements(session, query, with_samples=True)
        assert pending_samples(session, CASE) == [make_sample()]
    assert sorted(found, key=lambda one: one.configuration.stated_threads) == [MEASURED, FAILED]
    assert store_measurements(upgraded, MEASURED, FAILED) == 0


def test_an_old_catalog_keeps_its_facts(upgraded: Catalog) -> None:
    with upgraded.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert card.architecture == Architecture("toynet", "toynets", 2020, default_tag="v1", fixed_input=False)
    assert card.checkpoints == (
        Checkpoint("toynet.v1", "toynet", 1000, "mit", commercial_use=True, native_size=224),
    )
    assert card.accuracies == (make_accuracy(),)
    assert card.workloads == (CountedWorkload(make_workload(), Counts(11.5, 1.8, 2.5, {"conv": 1.8})),)


def test_an_old_catalog_has_the_reference_tables_and_new_facts_can_be_stored(upgraded: Catalog) -> None:
    with upgraded.read() as session:
        card = find_card(session, "resnet18")
        revisions = revision(session)
    assert card is not None
    assert card.architecture.tags
    assert any(one.configuration.batch_policy is BatchPolicy.LARGEST_FITTING for one in card.measurements)
    assert revisions > 0
    with upgraded.write() as writing:
        save_checkpoints(writing, [make_checkpoint(training_data=("imagenet-1k",))])
    with upgraded.read() as session:
        found = find_card(session, "toynet")
    assert found is not None
    assert found.checkpoints == (make_checkpoint(training_data=("imagenet-1k",)),)


def test_the_old_measurements_are_candidates(upgraded: Catalog) -> None:
    with upgraded.read() as session:
        columns = candidate_columns(session, MEASURED.target.id)
    assert list(columns.checkpoint) == ["toynet.v1", "toynet.v1"]
    assert {one.batch_policy for one in columns.configuration} == {BatchPolicy.FIXED}


def test_a_postgresql_catalog_of_the_first_schema_asks_for_the_upgrade(databases: Databases) -> None:
    url = databases.empty("postgresql")
    make_catalog_0001(url)
    with pytest.raises(CatalogOutdated, match=f"0001.*{SCHEMA_HEAD}"):
        open_catalog(url)


def test_going_back_to_the_first_schema_keeps_the_measurements(catalog_url: str) -> None:
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, MEASURED, FAILED)
    migrate(catalog_url, command.downgrade, "0001")
    with connected(catalog_url) as (connection, metadata):
        measurement = metadata.tables["measurement"]
        kept = connection.scalars(select(measurement.c.id).where(measurement.c.target == MEASURED.target.id))
        assert set(kept) == {MEASURED.id, FAILED.id}
        assert "batch_policy" not in metadata.tables["configuration"].c
        assert {"tags", "native_size"}.isdisjoint(column.name for column in metadata.tables["architecture"].c)
    with upgrade_catalog(catalog_url) as catalog, catalog.read() as session:
        query = MeasurementQuery(target=MEASURED.target.id)
        found = find_measurements(session, query, with_samples=True)
    assert sorted(found, key=lambda one: one.configuration.stated_threads) == [MEASURED, FAILED]


# From 0002 to 0003


def test_going_back_to_the_second_schema_forgets_only_what_it_does_not_know(catalog_url: str) -> None:
    told = replace_success(
        MEASURED,
        interval_target_met=True,
        set_aside=(make_sample(foreign_cpus=1.5),),
        values=tuple(replace(value, processes=5) for value in success_of(MEASURED).values),
    )
    query = MeasurementQuery(target=MEASURED.target.id)
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, told)
        with catalog.read() as session:
            assert find_measurements(session, query, with_samples=True) == [told]
    migrate(catalog_url, command.downgrade, "0002")
    with upgrade_catalog(catalog_url) as catalog, catalog.read() as session:
        assert find_measurements(session, query, with_samples=True) == [MEASURED]
