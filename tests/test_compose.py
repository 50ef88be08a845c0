"""The compose file runs commands that exist, with settings that exist."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import ServerSettings
from catalog.settings import DatabaseSettings

FILE = Path(__file__).parents[1] / "docs" / "deploy" / "compose.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())["services"]
    return found


def test_the_settings_of_the_server_are_possible(services: dict[str, Any]) -> None:
    variables = services["api"]["environment"]
    given = {name.removeprefix("ARCHRANK_").lower(): value for name, value in variables.items()}
    of_database = {name: given.pop(name) for name in DatabaseSettings.model_fields if name in given}
    assert ServerSettings(**given).catalog_url.startswith("postgresql+psycopg://")
    assert DatabaseSettings(**of_database).pool_overflow == 5


def test_no_container_of_archrank_writes_to_itself_or_has_rights(services: dict[str, Any]) -> None:
    for name in ("api", "upgrade"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["command"][0] == "archrank"


def test_no_secret_is_in_the_file() -> None:
    assert "${POSTGRES_PASSWORD:?" in FILE.read_text()
