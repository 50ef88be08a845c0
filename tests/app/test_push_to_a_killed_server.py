"""A server that is killed in the middle of a push, and started again: nothing is lost, nothing is doubled."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from catalog import pushing
from catalog.entities.configurations import Target
from catalog.entities.identity import hardware_id
from catalog.opening import open_catalog
from catalog.pushing import Clock, Pushed, Server, push
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from catalog.storage.keys import add_key
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.uploads import uploaders_of
from catalog.words.vocabulary import Device, Scope
from tests.builders import NOON, make_measurement, store_measurements
from tests.conftest import Databases

IDENTITY: dict[str, str | int] = {"model_name": "Runner", "cpus": 2}
TARGET = Target(hardware_id("runner-2c", IDENTITY), Device.CPU, "Runner, 2 CPUs", IDENTITY)
MEASUREMENTS = [
    make_measurement("resnet18", 5.0, target=TARGET, measured_at=NOON + timedelta(minutes=minute))
    for minute in range(4)
]


PROGRAM = sys.executable, "-m", "tests.app.killed_server"


@dataclass(frozen=True)
class Served:
    """The catalog of a server, and its address."""

    url: str
    address: str


@pytest.fixture
def served(databases: Databases, small_reference: ReferenceTables) -> Iterator[Served]:
    """A server that is killed at each moment, and started again at the same address."""
    url = databases.full("sqlite")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.app.killed_server",
                str(listening.fileno()),
                small_reference.folder,
            ],
            env={**os.environ, "ARCHRANK_CATALOG_URL": url},
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
        try:
            yield Served(url, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_push_survives_the_server_that_it_sends_to(
    served: Served, sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "_BYTES_OF_A_BATCH", 1)  # every measurement is a batch of its own
    store_measurements(sqlite_catalog, *MEASUREMENTS)
    with open_catalog(served.url) as received, received.write() as session:
        key = add_key(session, "ci-1", Scope.INGEST, datetime.now(UTC))
    waits: list[float] = []
    with sqlite_catalog.read() as session:
        clock = Clock(lambda: 0.0, waits.append)
        pushed = push(session, TARGET.id, Server(served.address, key, 600, clock))
    assert len(waits) == 2
    # What was stored before the answer got lost is not new to the server that is asked again.
    assert pushed == Pushed(measurements=4, new=3)
    with open_catalog(served.url) as received, received.read() as session:
        stored = [one.id for one in find_measurements(session, MeasurementQuery(target=TARGET.id))]
        assert sorted(stored) == sorted(one.id for one in MEASUREMENTS)
        assert uploaders_of(session, stored) == dict.fromkeys(stored, "ci-1")
