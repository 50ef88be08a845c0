"""The database of a served catalog is gone, and comes back: what was seen last answers meanwhile, and says
so. Nothing is written, and no key is believed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import snapshots
from app.main import create_app
from app.settings import Reads, ServerSettings
from app.snapshots import Pauses, Snapshots
from catalog.exchange.writing import export_lines
from catalog.opening import open_catalog
from catalog.storage.copies.snapshots import open_snapshot, take_snapshot
from catalog.storage.database import Catalog, revision
from catalog.storage.keys import add_key, find_keys
from catalog.words.vocabulary import Scope
from tests.builders import NOON, make_measurement, store_measurements
from tests.conftest import PostgresServer

LIST = "/v1/architectures?family=resnet&limit=3"
QUESTION = {"target": "rtx-4090", "limit": 3}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the snapshots of this test are."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@contextmanager
def serving(url: str, **settings: Any) -> Iterator[TestClient]:
    """A client of an application that has made its first snapshot."""
    app = create_app(ServerSettings(catalog_url=url, snapshot_every_s=3600, **settings))
    with TestClient(app, raise_server_exceptions=False) as client:
        app.state.snapshots.renew(app.state.catalog())
        app.state.snapshots.join()
        yield client


@pytest.fixture
def file(seeded_url: str) -> Path:
    return Path(seeded_url.removeprefix("sqlite:///"))


def take_away(file: Path) -> Callable[[], None]:
    """Take the file away. Returns what brings it back."""
    away = file.with_suffix(".away")
    file.rename(away)

    def bring_back() -> None:
        away.rename(file)

    return bring_back


@pytest.mark.usefixtures("temporary")
def test_what_was_seen_last_answers_while_the_file_is_gone(seeded_url: str, file: Path) -> None:
    with serving(seeded_url) as client:
        before = client.get(LIST)
        bring_back = take_away(file)
        stale = client.get(LIST)
        assert (stale.status_code, stale.content) == (200, before.content)
        assert stale.headers["etag"] == before.headers["etag"]
        assert stale.headers["archrank-stale"].endswith("Z")
        assert int(stale.headers["age"]) >= 1
        # Also what nobody has asked before, and what there is not.
        asked = client.post("/v1/recommendations", json=QUESTION)
        assert len(asked.json()["recommendations"]) == 3
        assert "archrank-stale" in asked.headers
        none = client.get("/v1/architectures/bogus")
        assert none.status_code == 404
        assert "archrank-stale" in none.headers
        ready = client.get("/readyz")
        assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
        assert "gone" in ready.json()["detail"]
        assert not file.exists()
        bring_back()
        again = client.get(LIST)
        assert (again.status_code, again.content) == (200, before.content)
        assert "archrank-stale" not in again.headers
        assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("temporary")
def test_the_page_says_that_it_shows_a_former_state(seeded_url: str, file: Path) -> None:
    with serving(seeded_url) as client:
        assert "cannot be reached now" not in client.get("/targets").text
        take_away(file)
        for path in ("/", "/targets", "/families/resnet"):
            page = client.get(path)
            assert page.status_code == 200
            assert "The catalog cannot be reached now." in page.text


@pytest.mark.usefixtures("temporary")
def test_nothing_is_written_and_no_key_is_believed_while_the_file_is_gone(
    seeded_url: str, file: Path
) -> None:
    with open_catalog(seeded_url) as catalog, catalog.write() as session:
        key = add_key(session, "ci-1", Scope.ADMIN, NOON)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    with serving(seeded_url, reads=Reads.KEYED) as client:
        assert client.get(LIST, headers=headers).status_code == 200
        bring_back = take_away(file)
        refused = [
            client.get(LIST, headers=headers),
            client.get("/targets", headers=headers),
            client.post("/v1/recommendations", json=QUESTION, headers=headers),
            client.post("/v1/measurements", content="", headers=headers),
        ]
        assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(503, "5")] * 4
        bring_back()
        assert client.get(LIST, headers=headers).status_code == 200
        assert client.get(LIST).status_code == 401


@pytest.mark.usefixtures("temporary")
def test_what_was_seen_last_answers_while_the_database_is_gone(
    seeded_template: Path, postgres_server: PostgresServer, postgres_template: str
) -> None:
    """Dropped, with every connection to it, and made again."""
    url = postgres_server.create("gone", postgres_template)
    try:
        with serving(url) as client:
            before = client.get(LIST)
            postgres_server.drop("gone")
            for _ in range(2):
                stale = client.get(LIST)
                assert (stale.status_code, stale.content) == (200, before.content)
                assert "archrank-stale" in stale.headers
            assert client.get("/readyz").status_code == 503
            postgres_server.create("gone", "template1")
            empty = client.get(LIST)
            assert (empty.status_code, empty.content) == (200, before.content)
            assert "tables are missing" in client.get("/readyz").json()["detail"]
            postgres_server.drop("gone")
            postgres_server.create("gone", postgres_template)
            assert client.get("/readyz").status_code == 200
            again = client.get(LIST)
            assert (again.status_code, again.content) == (200, before.content)
            assert "archrank-stale" not in again.headers
    finally:
        postgres_server.drop("gone")


def test_a_snapshot_is_the_catalog_without_its_keys(catalog: Catalog, tmp_path: Path) -> None:
    store_measurements(catalog, make_measurement("toynet"))
    with catalog.write() as session:
        key = add_key(session, "ci-1", Scope.INGEST, NOON)
    file = tmp_path / "snapshot.sqlite"
    number = take_snapshot(catalog, file)
    with open_snapshot(file) as copy, catalog.read() as of_source, copy.read() as of_copy:
        assert list(export_lines(of_source)) == list(export_lines(of_copy))
        assert revision(of_source) == revision(of_copy) == number
        assert find_keys(of_copy) == []
    assert key[:12].encode() not in file.read_bytes()


def test_a_snapshot_is_made_anew_when_the_catalog_has_changed(
    sqlite_catalog: Catalog, temporary: Path
) -> None:
    kept = Snapshots(every_s=1e-9)

    def renewed() -> snapshots.Snapshot:
        kept._due_s = 0.0
        kept.renew(sqlite_catalog)
        kept.join()
        assert kept.latest is not None
        return kept.latest

    first = renewed()
    same = renewed()
    assert same.catalog is first.catalog
    assert same.seen_s > first.seen_s
    for name in ("firstnet", "secondnet", "thirdnet"):
        store_measurements(sqlite_catalog, make_measurement(name))
        latest = renewed()
        assert latest.revision != first.revision
    (folder,) = temporary.iterdir()
    # A request may still read the one before the last.
    assert sorted(path.name for path in folder.glob("*.sqlite")) == ["3.sqlite", "4.sqlite"]
    kept.close()
    assert list(temporary.iterdir()) == []
    kept.renew(sqlite_catalog)
    assert kept.latest is None


def test_a_server_removes_the_folder_of_one_that_was_killed_and_not_that_of_one_that_lives(
    sqlite_catalog: Catalog, temporary: Path
) -> None:
    first, second = Snapshots(every_s=1), Snapshots(every_s=1)
    first.renew(sqlite_catalog)
    first.join()
    (living,) = temporary.iterdir()
    abandoned = temporary / "archrank-snapshot-abandoned"
    abandoned.mkdir()
    (abandoned / "1.sqlite").write_bytes(b"")
    second.renew(sqlite_catalog)
    second.join()
    assert second.latest is not None
    assert living.is_dir()
    assert not abandoned.exists()
    first.close()
    second.close()


def test_a_folder_that_was_cleaned_away_is_made_again(sqlite_catalog: Catalog, temporary: Path) -> None:
    kept = Snapshots(every_s=1e-9)
    kept.renew(sqlite_catalog)
    kept.join()
    (folder,) = temporary.iterdir()
    shutil.rmtree(folder)
    store_measurements(sqlite_catalog, make_measurement("firstnet"))
    kept._due_s = 0.0
    kept.renew(sqlite_catalog)
    kept.join()
    with sqlite_catalog.read() as session:
        assert kept.latest is not None
        assert kept.latest.revision == revision(session)
    kept.close()


def test_without_room_there_is_no_snapshot_and_nothing_else_fails(
    sqlite_catalog: Catalog, temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    temporary.rmdir()
    temporary.write_bytes(b"")
    kept = Snapshots(every_s=1)
    kept.renew(sqlite_catalog)
    kept.join()
    assert kept.latest is None
    assert "was not copied" in caplog.text
    kept.close()


def test_never_is_a_setting(sqlite_catalog: Catalog) -> None:
    kept = Snapshots(every_s=0)
    kept.renew(sqlite_catalog)
    kept.join()
    assert kept.latest is None


def test_a_database_that_lets_requests_wait_is_asked_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(snapshots, "monotonic", lambda: now[0])
    pauses = Pauses()
    assert pauses.may_ask()
    pauses.failed(took_s=0.001)
    assert pauses.may_ask()
    pauses.failed(took_s=2)
    assert not pauses.may_ask()
    now[0] += 10.1
    assert [pauses.may_ask(), pauses.may_ask()] == [True, False]
    pauses.failed(took_s=60)
    now[0] += 15.1
    assert pauses.may_ask()
    pauses.answered()
    assert [pauses.may_ask(), pauses.may_ask()] == [True, True]
