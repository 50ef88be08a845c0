"""`archrank catalog upgrade`."""

from pathlib import Path

import pytest

from catalog.opening import open_catalog
from catalog.storage.schema import SCHEMA_HEAD
from tests.catalog.cli.running import Run, assert_refused
from tests.conftest import Databases


def test_upgrade_makes_the_schema_that_open_needs(
    run: Run, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", empty_url)
    ended = run("upgrade")
    assert (ended.code, ended.out, ended.err) == (0, f"The catalog's schema is {SCHEMA_HEAD}.\n", "")
    open_catalog(empty_url).close()


def test_upgrade_may_be_repeated(run: Run) -> None:
    assert run("upgrade").code == run("upgrade").code == 0


def test_other_commands_ask_for_the_upgrade_of_a_postgresql_catalog(
    run: Run, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", databases.empty("postgresql"))
    ended = run("export", tmp_path / "export.jsonl")
    assert_refused(ended, "missing")
    assert ended.err.endswith("\n  Run `archrank catalog upgrade`.\n")


@pytest.mark.parametrize("arguments", [("upgrade",), ("export", "-"), ("import", "-")])
def test_a_url_that_leads_nowhere_is_reported_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql://user:s3cret@127.0.0.1:1/db")
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: The catalog cannot be reached")
    assert "Traceback" not in ended.err
    assert "s3cret" not in ended.err
