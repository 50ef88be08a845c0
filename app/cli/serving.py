"""Running the web server."""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from app.settings import ServerSettings

if TYPE_CHECKING:
    from socket import socket

    from fastapi import FastAPI


def run(settings: ServerSettings, say: Callable[[str], None]) -> None:
    """Serve until the process is told to stop. Then answer what was received, and end.

    `say` is given the address as soon as whoever connects is answered.

    Raises:
        SystemExit: the address cannot be used. The reason is logged.
    """
    from app.api.observability.logs import configure_errors

    configure_errors(settings.log)
    if settings.workers == 1:
        _run_alone(settings, say)
    else:
        _run_workers(settings, say)


def _run_alone(settings: ServerSettings, say: Callable[[str], None]) -> None:
    import uvicorn

    from app.main import create_app

    class Server(uvicorn.Server):
        """Says where it listens, once it does."""

        async def startup(self, sockets: "list[socket] | None" = None) -> None:
            await super().startup(sockets)
            if self.started:
                say(_addresses(settings.host, self.servers[0].sockets[0]))

    # Once all is answered, uvicorn interrupts this process again.
    with suppress(KeyboardInterrupt):
        Server(uvicorn.Config(create_app(settings), **_options(settings))).run()


def _run_workers(settings: ServerSettings, say: Callable[[str], None]) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    config = uvicorn.Config(
        "app.cli.serving:create_worker", factory=True, workers=settings.workers, **_options(settings)
    )
    with ExitStack() as stack:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="archrank-metrics-"))
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        listening = stack.enter_context(config.bind_socket())
        listening.listen(config.backlog)  # who connects now waits for the first worker
        say(_addresses(settings.host, listening))
        Multiprocess(config, sockets=[listening]).run()


def _options(settings: ServerSettings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "http": "app.api.guards.connections:GuardedProtocol",
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": settings.keep_alive_s,
        "timeout_graceful_shutdown": settings.shutdown_grace_s,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies or None,
    }


def _addresses(host: str, listening: "socket") -> str:
    port = listening.getsockname()[1]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return f"The page is {address}/ and the API {address}/v1/. Stop with Ctrl-C."


def create_worker() -> "FastAPI":
    """The application of one of several processes. The process is new, and has no log yet."""
    from app.api.observability.logs import configure_errors
    from app.main import create_app

    settings = ServerSettings()
    configure_errors(settings.log)
    return create_app(settings)
