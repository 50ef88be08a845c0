"""The files that pages fetch, under `/static`."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from app.web import assets

router = APIRouter(include_in_schema=False)

# The address of a file changes with its content.
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@router.get("/static/{name}")
def unversioned(name: str, request: Request) -> Response:
    """A file by its bare name, for whoever does not know its digest."""
    return _sent(name, request, _ASK_AGAIN)


@router.get("/static/{digest}/{name}")
def versioned(digest: str, name: str, request: Request) -> Response:
    """A file by its digest and name. An older digest leads to the file as it is now."""
    return _sent(name, request, _FOR_GOOD if assets.is_current(digest) else _ASK_AGAIN)


def _sent(name: str, request: Request, caching: str) -> Response:
    asset = assets.asset(name)
    if asset is None:
        raise HTTPException(404, f"No page has a file {name}.")
    # Compression (app/api) removes the header where it refuses gzip.
    compressed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return Response(
        asset.compressed if compressed else asset.plain, media_type=asset.media_type, headers=headers
    )
