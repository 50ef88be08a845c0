"""The node profiles of measurements: stored, found when they are asked for, and deleted with them."""

import pytest

from catalog.entities.measurements import Measurement
from catalog.entities.node_profiles import NodeProfile
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import drop_published
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, last_measured
from catalog.storage.tables import NodeProfileRow
from catalog.words.vocabulary import Provenance, Status
from tests.builders import (
    TARGET_ID,
    make_measurement,
    replace_success,
    store_measurements,
    success_of,
)
from tests.catalog.storage.stored import count
from tests.estimate_builders import make_node_profile

PROFILED = replace_success(make_measurement("toynet"), node_profile=make_node_profile(120.5, 80.0))
ABSENT = replace_success(
    make_measurement("othernet"), node_profile=NodeProfile(absent_reason="Nodes are not profiled.")
)
PLAIN = make_measurement("plainnet")
FAILED = make_measurement("failednet", status=Status.FAILED)


pytestmark = pytest.mark.empty_catalog


def found(catalog: Catalog, *, with_node_profiles: bool) -> list[Measurement]:
    with catalog.read() as session:
        measurements = find_measurements(
            session, MeasurementQuery(), with_samples=True, with_node_profiles=with_node_profiles
        )
    return sorted(measurements, key=lambda one: one.workload.architecture)


def test_a_node_profile_comes_back_as_it_was_stored_where_it_is_asked_for(catalog: Catalog) -> None:
    store_measurements(catalog, PROFILED, ABSENT, PLAIN, FAILED)
    assert found(catalog, with_node_profiles=True) == [FAILED, ABSENT, PLAIN, PROFILED]


def test_samples_alone_bring_no_node_profile(catalog: Catalog) -> None:
    store_measurements(catalog, PROFILED)
    (measurement,) = found(catalog, with_node_profiles=False)
    assert success_of(measurement).node_profile is None
    assert measurement == replace_success(PROFILED, node_profile=None)


def test_a_node_profile_is_stored_once_with_its_measurement(catalog: Catalog) -> None:
    assert store_measurements(catalog, PROFILED) == 1
    assert store_measurements(catalog, PROFILED) == 0
    assert count(catalog, NodeProfileRow) == 1


def test_a_node_profile_is_deleted_with_its_measurement(catalog: Catalog) -> None:
    of_table = replace_success(
        make_measurement("toynet", provenance=Provenance.PUBLISHED, published_table="a.csv"),
        node_profile=make_node_profile(1.0),
    )
    store_measurements(catalog, of_table, PROFILED)
    with catalog.write() as session:
        drop_published(session, "a.csv")
    assert found(catalog, with_node_profiles=True) == [PROFILED]
    assert count(catalog, NodeProfileRow) == 1


def test_the_last_measurement_of_a_case_says_whether_nodes_were_asked_for(catalog: Catalog) -> None:
    store_measurements(catalog, PROFILED, ABSENT, PLAIN, FAILED)
    with catalog.read() as session:
        last = last_measured(session, TARGET_ID)
    assert {one.workload.architecture: one.has_node_profile for one in last} == {
        "toynet": True,
        "othernet": True,
        "plainnet": False,
        "failednet": False,
    }
