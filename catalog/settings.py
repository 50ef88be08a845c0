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
