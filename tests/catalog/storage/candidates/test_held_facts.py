"""What candidates share is read once, and again when it changes: names, networks and targets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import event

from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog, ReadSession, last_change
from catalog.storage.facts.facts import find_targets, save_architectures, save_targets, save_workloads
from catalog.storage.facts.names import architecture_names
from catalog.storage.measurements.adding import add_measurements
from catalog.words.metrics import Metric
from tests.builders import (
    TARGET_ID,
    make_architecture,
    make_counted_workload,
    make_measurement,
    make_target,
    store_measurements,
)


@contextmanager
def statements(session: ReadSession) -> Iterator[list[str]]:
    """The statements that the block executes."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        executed.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(connection, "before_cursor_execute", note)


def test_a_network_that_is_measured_for_the_first_time_is_a_candidate_and_changes_no_facts(
    catalog: Catalog,
) -> None:
    elsewhere = make_target("elsewhere")
    store_measurements(catalog, make_measurement("anet"), make_measurement("anet", target=elsewhere))
    with catalog.read() as session:
        assert candidate_columns(session, TARGET_ID).input_size.tolist() == [224]
        before = last_change(session, elsewhere.id)
    with catalog.write() as session:
        add_measurements(session, [make_measurement("anet", input_size=64)])
    with catalog.read() as session:
        assert candidate_columns(session, TARGET_ID).input_size.tolist() == [64, 224]
        assert last_change(session, elsewhere.id) == before


def test_networks_are_read_again_when_they_are_counted(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("anet"))
    with catalog.read() as session:
        uncounted = candidate_columns(session, TARGET_ID).metrics[Metric.GMACS].value.tolist()
    counted = make_counted_workload("anet")
    with catalog.write() as session:
        save_workloads(session, [counted])
    assert counted.counts is not None
    with catalog.read() as session:
        assert uncounted != [counted.counts.gmacs]
        assert candidate_columns(session, TARGET_ID).metrics[Metric.GMACS].value.tolist() == [
            counted.counts.gmacs
        ]


def test_networks_are_read_once_for_all_targets(sqlite_catalog: Catalog) -> None:
    elsewhere = make_target("elsewhere")
    store_measurements(sqlite_catalog, make_measurement("anet"), make_measurement("anet", target=elsewhere))

    def readings_of_networks(target: str) -> int:
        with sqlite_catalog.read() as session, statements(session) as executed:
            candidate_columns(session, target)
        return sum("FROM workload JOIN architecture" in statement for statement in executed)

    assert (readings_of_networks(TARGET_ID), readings_of_networks(elsewhere.id)) == (1, 0)


def test_as_many_statements_read_many_candidates_as_one(sqlite_catalog: Catalog) -> None:
    def statements_of_a_reading() -> int:
        with sqlite_catalog.read() as session, statements(session) as executed:
            candidate_columns(session, TARGET_ID)
        return len(executed)

    store_measurements(sqlite_catalog, make_measurement("anet"))
    statements_of_a_reading()  # reads the facts
    alone = statements_of_a_reading()
    with sqlite_catalog.write() as session:
        add_measurements(session, [make_measurement("anet", input_size=size) for size in range(32, 1232, 2)])
    statements_of_a_reading()  # reads the networks, which are more now
    assert statements_of_a_reading() == alone


def test_names_stay_held_after_a_measurement_and_not_after_a_new_network(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("anet"))
    with catalog.read() as session:
        first = architecture_names(session)
    with catalog.write() as session:
        add_measurements(session, [make_measurement("anet", 3.0, source="later")])
    with catalog.read() as session:
        assert architecture_names(session) is first
    with catalog.write() as session:
        save_architectures(session, [make_architecture("znet")])
    with catalog.read() as session:
        assert {*architecture_names(session)} - {*first} == {"znet"}


def test_targets_stay_held_after_a_measurement_and_not_after_a_new_label(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("anet"))
    with catalog.read() as session:
        first = find_targets(session)
    with catalog.write() as session:
        add_measurements(session, [make_measurement("anet", 3.0, source="later")])
    with catalog.read() as session:
        assert all(map(lambda new, old: new is old, find_targets(session), first))
    renamed = replace(make_target(), label="Renamed")
    with catalog.write() as session:
        save_targets(session, [renamed, make_target("second")], replace=True)
    with catalog.read() as session:
        targets = find_targets(session)
    assert renamed in targets
    assert make_target("second") in targets
