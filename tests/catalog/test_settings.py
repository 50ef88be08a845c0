from pathlib import Path

import pytest

from catalog.settings import CatalogSettings, default_catalog_url


def test_the_url_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql://host/db")
    assert CatalogSettings().catalog_url == "postgresql://host/db"


@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_without_a_url_the_catalog_is_a_file_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str | None
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    if value is None:
        monkeypatch.delenv("ARCHRANK_CATALOG_URL", raising=False)
    else:
        monkeypatch.setenv("ARCHRANK_CATALOG_URL", value)
    assert CatalogSettings().catalog_url == default_catalog_url()
    assert default_catalog_url().startswith("sqlite:///")
    assert Path(default_catalog_url().removeprefix("sqlite:///")).is_absolute()
