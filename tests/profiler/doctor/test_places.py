"""Places that cannot be used, and limits of the system."""

import os
import resource
import tempfile
from pathlib import Path

import pytest

from profiler.doctor import Check, Verdict, places


def refused(check: Check, *words: str) -> None:
    assert check.verdict is Verdict.FAILED
    assert all(word in f"{check.finding} {check.remedy}" for word in words), check


def test_on_this_host_every_place_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path / "not" / "yet"))
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path}/catalog.sqlite")
    checks = [places.check_cache(), places.check_catalog(), places.check_temporary(), places.check_lock()]
    assert [check.verdict for check in checks] == [Verdict.OK] * 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variable", ["ARCHRANK_CACHE_DIR", "ARCHRANK_CATALOG_URL", "TMPDIR"])
def test_a_place_that_cannot_be_written_names_the_variable_to_set(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path}/catalog.sqlite")
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    check = {
        "ARCHRANK_CACHE_DIR": places.check_cache,
        "ARCHRANK_CATALOG_URL": places.check_catalog,
        "TMPDIR": places.check_temporary,
    }[variable]()
    refused(check, "Read-only file system", variable)


def test_no_place_for_temporary_files_at_all_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    refused(places.check_temporary(), "No usable temporary directory", "TMPDIR")


def test_a_catalog_on_a_server_answers_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql+psycopg://host/archrank")
    assert places.check_catalog().verdict is Verdict.OK


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+pysqlite"])
def test_a_catalog_s_file_is_found_whatever_driver_and_options_its_url_names(
    driver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my catalog.sqlite"
    file.touch()
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"{driver}:///{file}?timeout=5")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file)
    refused(places.check_catalog(), f"{file} cannot be written", "ARCHRANK_CATALOG_URL")


def test_a_catalog_in_the_home_folder_is_looked_for_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "sqlite:///~/catalog.sqlite")
    assert places.check_catalog().finding == f"{tmp_path} can be written."


def test_a_malformed_url_of_the_catalog_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "no url")
    refused(places.check_catalog(), "malformed", "ARCHRANK_CATALOG_URL")


def test_a_lock_in_the_second_place_is_a_doubt(tmp_path: Path) -> None:
    second = tmp_path / "lock"
    check = places.check_lock(lambda: [Path("/absent/lock"), second])
    assert check.verdict is Verdict.DOUBTFUL
    assert str(second) in check.finding
    refused(places.check_lock(lambda: [Path("/absent/lock")]), "TMPDIR")


@pytest.mark.parametrize(
    ("hard", "verdict"),
    [(64, Verdict.DOUBTFUL), (4096, Verdict.OK), (resource.RLIM_INFINITY, Verdict.OK)],
)
def test_few_open_files_are_a_doubt(hard: int, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda limit: (hard, hard))
    assert places.check_open_files().verdict is verdict


def test_without_a_compiler_only_compiling_is_in_doubt() -> None:
    check = places.check_compiler(lambda name: None)
    assert check.verdict is Verdict.DOUBTFUL
    assert "--compiled" in check.finding
    assert places.check_compiler(lambda name: f"/usr/bin/{name}").verdict is Verdict.OK
