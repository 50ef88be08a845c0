"""Where artefacts are cached. It is read from environment variables that begin with ARCHRANK_."""

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProfilerSettings(BaseSettings):
    """`ARCHRANK_CACHE_DIR`: folder of the artefacts. `ARCHRANK_CACHE_GB`: what it may hold (10^9 bytes)."""

    model_config = SettingsConfigDict(env_prefix="ARCHRANK_", env_ignore_empty=True)

    cache_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_path("archrank")))
    cache_gb: float = Field(default=20.0, ge=0)
