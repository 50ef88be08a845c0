"""How settings are read from environment variables that begin with ARCHRANK_, and where the catalog is."""

from pathlib import Path
from typing import Any, Self

import platformdirs
from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from catalog.errors import InvalidSetting

_PREFIX = "ARCHRANK_"


def default_catalog_url() -> str:
    """An SQLite file in the user's data directory."""
    return f"sqlite:///{Path(platformdirs.user_data_path('archrank')) / 'catalog.sqlite'}"


class Settings(BaseSettings):
    """Base of all settings. The description of a field says what its variable may be.

    Making one raises InvalidSetting where a variable has a value that it cannot have.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True)

    @model_validator(mode="wrap")
    @classmethod
    def _name_variables(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(values)
        except ValidationError as error:
            wrong = {str(fault["loc"][0]): fault["input"] for fault in error.errors()}
            raise InvalidSetting(
                " ".join(f"{_PREFIX}{name.upper()} cannot be {value!r}." for name, value in wrong.items()),
                " ".join(
                    f"Set {_PREFIX}{name.upper()} to {cls.model_fields[name].description}, or leave it unset."
                    for name in wrong
                ),
            ) from error


class CatalogSettings(Settings):
    """`ARCHRANK_CATALOG_URL`: an SQLAlchemy URL."""

    catalog_url: str = Field(default_factory=default_catalog_url, description="an SQLAlchemy URL")
