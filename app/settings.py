"""How the server runs. Read from the environment, prefix ARCHRANK_."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from catalog.settings import default_catalog_url


class ServerSettings(BaseSettings):
    """`ARCHRANK_HOST`, `ARCHRANK_PORT`, `ARCHRANK_MAX_BODY_BYTES`, `ARCHRANK_CATALOG_URL`."""

    model_config = SettingsConfigDict(env_prefix="ARCHRANK_", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    max_body_bytes: int = Field(default=1 << 20, ge=1)
    catalog_url: str = Field(default_factory=default_catalog_url)
