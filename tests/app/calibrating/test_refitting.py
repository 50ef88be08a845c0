"""Estimates follow from measurements, whichever way these arrived."""

from collections.abc import Iterable
from threading import Event, Thread

import pytest

from app.calibrating import fitting, refitting
from catalog import arrivals, host
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_basis
from tests.app.calibrating.machine import NETWORKS, FakeEstimator, field_of, inventory_of, measured
from tests.builders import store_measurements

TARGET = host.local_target()
FIRST = NETWORKS[: fitting.LEAST_NETWORKS]


@pytest.fixture(autouse=True)
def _field(bare: Catalog, estimator: FakeEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The field is known, and the inventory lists it."""
    monkeypatch.setattr(refitting, "read", lambda path: inventory_of(*NETWORKS))
    field_of(bare, *NETWORKS)


def test_new_measurements_are_estimated_from_once(bare: Catalog, estimator: FakeEstimator) -> None:
    store_measurements(bare, *(measured(name) for name in FIRST))
    said: list[str] = []
    (basis,) = refitting.refit(bare, [TARGET.id, TARGET.id], said.append)
    assert len(basis.measurements) == len(FIRST)
    assert said == [
        f"Estimated what was not measured on {TARGET.id}, in 1 configuration, from {len(FIRST)} measurements."
    ]
    fits = len(estimator.asked)
    assert refitting.refit(bare, [TARGET.id]) == []
    assert len(estimator.asked) == fits


def test_too_little_and_an_unknown_target_are_left_alone(bare: Catalog, estimator: FakeEstimator) -> None:
    store_measurements(bare, *(measured(name) for name in FIRST[1:]))
    assert refitting.refit(bare, [TARGET.id, "nowhere"]) == []
    assert estimator.asked == []


def test_what_follows_measurements_is_found_by_its_entry_point(bare: Catalog) -> None:
    store_measurements(bare, *(measured(name) for name in FIRST))
    said: list[str] = []
    arrivals.follow(bare, [TARGET.id], said.append)
    assert len(said) == 1
    with bare.read() as session:
        assert find_basis(session, TARGET.id) is not None


def test_nothing_follows_where_nothing_arrived(bare: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def entry_points(group: str) -> list[object]:
        asked.append(group)
        return []

    monkeypatch.setattr(arrivals, "entry_points", entry_points)
    arrivals.follow(bare, [], lambda text: None)
    assert asked == []


def test_a_server_computes_what_waits_once_and_beside_answering(
    bare: Catalog, estimator: FakeEstimator
) -> None:
    store_measurements(bare, *(measured(name) for name in FIRST))
    queue = refitting.RefitQueue()
    for _ in range(3):
        queue.add(bare, [TARGET.id])
    queue.join()
    with bare.read() as session:
        assert find_basis(session, TARGET.id) is not None
    assert len(estimator.asked) == 2  # the latency and the memory


def test_a_server_that_ends_waits_for_the_target_in_hand_alone(
    bare: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()
    asked: list[str] = []

    def slow(catalog: Catalog, targets: Iterable[str]) -> None:
        asked.extend(targets)
        begun.set()
        assert go_on.wait(60)

    monkeypatch.setattr(refitting, "refit", slow)
    queue = refitting.RefitQueue()
    queue.add(bare, ["first", "second"])
    assert begun.wait(60)
    closing = Thread(target=queue.close)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()
    go_on.set()
    closing.join(60)
    assert not closing.is_alive()
    assert asked == ["first"]


def test_a_failure_of_the_estimator_ends_no_server(
    bare: Catalog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue = refitting.RefitQueue()
    monkeypatch.setattr(refitting, "find_target", lambda session, id_: 1 / 0)
    queue.add(bare, [TARGET.id])
    queue.join()
    assert TARGET.id in caplog.text
    monkeypatch.undo()
    store_measurements(bare, *(measured(name) for name in FIRST))
    queue.add(bare, ["nowhere"])
    queue.join()
