"""A process of tests/benchmarks/api_against.py: the application, or a writer, of the commit it stands in.

python api_child.py serve CATALOG BODIES    answers lines of standard input with the CPU time (ms) of requests
python api_child.py write CATALOG TARGET    stores a measurement of the target for each line

It runs in the root of a working tree, and imports what that tree has. Requests go to the application itself,
so that no HTTP client and no other process counts.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path[0] = os.getcwd()  # noqa: PTH109 - the tree under test, in the place of this file's folder

# Where measurements are found: today, and in older trees.
_FINDING = (
    "catalog.storage.measurements.finding",
    "catalog.storage.finding_measurements",
    "catalog.repository",
)


async def _serve(catalog: str, bodies: list[str]) -> None:
    """`all FIRST LAST` asks some of the bodies, `one BODY` asks one, `memory` says the most resident MB."""
    os.environ["ARCHRANK_CATALOG_URL"] = f"sqlite:///{catalog}"
    from app.main import create_app

    app = create_app()
    loop = asyncio.get_running_loop()
    _say("ready")
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order, _, rest = line.strip().partition(" ")
        if order == "all":
            first, last = map(int, rest.split())
            _say([await _cost_ms(app, body) for body in bodies[first:last]])
        elif order == "one":
            _say(await _cost_ms(app, rest))
        else:
            status = Path("/proc/self/status").read_text().splitlines()
            _say(next(int(field.split()[1]) * 1024 / 1e6 for field in status if field.startswith("VmHWM")))


async def _cost_ms(app: Any, body: str) -> float:
    """The CPU time of a request.

    Raises:
        RuntimeError: it was refused.
    """
    messages = [{"type": "http.request", "body": body.encode(), "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path = "/v1/recommendations"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    start = time.process_time()
    await app(scope, receive, send)
    spent = time.process_time() - start
    if sent[0]["status"] != 200:
        raise RuntimeError(f"{sent[0]['status']} to {body}")
    return spent * 1000


def _write(catalog: str, target: str) -> None:
    from dataclasses import replace

    from tests.benchmarks.api_catalogs import opened, write_again

    finding = _first_of(_FINDING)
    with opened(Path(catalog)) as open_catalog:
        with open_catalog.read() as session:
            (measurement,) = finding.find_measurements(
                session, finding.MeasurementQuery(target=target), limit=1
            )
        _say("ready")
        for number, _ in enumerate(sys.stdin, start=1):
            write_again(open_catalog, replace(measurement), number)
            measurement = replace(measurement, measured_at=measurement.measured_at + timedelta(minutes=1))
            _say("written")


def _first_of(places: Sequence[str]) -> Any:
    """The first of the modules that this tree has."""
    for place in places:
        with suppress(ImportError):
            return import_module(place)
    raise ImportError(f"This tree has none of {', '.join(places)}.")


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve(sys.argv[2], Path(sys.argv[3]).read_text().splitlines()))
    else:
        _write(sys.argv[2], sys.argv[3])
