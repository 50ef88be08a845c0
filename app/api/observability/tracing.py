"""Traces of requests for OpenTelemetry, where the extra `otel` is installed and a variable OTEL_* asks.

The libraries are loaded only then. They read the standard variables: where to, which share, whose name.
"""

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_logger = logging.getLogger("archrank")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# Health checks say nothing of what users wait for.
_LEFT_OUT = "/healthz$,/readyz$,/metrics$"
# Attributes that have the query, which may hold a secret.
_WITH_QUERY = ("http.url", "http.target", "url.full", "url.query")


def is_wanted(variables: Mapping[str, str]) -> bool:
    """Whether the environment variables ask for traces: an endpoint or `OTEL_TRACES_EXPORTER=otlp` does."""
    if variables.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = variables.get("OTEL_TRACES_EXPORTER", "")
    return exporter == "otlp" or (not exporter and any(map(variables.get, _ENDPOINTS)))


class Tracing:
    """Traces of an application's requests. Nothing where nobody asks for it."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self._provider = _provider(variables) if is_wanted(variables) else None

    def install(self, app: FastAPI) -> None:
        """Trace every request of `app`, except health checks. Call it after all other middleware is added."""
        if self._provider is None:
            return
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415

        app.add_middleware(_Naming)
        app.add_middleware(
            OpenTelemetryMiddleware,
            excluded_urls=_LEFT_OUT,
            server_request_hook=_without_query,
            tracer_provider=self._provider,
            exclude_spans=["receive", "send"],
        )

    def close(self) -> None:
        """Send what was not sent yet. It takes as long as OTEL_BSP_EXPORT_TIMEOUT says at most."""
        if self._provider is not None:
            self._provider.shutdown()


class _Naming:
    """ASGI middleware: names the span of a request after its route, which is found within."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from opentelemetry.trace import get_current_span  # noqa: PLC0415

        async def naming(message: Message) -> None:
            route = getattr(scope.get("route"), "path_format", None)
            if message["type"] == "http.response.start" and route is not None:
                span = get_current_span()
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
            await send(message)

        await self._app(scope, receive, naming)


def _provider(variables: Mapping[str, str]) -> "TracerProvider | None":
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        exporter = _exporter()
    except ImportError as error:
        _logger.warning(
            "A variable OTEL_* asks for traces, and %s is not installed. Run `pip install 'archrank[otel]'`.",
            error.name,
        )
        return None
    is_named = "OTEL_SERVICE_NAME" in variables or "service.name" in variables.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    provider = TracerProvider(resource=Resource.create({} if is_named else {"service.name": "archrank"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter() -> "SpanExporter":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter()


def _without_query(span: Any, scope: Mapping[str, Any]) -> None:
    """Leave the query out of what is sent, as the log does."""
    if span.is_recording():
        for name in _WITH_QUERY:
            if name in span.attributes:
                span.set_attribute(name, scope["path"] if name != "url.query" else "")
