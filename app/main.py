"""The ASGI application: `uvicorn --factory app.main:create_app`.

The factory imports what it wires (routes, SQLAlchemy, numpy), so that importing this module stays cheap for
a process manager that imports first and builds the application in each worker.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from app.api.body_limit import BodyLimit
from app.serving import ServedCatalog, keep_out_of_collections
from app.settings import ServerSettings

_DESCRIPTION = """Which vision backbone should I deploy on this hardware, within this budget?

Every number names its provenance: counted, measured, estimated or published. Errors are problem documents of
RFC 9457. MB is 10^6 bytes. A multiply-accumulate counts as one operation in `gmacs`."""


def create_app(settings: ServerSettings | None = None) -> FastAPI:
    """The application on the catalog of `settings`, by default of the environment.

    The first request that needs the catalog opens it, and the end of the application closes it.
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
    catalog = ServedCatalog(settings.catalog_url)
    app = FastAPI(
        title="archrank",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,  # their scripts would come from a CDN
        redoc_url=None,
        lifespan=_closing(catalog),
    )
    app.state.catalog = catalog
    app.state.candidates = CandidateCache(after_read=keep_out_of_collections)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    problems.install(app)
    for module in (recommendations, comparisons, architectures, targets, measurements, health, pages):
        app.include_router(module.router)
    return app


def _closing(catalog: ServedCatalog) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        catalog.close()

    return lifespan
