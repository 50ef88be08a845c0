"""The interactive description of the API. Its scripts come out of a package, and not from a CDN."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.web.rendering import rendered

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def api_docs(request: Request) -> HTMLResponse:
    """Every request of the API, described, and ready to be tried."""
    return rendered(request, "docs.html", {"current": "/docs"})
