"""Answers compressed with gzip, for clients that accept it."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from app.api.negotiation import accepts_gzip


class Compression(GZipMiddleware):
    """ASGI middleware: compresses what is large enough. Starlette's compresses where the header has the text
    "gzip", so also where `gzip;q=0` refuses it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and compress its answer where the client accepts that."""
        if scope["type"] == "http" and not accepts_gzip(Headers(scope=scope).get("accept-encoding", "")):
            others = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
            scope = {**scope, "headers": others}
        await super().__call__(scope, receive, send)
