"""A limit on request bodies that answers with a problem document.

FastAPI's own `max_body_size` answers a declared length above the limit in plain text, whatever handlers are
installed. This limit raises inside the application, where app/api/problems.py answers.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: a body of more than `max_bytes` is answered with 413."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise HTTPException(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The body is larger than {self._max_bytes} bytes. Send a smaller one.",
                    headers={"Connection": "close"},
                )
            return message

        await self._app(scope, limited if scope["type"] == "http" else receive, send)
