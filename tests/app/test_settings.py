import pytest
from pydantic import ValidationError

from app.settings import ServerSettings
from catalog.settings import default_catalog_url


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("HOST", "0.0.0.0"),
        ("PORT", "9000"),
        ("MAX_BODY_BYTES", "5"),
        ("CATALOG_URL", "sqlite://"),
    ):
        monkeypatch.setenv(f"ARCHRANK_{name}", value)
    settings = ServerSettings()
    assert (settings.host, settings.port, settings.max_body_bytes, settings.catalog_url) == (
        "0.0.0.0",
        9000,
        5,
        "sqlite://",
    )


def test_without_an_environment_the_server_is_this_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "MAX_BODY_BYTES", "CATALOG_URL"):
        monkeypatch.delenv(f"ARCHRANK_{name}", raising=False)
    settings = ServerSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.catalog_url == default_catalog_url()


def test_an_empty_variable_is_an_absent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "")
    assert ServerSettings().catalog_url == default_catalog_url()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("ARCHRANK_PORT", port)
    with pytest.raises(ValidationError):
        ServerSettings()
