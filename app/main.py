"""The ASGI application: `uvicorn --factory app.main:create_app`.

The factory imports what it wires (routes, SQLAlchemy, numpy), so that importing this module stays cheap for
a process manager that imports first and builds the application in each worker.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from app.api.compression import Compression
from app.api.guards.body_limit import BodyLimit
from app.serving import ServedCatalog, keep_out_of_collections
from app.settings import Reads, ServerSettings
from app.snapshots import Pauses, Snapshots

# An answer that fits into one packet is sent as fast without.
_WORTH_COMPRESSING = 1400
# The page of a published GPU, 250 kB, takes 2.0 ms of CPU. At level 9 it takes 6.4 ms, for 8 % fewer bytes.
_COMPRESSION = 4
_DESCRIPTION = """Which vision backbone should I deploy on this hardware, within this budget?

Every number names its provenance: counted, measured, estimated or published. Errors are problem documents of
RFC 9457. MB is 10^6 bytes. A multiply-accumulate counts as one operation in `gmacs`."""


def create_app(settings: ServerSettings | None = None) -> FastAPI:
    """The application on the catalog of `settings`, by default of the environment.

    The first request that needs the catalog opens it, and the end of the application closes it.
    """
    from app.api import problems  # noqa: PLC0415 - see the module's docstring
    from app.api.guards.authentication import AdminKey, ReadKey  # noqa: PLC0415
    from app.api.guards.gate import Gate  # noqa: PLC0415
    from app.api.guards.rate_limits import RateLimits  # noqa: PLC0415
    from app.api.observability.counting import Counting  # noqa: PLC0415
    from app.api.observability.logs import request_log  # noqa: PLC0415
    from app.api.observability.tracing import Tracing  # noqa: PLC0415
    from app.api.routes import (  # noqa: PLC0415
        architectures,
        comparisons,
        health,
        index,
        measurements,
        metrics,
        recommendations,
        targets,
        uploads,
    )
    from app.calibrating.refitting import RefitQueue  # noqa: PLC0415
    from app.questions.candidates.held_candidates import CandidateCache  # noqa: PLC0415
    from app.web import api_docs, cards, families, files, pages  # noqa: PLC0415
    from app.web import targets as target_pages  # noqa: PLC0415

    settings = settings or ServerSettings()
    catalog, refits = ServedCatalog(settings.catalog_url), RefitQueue()
    snapshots = Snapshots(settings.snapshot_every_s)
    tracing = Tracing()
    app = FastAPI(
        title="archrank",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,  # the scripts would come from a CDN: see app/web/api_docs.py
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host that the client names
        lifespan=_closing(catalog, refits.close, snapshots.close, tracing.close),
    )
    limits, counted = RateLimits(settings), Counting()
    app.state.catalog = catalog
    app.state.refits = refits
    app.state.candidates = CandidateCache(after_read=keep_out_of_collections)
    app.state.snapshots = snapshots
    app.state.snapshot_candidates = CandidateCache()
    app.state.pauses = Pauses()
    app.state.rate_limits = limits
    app.state.metrics = counted
    app.add_middleware(
        BodyLimit,
        max_bytes=settings.max_body_bytes,
        timeout_s=settings.body_timeout_s,
        max_bytes_of={uploads.PATH: settings.max_ingest_bytes},
    )
    app.add_middleware(Compression, minimum_size=_WORTH_COMPRESSING, compresslevel=_COMPRESSION)
    if settings.origins():
        _allow_origins(app, settings.origins())
    # What is added last is outermost.
    app.add_middleware(
        Gate,
        settings=settings,
        limits=limits,
        count=counted.count,
        log=request_log(settings.log),
    )
    tracing.install(app)
    problems.install(app)
    keyed = settings.reads is Reads.KEYED
    reading = (recommendations, comparisons, architectures, targets, measurements)
    shown = (pages, cards, families, target_pages)
    for module in (*reading, *shown):
        app.include_router(module.router, dependencies=[ReadKey] if keyed else [])
    app.include_router(metrics.router, dependencies=[AdminKey] if keyed else [])
    for module in (uploads, health, index, files, api_docs):
        app.include_router(module.router)
    return app


def _allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415

    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "If-None-Match"],
        expose_headers=["ETag", "Link", "X-Request-ID", "Retry-After", "Archrank-Stale", "Age"],
    )


def _closing(
    catalog: ServedCatalog, *ends: Callable[[], None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        # First: what they wait for would open the catalog again.
        for end in ends:
            await to_thread.run_sync(end)
        catalog.close()

    return lifespan
