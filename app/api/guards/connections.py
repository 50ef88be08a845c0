"""Connections that take too long: a guard on uvicorn's protocol, which waits for a client without end.

A client has a limited time for the headers of a request, for its body (app/api/guards/body_limit.py) and
for taking an answer. There is a limit of connections in all, and of an address. When the server stops, what
was received whole is answered. What was half sent is not waited for.
"""

import asyncio
import json
from functools import cache
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.api.problems import RETRY_AFTER_S
from app.settings import ServerSettings

# What is left of a body may be under way when the server stops.
_REST_OF_A_BODY_S = 1.0
# A connection too many is told so, if its request arrives in this time. Beyond so many times as many
# connections as may be open, nobody is told anything.
_REFUSING_S, _MOST_REFUSED = 1.0, 2


@cache
def _settings() -> ServerSettings:
    return ServerSettings()


class GuardedProtocol(H11Protocol):
    """uvicorn's protocol of HTTP/1.1 with limits in time, and with problem documents for what is no HTTP."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._headers_due: asyncio.TimerHandle | None = None
        self._taking_due: asyncio.TimerHandle | None = None
        self._is_too_many = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._is_too_many = self._count_connections()
        if len(self.connections) > _MOST_REFUSED * _settings().max_connections:
            self.transport.abort()
        else:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_awaiting_headers()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_too_many:
            detail = "Too many connections are open. Close some, or try again later."
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            return
        if self._is_between_requests():
            self._await_headers()
        super().data_received(data)
        if not self._is_between_requests():
            self._stop_awaiting_headers()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking_due = self.loop.call_later(_settings().request_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        if self._taking_due is not None:
            self._taking_due.cancel()
            self._taking_due = None
        super().resume_writing()

    def shutdown(self) -> None:
        """Close the connection once what was received whole is answered."""
        super().shutdown()
        self._stop_awaiting_headers()
        if not self._is_between_requests() and self.cycle.more_body:
            self.loop.call_later(_REST_OF_A_BODY_S, self._give_up, self.cycle)

    def send_400_response(self, msg: str) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _count_connections(self) -> bool:
        """Whether there is one connection too many, in all or of this address. Behind a proxy all requests
        have its address, and the proxy limits those of a client."""
        settings = _settings()
        if len(self.connections) > settings.max_connections:
            return True
        if self.client is None or settings.trusted_proxies:
            return False
        address = self.client[0]
        clients = (other.client for other in self.connections if isinstance(other, H11Protocol))
        of_address = sum(client is not None and client[0] == address for client in clients)
        return of_address > settings.max_address_connections

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_headers(self) -> None:
        if self._headers_due is None:
            seconds = _REFUSING_S if self._is_too_many else _settings().header_timeout_s
            self._headers_due = self.loop.call_later(seconds, self._headers_late)

    def _stop_awaiting_headers(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _headers_late(self) -> None:
        self._headers_due = None
        if self._is_between_requests() and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The headers of the request did not arrive in time.")

    def _give_up(self, cycle: Any) -> None:
        """End a request whose body is not whole though the server stops."""
        if cycle is not self.cycle or cycle.response_complete or not cycle.more_body:
            return
        started, cycle.disconnected = cycle.response_started, True
        cycle.message_event.set()
        if started:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The server is stopping. Send the request again.")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer without the application, and close the connection."""
        document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
        body = json.dumps(document).encode()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", RETRY_AFTER_S.encode()))
        try:
            answer = h11.Response(status_code=status.value, headers=headers, reason=status.phrase.encode())
            self.transport.write(self.conn.send(answer) or b"")
            self.transport.write(self.conn.send(h11.Data(data=body)) or b"")
        except h11.LocalProtocolError:
            pass  # another answer is under way
        self.transport.close()
