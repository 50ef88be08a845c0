from datetime import timedelta

import pytest

from catalog.storage.database import Catalog, ReadSession
from catalog.storage.facts import facts
from catalog.storage.facts.facts import (
    counted_workloads,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.measurements.finding import last_measured
from catalog.words.vocabulary import Form, Precision, Provenance, Status
from tests.builders import (
    NOON,
    TARGET_ID,
    make_architecture,
    make_counted_workload,
    make_environment,
    make_measurement,
    make_workload,
    store_measurements,
)
from tests.catalog.storage.facts.looking_up import OTHER_TARGET, SECOND

pytestmark = pytest.mark.empty_catalog


def finished(session: ReadSession) -> dict[tuple[str, str], Status]:
    return {one.key: one.status for one in last_measured(session, TARGET_ID)}


def test_the_latest_outcome_of_a_case_counts(catalog: Catalog) -> None:
    case = (make_workload().id, make_measurement("toynet").configuration.id)
    for day, status in enumerate((Status.OK, Status.FAILED, Status.OK)):
        store_measurements(
            catalog, make_measurement("toynet", status=status, measured_at=NOON + timedelta(days=day))
        )
        with catalog.read() as session:
            assert finished(session) == {case: status}


def test_an_outcome_that_arrives_late_is_the_newest_whatever_its_date(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("toynet"))
    store_measurements(catalog, make_measurement("toynet", status=Status.FAILED, measured_at=NOON - SECOND))
    with catalog.read() as session:
        assert set(finished(session).values()) == {Status.FAILED}


def test_cases_differ_by_workload_and_by_configuration(catalog: Catalog) -> None:
    measurements = [
        make_measurement("toynet"),
        make_measurement("toynet", threads=2),
        make_measurement("toynet", input_size=256),
        make_measurement("toynet", form=Form.TRAINING),
        make_measurement("toynet", precision=Precision.INT8, status=Status.FAILED),
    ]
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        assert finished(session) == {
            (one.workload.id, one.configuration.id): one.status for one in measurements
        }


def test_a_new_environment_is_no_new_case(catalog: Catalog) -> None:
    store_measurements(
        catalog,
        make_measurement("toynet", environment=make_environment("1.0")),
        make_measurement("toynet", environment=make_environment("2.0")),
    )
    with catalog.read() as session:
        (last,) = last_measured(session, TARGET_ID)
    assert last.environment in {make_environment(version).id for version in ("1.0", "2.0")}
    assert last.protocol_version == 1


def test_only_what_was_measured_on_the_target_itself_is_finished(catalog: Catalog) -> None:
    store_measurements(
        catalog,
        make_measurement("toynet", provenance=Provenance.PUBLISHED),
        make_measurement("toynet", target=OTHER_TARGET),
    )
    with catalog.read() as session:
        assert last_measured(session, TARGET_ID) == []


def test_a_workload_is_counted_once_it_has_counts_or_a_failure(catalog: Catalog) -> None:
    counted = make_counted_workload(input_size=224)
    failed = make_counted_workload(input_size=256, count_failure="no such operator")
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture()])
        save_workloads(session, [counted, failed])
        add_measurements(session, [make_measurement("toynet", input_size=288)])
    ids = [make_workload(input_size=size).id for size in (224, 256, 288, 320)]
    with catalog.read() as reading:
        assert counted_workloads(reading, ids) == {ids[0], ids[1]}
        assert counted_workloads(reading, ids[1:]) == {ids[1]}
        assert counted_workloads(reading, []) == set()


def test_many_workloads_can_be_asked_about_at_once(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert counted_workloads(session, (f"toynet-deployed-1000-{size}" for size in range(5000))) == set()
