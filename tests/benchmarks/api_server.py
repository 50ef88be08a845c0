"""What uvicorn serves to tests/benchmarks/api.py: the application, with routes to compare it with.

POST /bench/canned/v1/recommendations     the same route, its ranking replaced by the first answer it gave
POST /bench/prebuilt/v1/recommendations   the same, with the response model of that answer built once too
GET /bench/trivial                        a constant

Both copies are the route's own module, loaded again with other globals: validation, dependencies, the
response model and how it is serialised are the same code.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.main import create_app

PID_HEADER = "x-worker-pid"


def served() -> FastAPI:
    """The application on ARCHRANK_CATALOG_URL, and the routes beside it."""
    from app.api.routes import recommendations
    from app.presentation.answers.recommendations import recommendation_response

    app = create_app()
    ranking = recommendations.__dict__["recommend"]
    canned = _again(recommendations, recommend=_once(ranking))
    prebuilt = _again(
        recommendations,
        recommend=_once(ranking),
        recommendation_response=_once(recommendation_response),
    )
    app.include_router(canned.router, prefix="/bench/canned")
    app.include_router(prebuilt.router, prefix="/bench/prebuilt")
    app.add_api_route("/bench/trivial", _trivial)
    return app


def served_by_pid() -> FastAPI:
    """The application alone; every answer names the process that gave it."""
    app = create_app()
    app.add_middleware(_NamesProcess)
    return app


def _trivial() -> dict[str, str]:
    return {"status": "ok"}


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` for the first call; its result for every other, whatever it asks."""
    found: list[Any] = []

    def recalled(*arguments: Any, **named: Any) -> Any:
        if not found:
            found.append(function(*arguments, **named))
        return found[0]

    return recalled


def _again(module: ModuleType, **globals_: Any) -> ModuleType:
    """Another copy of `module`, with these of its globals replaced."""
    spec = find_spec(module.__name__)
    if spec is None or spec.loader is None:
        raise ImportError(module.__name__)
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    if missing := globals_.keys() - vars(copy).keys():
        raise ImportError(f"{module.__name__} has no {', '.join(sorted(missing))} to replace")
    vars(copy).update(globals_)
    return copy


class _NamesProcess:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (PID_HEADER.encode(), str(os.getpid()).encode()),
                ]
            await send(message)

        await self._app(scope, receive, named)
