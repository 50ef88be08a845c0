"""ETags from the catalog's revision: what has not changed is not sent again."""

from importlib.metadata import version

from fastapi import Request, Response

_VERSION = version("archrank")


def unchanged(request: Request, response: Response, revision: int, form: str = "json") -> Response | None:
    """Give `response` its ETag. Return a 304 to answer with if the client has that state already.

    `form` distinguishes the representations of an address. Answers vary by `Accept`.
    """
    headers = {
        "ETag": f'W/"{_VERSION}-{revision}-{form}"',
        "Vary": "Accept",
        "Cache-Control": "no-cache",  # keep it, but ask each time whether it still holds
    }
    response.headers.update(headers)
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if "*" in tags or headers["ETag"].removeprefix("W/") in tags:
        # An answer that is compressed varies by its encoding too, and so must what takes its place.
        return Response(status_code=304, headers={**headers, "Vary": "Accept, Accept-Encoding"})
    return None
