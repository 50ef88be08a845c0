"""Sending the measurements of a target to a server, until it has confirmed every one.

A server that is restarted, overloaded or out of reach is asked again. It stores a batch whole or not at all,
and the same batch twice as once, so that nothing is lost or doubled whenever an answer gets lost.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException
from importlib.metadata import version
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Architecture, CountedWorkload
from catalog.errors import PushFailed
from catalog.exchange.writing import lines_of
from catalog.storage.database import ReadSession
from catalog.storage.everything import everything_of
from catalog.words.texts import visible
from catalog.words.vocabulary import Provenance

PATH = "/v1/measurements"
# A campaign of 28 cases has about 1 MB. A server takes 32 MiB, unless it was told otherwise.
_BYTES_OF_A_BATCH = 4 * 2**20
_TIMEOUT_S = 120
# What a server answers that may take the same request later.
_PASSING = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0
_SHOWN = 500


@dataclass(frozen=True)
class Pushed:
    """How many measurements a server has confirmed, and how many of them were new to it."""

    measurements: int = 0
    new: int = 0

    def __add__(self, other: "Pushed") -> "Pushed":
        return Pushed(self.measurements + other.measurements, self.new + other.new)


@dataclass(frozen=True)
class Clock:
    """How time passes. A test has its own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Server:
    """Where to push to. `patience_s` is how long to ask again when the server does not take a batch."""

    url: str
    key: str | None
    patience_s: float
    clock: Clock = Clock()
    # Told why it waits, in a sentence.
    waiting: Callable[[str], None] = lambda _: None


def push(session: ReadSession, target: str, server: Server) -> Pushed:
    """Send what was measured of the target with this id. Returns when the server has confirmed all of it.

    Raises:
        PushFailed: the server refuses a batch, or the patience is at its end. What it had confirmed stays.
    """
    address = _address(server.url)
    if server.key is not None and not (server.key.isascii() and server.key.isprintable()):
        raise PushFailed(  # not shown: it is a secret
            "ARCHRANK_KEY is no key.", "Set it to what `archrank keys create` printed on the server."
        )
    pushed = Pushed()
    for batch in _batches(session, target):
        pushed += _send_parts(server, address, batch)
    return pushed


@dataclass(frozen=True)
class _Batch:
    facts: Sequence[Architecture | Target | CountedWorkload]
    measurements: Sequence[Measurement]

    @property
    def body(self) -> bytes:
        workloads = {measurement.workload for measurement in self.measurements}
        names = {workload.architecture for workload in workloads}
        needed = [
            fact
            for fact in self.facts
            if isinstance(fact, Target)
            or (isinstance(fact, Architecture) and fact.name in names)
            or (isinstance(fact, CountedWorkload) and fact.workload in workloads)
        ]
        return "".join(f"{line}\n" for line in lines_of([*needed, *self.measurements])).encode()

    def halves(self) -> "tuple[_Batch, _Batch]":
        middle = len(self.measurements) // 2
        return _Batch(self.facts, self.measurements[:middle]), _Batch(self.facts, self.measurements[middle:])


def _batches(session: ReadSession, target: str) -> Iterator[_Batch]:
    facts: list[Architecture | Target | CountedWorkload] = []
    measurements: list[Measurement] = []
    size = 0
    for record in everything_of(session, target):
        if not isinstance(record, Measurement):
            if isinstance(record, Architecture | Target | CountedWorkload):
                facts.append(record)
            continue
        if record.provenance is not Provenance.MEASURED:
            continue
        measurements.append(record)
        size += sum(map(len, lines_of([record])))
        if size >= _BYTES_OF_A_BATCH:
            yield _Batch(facts, measurements)
            measurements, size = [], 0
    if measurements:
        yield _Batch(facts, measurements)


def _send_parts(server: Server, address: str, batch: _Batch) -> Pushed:
    """Send a batch, in smaller parts where the server finds it too large."""
    status, answer = _send_until_taken(server, address, batch.body)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and len(batch.measurements) > 1:
        first, second = batch.halves()
        return _send_parts(server, address, first) + _send_parts(server, address, second)
    if status != HTTPStatus.OK:
        raise _refused(status, answer)
    confirmed = _document(answer)
    if confirmed.get("measurements") != len(batch.measurements):
        raise PushFailed(
            f"{address} did not confirm the {len(batch.measurements)} measurements that were sent.",
            "Check that the address is one of an archrank server.",
        )
    return Pushed(len(batch.measurements), int(confirmed.get("new", 0)))


def _send_until_taken(server: Server, address: str, body: bytes) -> tuple[int, bytes]:
    """Send the body until the server takes it or says why it never will."""
    deadline = server.clock.now() + server.patience_s
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            status, headers, answer = _send(server, address, body)
            complaint = f"answered {status} {_phrase(status)}"
            if status not in _PASSING:
                return status, answer
            asked_s = _retry_after_s(headers)
        # URLError is an OSError. A server that is killed leaves half an answer.
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            complaint, asked_s = f"cannot be reached: {reason}", None
        # Several runners that a restart turned away do not all come back at once.
        pause_s = max(asked_s or 0.0, wait_s * random.uniform(0.5, 1))  # noqa: S311
        if server.clock.now() + pause_s > deadline:
            raise PushFailed(
                f"{address} {complaint}. It was asked for {server.patience_s:g} s.",
                "Push again later: what the server has already is not stored twice.",
            )
        server.waiting(f"{address} {complaint}. Trying again in {pause_s:.0f} s.")
        server.clock.sleep(pause_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would take the key to another server."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects)


def _send(server: Server, address: str, body: bytes) -> tuple[int, Message, bytes]:
    headers = {
        "Content-Type": "application/x-ndjson",
        "Accept": "application/json",
        "User-Agent": f"archrank/{version('archrank')}",
    }
    if server.key:
        headers["Authorization"] = f"Bearer {server.key}"
    request = Request(address, body, headers, method="POST")  # noqa: S310 - the scheme was tested
    try:
        with _opener().open(request, timeout=_TIMEOUT_S) as response:
            return response.status, response.headers, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise PushFailed(
            f"{visible(url)!r} is no address of a server.", "Give one as https://archrank.example.com."
        )
    return url.rstrip("/").removesuffix(PATH) + PATH


def _refused(status: int, answer: bytes) -> PushFailed:
    detail = visible(str(_document(answer).get("detail", "")))[:_SHOWN]
    message = f"The server answered {status} {_phrase(status)}. {detail}".rstrip()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        remedy = "Set ARCHRANK_KEY to a key that `archrank keys create --scope ingest NAME` printed there."
        return PushFailed(message, remedy)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return PushFailed(message, "Push to the address that it redirects to.")
    return PushFailed(message, "Nothing of this batch was stored.")


def _document(answer: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(answer)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _retry_after_s(headers: Message) -> float | None:
    try:
        return min(float(headers.get("Retry-After", "")), 10 * _LONGEST_WAIT_S)
    except ValueError:
        return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
