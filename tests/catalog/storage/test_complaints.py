"""What a database complains of, in words that say what to do."""

import os
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from catalog.errors import CatalogUnavailable
from catalog.opening import open_catalog
from catalog.storage.complaints import explained
from catalog.storage.summaries.cards import find_card
from tests.builders import make_measurement, store_measurements

SQLITE, POSTGRESQL = make_url("sqlite:////data/c.sqlite"), make_url("postgresql+psycopg://host/db")
GB = 2**30


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(total=GB, used=GB - count, free=count)
    )


def complaint_of(text: str, url: object = SQLITE) -> CatalogUnavailable:
    found = explained(OperationalError("", {}, sqlite3.OperationalError(text)), url)  # type: ignore[arg-type]
    assert found is not None
    assert found.remedy
    return found


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, GB)
    full = "The disk of /data/c.sqlite is full."
    assert complaint_of("database or disk is full").message == full
    postgresql = complaint_of('could not extend file "base/1/2": No space left on device', POSTGRESQL)
    assert postgresql.message == "The disk of the catalog is full."
    assert "on another disk" in (postgresql.remedy or "")
    free(monkeypatch, 0)
    assert complaint_of("disk I/O error").message == full


@pytest.mark.parametrize("text", ["disk I/O error", "locking protocol"])
def test_a_file_system_without_locks_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, GB)
    complaint = complaint_of(text)
    assert complaint.message == f"SQLite cannot work with /data/c.sqlite: {text}."
    assert "Network file systems" in (complaint.remedy or "")
    assert "cannot be reached" in complaint_of(text, POSTGRESQL).message


def test_what_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    monkeypatch.setattr(os, "access", lambda *_: False)
    causes = {"": "is a folder.", "link": "is a link that leads nowhere.", "file": "this user may not read"}
    for name, why in causes.items():
        url = make_url(f"sqlite:///{tmp_path / name}")
        assert why in complaint_of("unable to open database file", url).message
    missing = complaint_of("unable to open database file")
    assert missing.message == "The catalog cannot be reached: unable to open database file."


def test_other_complaints_are_told_apart() -> None:
    assert complaint_of("database is locked").message.startswith("Another process has kept /data/c.sqlite")
    assert "damaged" in complaint_of("database disk image is malformed").message
    assert (
        complaint_of("refused\n\tIs it running?").message
        == "The catalog cannot be reached: refused Is it running."
    )
    assert complaint_of("connection refused.").message == "The catalog cannot be reached: connection refused."
    assert explained(ProgrammingError("", {}, sqlite3.ProgrammingError("syntax")), SQLITE) is None
    damaged = explained(DatabaseError("", {}, sqlite3.DatabaseError("file is not a database")), SQLITE)
    assert damaged is not None


def test_a_catalog_on_a_full_disk_can_be_read(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shutil.copy(sqlite_template, tmp_path / "c.sqlite")
    free(monkeypatch, 4096)
    with open_catalog(f"sqlite:///{file}") as catalog:
        with catalog.read() as session:
            assert find_card(session, "resnet50") is not None
        with pytest.raises(CatalogUnavailable, match=r"c\.sqlite is full\. .* not written") as caught:
            store_measurements(catalog, make_measurement("toynet"))
    assert "on another disk" in (caught.value.remedy or "")
