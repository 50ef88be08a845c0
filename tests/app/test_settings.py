import pytest

from app.settings import ServerSettings
from catalog.errors import InvalidSetting
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


@pytest.mark.parametrize(
    ("name", "value", "possible"),
    [
        *(("PORT", value, "from 1 to 65535") for value in ("0", "65536", "abc", "-1", "nan", "8000.5")),
        *(("MAX_BODY_BYTES", value, "at least 1") for value in ("-1", "0", "1e6x", "inf")),
    ],
)
def test_a_value_that_a_variable_cannot_have_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, possible: str
) -> None:
    monkeypatch.setenv(f"ARCHRANK_{name}", value)
    with pytest.raises(InvalidSetting) as caught:
        ServerSettings()
    assert caught.value.message == f"ARCHRANK_{name} cannot be {value!r}."
    assert caught.value.remedy is not None
    assert f"Set ARCHRANK_{name} to" in caught.value.remedy
    assert possible in caught.value.remedy


def test_every_variable_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_PORT", "abc")
    monkeypatch.setenv("ARCHRANK_MAX_BODY_BYTES", "-1")
    with pytest.raises(
        InvalidSetting, match=r"PORT cannot be 'abc'\. ARCHRANK_MAX_BODY_BYTES cannot be '-1'"
    ):
        ServerSettings()


def test_every_setting_says_what_it_may_be() -> None:
    assert all(field.description for field in ServerSettings.model_fields.values())
