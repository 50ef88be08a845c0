"""Where the catalog is. It is read from environment variables that begin with ARCHRANK_."""

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_catalog_url() -> str:
    """An SQLite file in the user's data directory."""
    return f"sqlite:///{Path(platformdirs.user_data_path('archrank')) / 'catalog.sqlite'}"


class CatalogSettings(BaseSettings):
    """`ARCHRANK_CATALOG_URL`: an SQLAlchemy URL."""

    model_config = SettingsConfigDict(env_prefix="ARCHRANK_", env_ignore_empty=True)

    catalog_url: str = Field(default_factory=default_catalog_url)
