from pathlib import Path

import platformdirs
import pytest

from catalog.errors import InvalidSetting
from profiler.settings import ProfilerSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path / "new" / "cache"))
    monkeypatch.setenv("ARCHRANK_CACHE_GB", "0.5")
    settings = ProfilerSettings()
    assert (settings.cache_dir, settings.cache_gb) == (tmp_path / "new" / "cache", 0.5)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "much"])
def test_a_size_of_the_cache_that_is_no_amount_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ARCHRANK_CACHE_GB", value)
    with pytest.raises(InvalidSetting) as caught:
        ProfilerSettings()
    assert caught.value.message == f"ARCHRANK_CACHE_GB cannot be {value!r}."
    assert caught.value.remedy is not None
    assert "gigabytes" in caught.value.remedy


@pytest.mark.parametrize("below", ["", "/cache", "/a/b"])
def test_a_cache_in_the_place_of_a_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", f"{tmp_path / 'file'}{below}")
    with pytest.raises(InvalidSetting, match="ARCHRANK_CACHE_DIR cannot be"):
        ProfilerSettings()


def test_a_cache_whose_name_is_not_utf_8_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ONNX Runtime cannot open a file there, which is no failure of a network."""
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", f"{tmp_path}/c\udcffche")
    with pytest.raises(InvalidSetting, match="ARCHRANK_CACHE_DIR cannot be") as caught:
        ProfilerSettings()
    assert "whose name is UTF-8" in (caught.value.remedy or "")


def test_a_user_without_a_home_is_asked_for_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with a user of its own: the home stays a tilde, which would be a folder here."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: Path("~/.cache") / name)
    monkeypatch.delenv("ARCHRANK_CACHE_DIR", raising=False)
    with pytest.raises(InvalidSetting, match="ARCHRANK_CACHE_DIR"):
        ProfilerSettings()


def test_every_setting_says_what_it_may_be() -> None:
    assert all(field.description for field in ProfilerSettings.model_fields.values())
