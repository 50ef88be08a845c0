"""Limits on request bodies, in size and in time, that answer with a problem document.

FastAPI's own `max_body_size` answers a declared length above the limit in plain text, whatever handlers are
installed. These limits raise inside the application, where app/api/problems.py answers.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSE = {"Connection": "close"}


class BodyLimit:
    """ASGI middleware: a body of more than `max_bytes` is answered with 413, one that is not whole after
    `timeout_s` with 408. `max_bytes_of` has the limits of routes that have others, by path."""

    def __init__(
        self, app: ASGIApp, max_bytes: int, timeout_s: float, max_bytes_of: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._max_bytes_of = max_bytes_of or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received, due = 0, asyncio.get_running_loop().time() + self._timeout_s
        is_whole = False
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        max_bytes = self._max_bytes_of.get(path, self._max_bytes)

        async def limited() -> Message:
            nonlocal received, is_whole
            if is_whole:  # what follows is the end of the connection, for which the application may wait
                return await receive()
            try:
                async with asyncio.timeout_at(due):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(
                    HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.", headers=_CLOSE
                ) from error
            received += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if received > max_bytes:
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The body is larger than {max_bytes} bytes. Send a smaller one.",
                    headers=_CLOSE,
                )
            return message

        await self._app(scope, limited, send)
