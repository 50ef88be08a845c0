"""The server and the load of tests/benchmarks/api.py: uvicorn, wrk, and single requests."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import mean
from typing import Any

from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.database import revision
from catalog.words.metrics import Metric
from tests.benchmarks.api_catalogs import catalog_url, opened, write_again
from tests.benchmarks.api_server import PID_HEADER

CONNECTIONS = 4
SINGLE_REQUESTS = 200
_ROOT = Path(__file__).parents[2]
_SCRIPT = Path(__file__).with_name("api.lua")
_HOST = "127.0.0.1"
_START_S = 60


class BenchmarkFailed(Exception):
    """There are no numbers, or they would not mean what the report says."""


def say(text: str) -> None:
    """How far it is."""
    print(text, file=sys.stderr, flush=True)


# The server


@dataclass(frozen=True)
class Route:
    """An address to load. Without bodies to take it is asked by GET."""

    title: str
    path: str
    takes_bodies: bool = True


RECOMMENDATIONS = Route("recommendations", "/v1/recommendations")
CANNED = Route("ranking canned", "/bench/canned/v1/recommendations")
PREBUILT = Route("ranking canned, response model prebuilt", "/bench/prebuilt/v1/recommendations")
TRIVIAL = Route("trivial", "/bench/trivial", takes_bodies=False)
ROUTES = (RECOMMENDATIONS, CANNED, PREBUILT, TRIVIAL)


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many milliseconds."""

    status: int
    content: bytes
    worker: str | None
    ms: float

    @property
    def document(self) -> Any:
        return json.loads(self.content)


class Server:
    """A running uvicorn on a catalog."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process = process
        self._port = port

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._port}"

    def alive(self) -> bool:
        """Whether it answers.

        Raises:
            BenchmarkFailed: it ended.
        """
        if self._process.poll() is not None:
            raise BenchmarkFailed(f"uvicorn ended with {self._process.returncode}")
        try:
            return self.ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: str | None = None) -> Answer:
        """One request on a connection of its own."""
        connection = HTTPConnection(_HOST, self._port, timeout=120)
        try:
            connection.connect()
            start = time.perf_counter()
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
            ms = (time.perf_counter() - start) * 1000
            return Answer(response.status, content, response.headers.get(PID_HEADER), ms)
        finally:
            connection.close()

    def recommend(self, body: str, route: Route = RECOMMENDATIONS) -> Answer:
        """The answer to `body`.

        Raises:
            BenchmarkFailed: it is not a 200.
        """
        answer = self.ask("POST", route.path, body)
        if answer.status != 200:
            raise BenchmarkFailed(f"{route.path} answered {answer.status} to {body}: {answer.content!r}")
        return answer

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory of the process, which is the worker where there is one: now, and at most."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        now, most = (int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
        return now, most


@contextmanager
def serving(catalog: Path, *options: str, factory: str = "served") -> Iterator[Server]:
    """uvicorn on the catalog in the file `catalog`, until the end of the block."""
    with socket.socket() as taken:
        taken.bind((_HOST, 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", f"tests.benchmarks.api_server:{factory}"]
    command += ["--app-dir", str(_ROOT), "--host", _HOST, "--port", str(port), *options]
    process = subprocess.Popen(
        [*command, "--log-level", "warning", "--no-access-log"],
        env={**os.environ, "ARCHRANK_CATALOG_URL": catalog_url(catalog)},
    )
    try:
        server = Server(process, port)
        deadline = time.monotonic() + _START_S
        while not server.alive():
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"uvicorn did not answer within {_START_S} s")
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# Load


@dataclass(frozen=True)
class Load:
    """What wrk counted while it asked one route."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    bytes_each: float


@dataclass(frozen=True)
class Contender:
    """One of several that are loaded in turn, with the file of bodies that it is sent."""

    title: str
    server: Server
    route: Route
    bodies: Path


def load(one: Contender, seconds: int, first: int) -> Load:
    """Ask for `seconds`, from the body number `first` on.

    Raises:
        BenchmarkFailed: wrk failed, or a request was refused or not answered.
    """
    wanted = ["POST", one.route.path, str(one.bodies), str(first)]
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "60s"]
        + ["-s", str(_SCRIPT), one.server.url, "--"]
        + (wanted if one.route.takes_bodies else ["GET", one.route.path]),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise BenchmarkFailed(f"wrk failed: {done.stdout}{done.stderr}")
    found: dict[str, float] = json.loads(lines[-1])
    if found["refused"] or found["unanswered"] or not found["requests"]:
        raise BenchmarkFailed(f"{one.title}: {lines[-1]}")
    return Load(
        requests=int(found["requests"]),
        per_second=found["requests"] / found["duration_us"] * 1e6,
        p50_ms=found["p50_us"] / 1000,
        p99_ms=found["p99_us"] / 1000,
        bytes_each=found["bytes"] / found["requests"],
    )


def load_in_turn(
    contenders: Sequence[Contender], rounds: int, seconds: int, stride: int
) -> dict[str, list[Load]]:
    """Every contender once a round, each round beginning with the next of them. All walk through the same
    bodies in a round, `stride` further on than in the last."""
    found: dict[str, list[Load]] = {one.title: [] for one in contenders}
    for one in contenders:
        load(one, 1, 0)
    for number in range(rounds):
        turn = number % len(contenders)
        for one in [*contenders[turn:], *contenders[:turn]]:
            found[one.title].append(load(one, seconds, number * stride))
            say(f"  round {number + 1}, {one.title}: {found[one.title][-1].per_second:.0f} requests/s")
    return found


def ask_all(server: Server, bodies: Sequence[str]) -> list[Answer]:
    """The answer to every body, each a 200."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return list(threads.map(server.recommend, bodies))


def typical(bodies: Sequence[str], answers: Sequence[Answer]) -> str:
    """Of the bodies that get ten recommendations, the one whose answer is nearest to the mean size of all."""
    size = mean(len(one.content) for one in answers)
    full = [
        (abs(len(answer.content) - size), body)
        for body, answer in zip(bodies, answers, strict=True)
        if len(answer.document["recommendations"]) == 10
    ]
    return min(full)[1]


@dataclass(frozen=True)
class AfterWrite:
    """Milliseconds of a request: the first after a write, and the one after that."""

    first: Sequence[float]
    second: Sequence[float]


def after_writes(
    sides: Mapping[str, tuple[Server, Path]], measurement: Measurement, times: int
) -> dict[str, AfterWrite]:
    """Each server in turn: store the case of `measurement` again, then ask for its target twice."""
    body = json.dumps({"target": measurement.target.id, "budget": {"top1": {"min": 80}}})
    first: dict[str, list[float]] = {title: [] for title in sides}
    second: dict[str, list[float]] = {title: [] for title in sides}
    for number in range(1, times + 1):
        for title, (server, path) in sides.items():
            with opened(path) as catalog:
                write_again(catalog, measurement, number)
            first[title].append(server.recommend(body).ms)
            second[title].append(server.recommend(body).ms)
    return {title: AfterWrite(first[title], second[title]) for title in sides}


@dataclass(frozen=True)
class Visibility:
    """What two workers answered after writes of another process."""

    writes: int
    answers: int
    workers: int
    outdated: int


def visibility(path: Path, measurement: Measurement, writes: int) -> Visibility:
    """Write, then ask on fresh connections until both workers have answered, and at least 200 times. An
    answer is outdated unless it has the revision of the write and the number that was written.

    Raises:
        BenchmarkFailed: one of the workers never answers.
    """
    body = json.dumps(
        {
            "target": measurement.target.id,
            "objective": Metric.LATENCY_MS.value,
            "collapse": "configuration",
            "limit": 1,
        }
    )
    answers, outdated, workers = 0, 0, set()
    with serving(path, "--workers", "2", factory="served_by_pid") as server, opened(path) as catalog:
        _from_both(server, body)  # both hold the columns of before
        for number in range(1, writes + 1):
            latency = 0.9 - number / 1000  # below every other's
            write_again(catalog, measurement, number, MetricValue(Metric.LATENCY_MS, latency))
            with catalog.read() as session:
                written = (revision(session), latency)
            for one in _from_both(server, body):
                answers += 1
                outdated += _told(one.document) != written
                workers.add(one.worker)
    return Visibility(writes, answers, len(workers), outdated)


def _from_both(server: Server, body: str) -> list[Answer]:
    found: list[Answer] = []
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for _ in range(20):
            found += threads.map(server.recommend, [body] * SINGLE_REQUESTS)
            if len({one.worker for one in found}) == 2:
                return found
    raise BenchmarkFailed(f"only one of two workers answers {len(found)} requests")


def _told(document: Any) -> tuple[int, float]:
    best = document["recommendations"][0]
    return document["catalog_revision"], best["metrics"][Metric.LATENCY_MS.value]["value"]
