"""`archrank serve`."""

from typing import TYPE_CHECKING, Annotated

import typer

from catalog.console.examples import examples

if TYPE_CHECKING:
    from app.settings import ServerSettings


@examples(
    "archrank serve",
    "archrank serve --host 0.0.0.0 --port 80 --workers 4",
    "ARCHRANK_CATALOG_URL=postgresql://db/archrank archrank serve",
)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. The default is 127.0.0.1.")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port to listen on. The default is 8000."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Number of processes that answer. The default is 1."),
    ] = None,
) -> None:
    """Serve the API and the page. The address is printed as soon as the server answers."""
    from app.cli.serving import run
    from app.settings import ServerSettings

    settings = ServerSettings()
    asked = {"host": host, "port": port, "workers": workers}
    settings = settings.model_copy(update={name: value for name, value in asked.items() if value is not None})
    try:
        settings.host.encode("idna")  # what looking the name up begins with
    except UnicodeError as error:
        raise _cannot_serve(settings) from error
    try:
        run(settings, typer.echo)
    except SystemExit as error:  # uvicorn could not bind, and has logged why
        if not error.code:
            raise
        raise _cannot_serve(settings) from error


def _cannot_serve(settings: "ServerSettings") -> Exception:
    from app.errors import CannotServe

    return CannotServe(
        f"Cannot serve on {settings.host}:{settings.port}.",
        "If the port is taken, choose another with --port or ARCHRANK_PORT. "
        "If the address is not of this machine, choose another with --host or ARCHRANK_HOST.",
    )
