"""What every request passes: an id, a trusted host, a rate, a time, security headers, log and metrics.

It is plain ASGI, and wraps all of the application. A request costs it some tens of microseconds.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from time import perf_counter
from typing import Any

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.guards.rate_limits import RateLimits
from app.api.observability.logs import Log, errors
from app.api.problems import problem
from app.dependencies import SNAPSHOT, STALE_HEADER
from app.settings import ServerSettings

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# A probe names no host, and is not counted.
_PROBES = frozenset(("/healthz", "/readyz", "/metrics"))
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_POLICY = b"content-security-policy"
# Pages have scripts, styles and pictures from the server itself, and none within their HTML.
_OF_PAGES = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; "
    b"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_OF_DATA = b"default-src 'none'; frame-ancestors 'none'"

Count = Callable[[str | None, str, int, float], None]


class Gate:
    """ASGI middleware, the outermost."""

    def __init__(
        self, app: ASGIApp, *, settings: ServerSettings, limits: RateLimits, count: Count, log: Log | None
    ) -> None:
        self._app = app
        self._hosts = settings.hosts()
        self._root_path = settings.root_path
        self._limits = limits if limits.counts_requests else None
        self._timeout_s = settings.request_timeout_s
        self._count = count
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["archrank.host_is_trusted"] = bool(self._hosts)
        if self._root_path:
            scope["root_path"] = self._root_path
        passing = _Passing(scope, receive, send)
        timer = asyncio.get_running_loop().call_later(self._timeout_s, passing.expire)
        try:
            refusal = self._refusal(passing)
            if refusal is None:
                await self._app(passing.scope, receive, passing.send)
            else:
                await passing.refuse(*refusal)
        except Exception:  # noqa: BLE001 - it is logged
            errors().exception(
                "%s %s failed", scope["method"], scope["path"], extra={"request": passing.id.decode()}
            )
            await passing.refuse(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                f"An error in archrank. The server's log has the details of request {passing.id.decode()}.",
            )
        finally:
            timer.cancel()
            self._note(passing)

    def _refusal(self, passing: "_Passing") -> tuple[Any, ...] | None:
        """The status, the detail and the headers of an answer where the request does not pass."""
        if passing.path in _PROBES:
            return None
        if self._hosts and not _is_trusted(passing.host, self._hosts):
            return HTTPStatus.BAD_REQUEST, "The request names a host that this server does not answer for."
        if self._limits is not None:
            client = passing.scope.get("client")
            wait = self._limits.wait_of_address(client[0] if client else "")
            if wait is not None:
                detail = f"Too many requests. Try again in {wait} s."
                return HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(wait)}
        return None

    def _note(self, passing: "_Passing") -> None:
        seconds = perf_counter() - passing.began
        scope = passing.scope
        route = getattr(scope.get("route"), "path_format", None)
        # A client that went away has seen no status.
        self._count(route, passing.method, passing.status or 0, seconds)
        if self._log is not None:
            client = scope.get("client")
            self._log(
                {
                    "request": passing.id.decode(),
                    "method": passing.method,
                    "path": passing.path,
                    "status": passing.status,
                    "ms": round(seconds * 1000, 2),
                    "bytes": passing.sent_bytes,
                    "client": client[0] if client else None,
                    "key": scope.get("archrank.key"),
                }
            )


class _Passing:
    """A request under way, and what was answered so far."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.began = perf_counter()
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.host = ""
        self.id = b""
        for name, value in scope["headers"]:
            if name == b"host":
                self.host = value.decode("latin-1")
            elif name == b"x-request-id" and _ID.fullmatch(value):
                self.id = value
        self.id = self.id or secrets.token_hex(8).encode()
        self._is_head = self.method == "HEAD"
        # Routes know GET. What they answer is sent without its body.
        self.scope: MutableMapping[str, Any] = {**scope, "method": "GET"} if self._is_head else scope
        self.status: int | None = None
        self.sent_bytes = 0
        self._receive = receive
        self._send = send
        self._has_expired = False
        self._expiring: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer of the application."""
        if not self._has_expired:
            await self._pass_on(message)

    async def refuse(self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answer with a problem in place of the application, unless it has begun to answer."""
        if self.status is None:
            response = problem(Request(self.scope), status, detail)
            response.headers.update(headers or {})
            await response(self.scope, self._receive, self._pass_on)

    def expire(self) -> None:
        """Answer that it takes too long. What the application answers later is not sent."""
        if self.status is None:
            self._has_expired = True
            detail = "The answer takes too long. Ask for less, or try again later."
            self._expiring = asyncio.ensure_future(self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, detail))

    async def _pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._added(message["headers"])]
        elif message["type"] == "http.response.body":
            self.sent_bytes += len(message.get("body", b""))
            if self._is_head:
                message = {**message, "body": b""}
        await self._send(message)

    def _added(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        added = [(b"x-request-id", self.id), *_HEADERS, *_staleness(self.scope)]
        names = {name.lower() for name, _ in headers}
        if _POLICY not in names:
            is_page = any(
                name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers
            )
            added.append((_POLICY, _OF_PAGES if is_page else _OF_DATA))
        return [(name, value) for name, value in added if name not in names]


def _staleness(scope: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Headers that say how old the state of the catalog is that answered. None where it is the newest."""
    snapshot = scope.get(SNAPSHOT)
    if snapshot is None:
        return []
    seen_at = snapshot.seen_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return [(STALE_HEADER.lower().encode(), seen_at.encode()), (b"age", str(snapshot.age_s).encode())]


def _is_trusted(host: str, trusted: tuple[str, ...]) -> bool:
    name = host.lower().rstrip(".")
    name = name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
    return any(
        pattern == name or (pattern.startswith("*.") and name.endswith(pattern[1:])) for pattern in trusted
    )
