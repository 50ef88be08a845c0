"""`archrank keys`: keys of the API."""

from typing import TYPE_CHECKING, Annotated

import typer

from catalog.console.examples import epilog
from catalog.console.help_pages import Commands
from catalog.console.terminal import console
from catalog.words.vocabulary import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.entities.keys import ApiKey

app = Commands(
    help="Make, list and revoke keys of the API.",
    no_args_is_help=True,
    epilog=epilog(
        "archrank keys create ci-runner-3", "archrank keys list", "archrank keys revoke ci-runner-3"
    ),
)


@app.command(
    epilog=epilog(
        "archrank keys create ci-runner-3",
        "archrank keys create dashboard --scope read --expires 90",
        "archrank keys create ci-runner-3 > key.txt",
    )
)
def create(
    name: Annotated[
        str,
        typer.Argument(help="Name of the key's user, as ci-runner-3. Uploaded measurements show it."),
    ],
    scope: Annotated[
        Scope,
        typer.Option(
            help="What the key opens: read asks, ingest also uploads measurements, admin also replaces the "
            "measurements of other uploaders."
        ),
    ] = Scope.INGEST,
    expires: Annotated[
        int | None,
        typer.Option(min=1, max=36_500, metavar="DAYS", help="Days until the key expires. Default: never."),
    ] = None,
) -> None:
    """Make a key, and print it. It is printed once, and cannot be shown again."""
    from datetime import UTC, datetime, timedelta

    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.keys import add_key

    now = datetime.now(UTC)
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.write() as session:
        key = add_key(session, name, scope, now, now + timedelta(days=expires) if expires else None)
    # The key alone goes to standard output, so that a script can keep it.
    console(stderr=True).print("Keep the key: it is not stored, and is not shown again.", style="dim")
    typer.echo(key)


@app.command(
    "list",
    epilog=epilog(
        "archrank keys list",
        "archrank keys list | grep revoked",
        "ARCHRANK_CATALOG_URL=postgresql://db/archrank archrank keys list",
    ),
)
def list_() -> None:
    """List the keys: their beginnings, names and scopes, and until when each is valid."""
    from datetime import UTC, datetime

    from rich.table import Table

    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.keys import find_keys

    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        keys = find_keys(session)
    if not keys:
        console().print("There are no keys. `archrank keys create NAME` makes one.")
        return
    table = Table(box=None, header_style="bold")
    for heading in ("key", "name", "scope", "made", "state"):
        table.add_column(heading, no_wrap=True)
    for key in keys:
        table.add_row(
            key.id, key.name, key.scope, f"{key.created_at:%Y-%m-%d}", _state(key, datetime.now(UTC))
        )
    console().print(table)


@app.command(
    epilog=epilog(
        "archrank keys revoke ci-runner-3",
        "archrank keys revoke ci-runner-3 && archrank keys list",
        "archrank keys revoke ci-runner-3 && archrank keys create ci-runner-3",
    )
)
def revoke(
    key: Annotated[str, typer.Argument(help="Beginning of the key, as the list shows it, or its name.")],
) -> None:
    """Revoke a key. The next request with it is refused. What it uploaded stays."""
    from datetime import UTC, datetime

    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.keys import revoke_key

    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.write() as session:
        revoked = revoke_key(session, key, datetime.now(UTC))
    console().print(f"The key {revoked.id} of {revoked.name} is revoked.")


def _state(key: "ApiKey", now: "datetime") -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if not key.is_valid(now):
        return f"expired {key.expires_at:%Y-%m-%d}"
    return "valid" if key.expires_at is None else f"valid until {key.expires_at:%Y-%m-%d}"
