"""Processes that are killed at random moments: a server that receives, an import, and a campaign."""

import http.client
import json
import os
import random
import signal
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import uvicorn
from fastapi import FastAPI

import app.api.observability.metrics  # noqa: F401
import catalog.receiving  # noqa: F401 - children have it already
from app.api.guards.connections import GuardedProtocol
from app.main import create_app
from app.settings import LogForm, ServerSettings
from catalog.entities.measurements import Measurement
from catalog.exchange.importing import import_lines
from catalog.opening import open_catalog
from catalog.storage.keys import add_key
from catalog.words.vocabulary import Scope
from profiler.campaign.request import ProfileRequest
from tests.benchmarks.faults.world import Numbers, checked, export_of, forked, measurement
from tests.profiler.campaign.bench import ONE, PLAN, TARGET, Bench

# From the first answer of a server, or the begin of a process, to after several writes.
LONGEST_LIFE_S = 1.0


def killed_server(url: str, kills: int, seed: int) -> Numbers:
    """Upload one measurement after another, while the server is killed at random moments."""
    chance = random.Random(seed)
    with open_catalog(url) as catalog, catalog.write() as session:
        key = add_key(session, "ci-1", Scope.INGEST, datetime.now(UTC))
    settings = ServerSettings(catalog_url=url, log=LogForm.OFF, ingest_rate_limit="off")
    app = create_app(settings)  # made once, and opened by each server: none of them waits for imports
    acknowledged: set[str] = set()
    number = repeated = 0
    statuses: Counter[int] = Counter()
    for _ in range(kills):
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = forked(partial(serve, app, listening))
        listening.close()
        wait_until_it_answers(port)
        timer = Timer(chance.uniform(0, LONGEST_LIFE_S), os.kill, (server, signal.SIGKILL))
        timer.start()
        while True:
            sent = measurement(0, number)
            try:
                status, answer = post(port, key, export_of(sent))
            except (OSError, http.client.HTTPException):
                break
            statuses[status] += 1
            if status == 200:
                repeated += answer["new"] == 0
                acknowledged.add(sent.id)
                number += 1
        timer.join()
        os.waitpid(server, 0)
    return {
        "kills": kills,
        "acknowledged": len(acknowledged),
        "sent again": repeated,
        "other answers": sum(statuses.values()) - statuses[200],
        **checked(url, acknowledged),
    }


def wait_until_it_answers(port: int) -> None:
    """Wait until the catalog is open. How long that takes says little about faults."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/readyz")
    connection.getresponse().read()
    connection.close()


def serve(app: FastAPI, listening: socket.socket) -> None:
    config = uvicorn.Config(app, http=GuardedProtocol, ws="none", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


def post(port: int, key: str, body: bytes) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    try:
        connection.request("POST", "/v1/measurements", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def killed_import(url: str, kills: int, seed: int) -> Numbers:
    """Import files of twenty measurements, while the process is killed at random moments."""
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    begun = 0
    for _ in range(kills):
        done = told_before_the_kill(partial(import_files, url, begun), chance)
        for file in map(int, done):
            acknowledged.update(stored.id for stored in file_of(file))
        begun += len(done)
    return {"kills": kills, "acknowledged": len(acknowledged), **checked(url, acknowledged)}


def told_before_the_kill(work: Callable[[int], object], chance: random.Random) -> list[str]:
    """The lines that a child wrote whole to the pipe that it was given, before it was killed."""
    reading, writing = os.pipe()
    child = forked(partial(work, writing))
    os.close(writing)
    time.sleep(chance.uniform(0, LONGEST_LIFE_S))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        return told.read().split("\n")[:-1]


def file_of(file: int) -> list[Measurement]:
    return [measurement(1, 20 * file + place) for place in range(20)]


def import_files(url: str, file: int, told: int) -> None:
    with open_catalog(url) as catalog:
        while True:
            import_lines(catalog, export_of(*file_of(file)).decode().splitlines())
            os.write(told, f"{file}\n".encode())
            file += 1


def killed_campaign(url: str, kills: int, seed: int) -> Numbers:
    """Measure networks over fakes that take no time, while the process is killed at random moments. What the
    campaign said that it has stored is acknowledged. At the end it measures the last network whole."""
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="archrank-cache-") as folder:
        for number in range(kills):
            measure = partial(measure_networks, url, Path(folder), number)
            acknowledged.update(told_before_the_kill(measure, chance))
        with open_catalog(url) as catalog:
            bench = Bench(catalog, Path(folder))
            bench.campaign.run(ProfileRequest(("last",), ONE, threads=(2,), plan=PLAN))
            acknowledged.update(stored.id for stored in bench.listener.measurements)
    return {"kills": kills, "acknowledged": len(acknowledged), **checked(url, acknowledged, TARGET.id)}


def measure_networks(url: str, folder: Path, number: int, told: int) -> None:
    """Measure one network after the other, and tell the ids of what was stored."""
    with open_catalog(url) as catalog:
        bench = Bench(catalog, folder)
        store = bench.listener.stored

        def stored(measurement: Measurement) -> None:
            store(measurement)
            os.write(told, f"{measurement.id}\n".encode())

        bench.listener.stored = stored  # type: ignore[method-assign]
        for network in range(10_000):
            names = (f"network{number}x{network}",)
            bench.campaign.run(ProfileRequest(names, ONE, threads=(2,), plan=PLAN))
