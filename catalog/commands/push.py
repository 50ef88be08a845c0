"""`archrank push`: the measurements of this machine to a server."""

from typing import Annotated

import typer

from catalog.console.examples import examples
from catalog.console.terminal import console


@examples(
    "archrank push --to https://archrank.example.com",
    "archrank push --to https://archrank.example.com --target local",
    "ARCHRANK_KEY=key archrank push --to http://localhost:8000 --patience 60",
)
def push(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Address of the server.")],
    target: Annotated[
        str, typer.Option(help="Id of the target whose measurements are sent. `local` is this machine.")
    ] = "local",
    patience: Annotated[
        int,
        typer.Option(min=0, metavar="SECONDS", help="How long to ask a server again that does not answer."),
    ] = 600,
) -> None:
    """Send what was measured on a target to a server. The variable ARCHRANK_KEY holds the key.

    A server that is restarted meanwhile is asked again. What it has already is not stored twice.
    """
    from catalog.choosing_target import id_of_target
    from catalog.opening import open_catalog
    from catalog.pushing import Server
    from catalog.pushing import push as push_to
    from catalog.settings import CatalogSettings, PushSettings

    def waiting(sentence: str) -> None:
        console(stderr=True).print(sentence, style="yellow")

    key = PushSettings().key
    server = Server(to, key.strip() if key else None, patience, waiting=waiting)
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        id_ = id_of_target(session, target)
        pushed = push_to(session, id_, server)
    console().print(f"{to} has the {pushed.measurements} measurements of {id_}. New to it: {pushed.new}.")
