"""Keyset pages: opaque cursors, and the `Link` header of the next page."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request, Response

_T = TypeVar("_T")


def cut(request: Request, response: Response, items: Sequence[_T], limit: int, cursor: str) -> list[_T]:
    """The first `limit` of `items`. Where there are more, a link leads to those behind `cursor`."""
    if len(items) > limit:
        following = request.url.include_query_params(cursor=cursor, limit=limit)
        response.headers["Link"] = f'<{following}>; rel="next"'
    return list(items[:limit])
