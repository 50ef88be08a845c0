"""How settings are read from environment variables that begin with ARCHRANK_, and where the catalog is."""

import os
from pathlib import Path
from typing import Any, Self

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from catalog.errors import InvalidSetting

_PREFIX = "ARCHRANK_"


def default_catalog_url() -> str:
    """An SQLite file in the user's data directory."""
    return f"sqlite:///{Path(platformdirs.user_data_path('archrank')) / 'catalog.sqlite'}"


class Settings(BaseModel):
    """Base of all settings. The description of a field says what its variable may be.

    What is not given is read from the environment. An empty variable counts as an absent one. Making one
    raises InvalidSetting where a variable has a value that it cannot have.
    """

    model_config = ConfigDict(extra="forbid", validate_default=True)

    @model_validator(mode="wrap")
    @classmethod
    def _with_variables(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        variables = {name: os.environ.get(f"{_PREFIX}{name.upper()}") for name in cls.model_fields}
        try:
            return validate({name: value for name, value in variables.items() if value} | given)
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


class DatabaseSettings(Settings):
    """`ARCHRANK_POOL_SIZE`, `ARCHRANK_POOL_OVERFLOW`, `ARCHRANK_STATEMENT_TIMEOUT_S`: the connections of one
    process to the catalog's database. The default is as many as the web server has threads, so that none of
    them waits for another's."""

    pool_size: int = Field(default=10, ge=1, le=1000, description="a whole number from 1 to 1000")
    pool_overflow: int = Field(default=30, ge=0, le=1000, description="a whole number from 0 to 1000")
    statement_timeout_s: float = Field(
        default=60, gt=0, le=86_400, description="a number of seconds above 0, and at most 86400"
    )


class PushSettings(Settings):
    """`ARCHRANK_KEY`: the key that another archrank is shown, by `archrank push` and by `archrank gate
    --baseline URL`. It is no option, because other users of a machine see options."""

    key: str | None = Field(default=None, description="a key that `archrank keys create` printed", repr=False)
