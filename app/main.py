"""The ASGI application: `uvicorn --factory app.main:create_app`.

The factory imports what it wires (routes, SQLAlchemy, numpy), so that importing this module stays cheap for
a process manager that imports first and builds the application in each worker.
"""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from fastapi import FastAPI

from app.api.body_limit import BodyLimit
from app.settings import ServerSettings

if TYPE_CHECKING:
    from catalog.storage.database import Catalog

_DESCRIPTION = """Which vision backbone should I deploy on this hardware, within this budget?

Every number names its provenance: counted, measured, estimated or published. Errors are problem documents of
RFC 9457. MB is 10^6 bytes. A multiply-accumulate counts as one operation in `gmacs`."""


def create_app(settings: ServerSettings | None = None) -> FastAPI:
    """The application on the catalog of `settings`, by default of the environment.

    The catalog is opened by the first request that needs it: the server starts, and says that it is not
    ready, while the catalog cannot be reached.
    """
    from app.api import problems  # noqa: PLC0415 - see the module's docstring
    from app.api.routes import (  # noqa: PLC0415
        architectures,
        comparisons,
        health,
        measurements,
        recommendations,
        targets,
    )
    from app.questions.held_candidates import CandidateCache  # noqa: PLC0415
    from app.web import pages  # noqa: PLC0415

    settings = settings or ServerSettings()
    app = FastAPI(
        title="archrank",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,  # their scripts would come from a CDN; the page at / needs none
        redoc_url=None,
    )
    app.state.catalog = _opened_once(settings.catalog_url)
    app.state.candidates = CandidateCache()
    app.state.turn = Lock()
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    problems.install(app)
    for module in (recommendations, comparisons, architectures, targets, measurements, health, pages):
        app.include_router(module.router)
    return app


def _opened_once(url: str) -> "Callable[[], Catalog]":
    from catalog.opening import open_catalog  # noqa: PLC0415

    lock = Lock()
    opened: list[Catalog] = []

    def catalog() -> "Catalog":
        with lock:
            if not opened:
                opened.append(open_catalog(url))
            return opened[0]

    return catalog
