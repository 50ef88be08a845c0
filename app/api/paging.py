"""Keyset pages: opaque cursors, and the `Link` header that leads on."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request, Response

_T = TypeVar("_T")


def cut(request: Request, response: Response, found: Sequence[_T], limit: int, cursor: str) -> list[_T]:
    """The first `limit` of `found`, which was asked for one more; links to the rest behind `cursor`."""
    if len(found) > limit:
        following = request.url.include_query_params(cursor=cursor, limit=limit)
        response.headers["Link"] = f'<{following}>; rel="next"'
    return list(found[:limit])
