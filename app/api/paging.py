"""Keyset pages: opaque cursors, and the `Link` header of the next page."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import quote

from fastapi import Request, Response
from starlette._utils import get_route_path

from app.errors import InvalidCursor

_T = TypeVar("_T")


def cut(request: Request, response: Response, items: Sequence[_T], limit: int, cursor: str) -> list[_T]:
    """The first `limit` of `items`. Where there are more, a link leads to those behind `cursor`."""
    if len(items) > limit:
        # Without the host: it is the client's word, which an answer does not repeat.
        path = request.scope.get("root_path", "") + get_route_path(request.scope)
        query = request.url.include_query_params(cursor=cursor, limit=limit).query
        response.headers["Link"] = f'<{quote(path)}?{query}>; rel="next"'
    return list(items[:limit])


def unknown_cursor() -> InvalidCursor:
    """The refusal of a cursor that no page ended with."""
    return InvalidCursor(
        "The cursor is not one of this list.",
        "Follow the address in the Link header of the previous page.",
    )
