"""How the server runs. Read from the environment, prefix ARCHRANK_."""

from pydantic import Field

from catalog.settings import CatalogSettings


class ServerSettings(CatalogSettings):
    """`ARCHRANK_HOST`, `ARCHRANK_PORT`, `ARCHRANK_MAX_BODY_BYTES`, `ARCHRANK_CATALOG_URL`."""

    host: str = Field(default="127.0.0.1", description="an address or a name of this machine")
    port: int = Field(default=8000, ge=1, le=65535, description="a whole number from 1 to 65535")
    max_body_bytes: int = Field(default=1 << 20, ge=1, description="a whole number of at least 1")
