"""Keys of the API, and a catalog that is copied whole to another database."""

import hashlib
from datetime import timedelta

import pytest

from catalog.errors import CatalogUnavailable, RecordRefused
from catalog.exchange.writing import export_lines
from catalog.opening import open_catalog
from catalog.storage.copies.copying import copy_all, prepared
from catalog.storage.database import Catalog, revision
from catalog.storage.keys import add_key, find_key, find_keys, revoke_key
from catalog.storage.tables import ApiKeyRow
from catalog.storage.uploads import note_uploads, uploaders_of
from catalog.words.vocabulary import Scope
from tests.builders import NOON, make_measurement, store_measurements
from tests.conftest import Backend, Databases

DAY = timedelta(days=1)


def test_a_key_is_found_by_its_whole_text_alone(catalog: Catalog) -> None:
    with catalog.write() as session:
        text = add_key(session, "ci-1", Scope.INGEST, NOON, NOON + DAY)
    with catalog.read() as session:
        key = find_key(session, text)
        assert key is not None
        assert (key.name, key.scope, key.expires_at) == ("ci-1", Scope.INGEST, NOON + DAY)
        others = [text[:-1], text + "x", text.upper(), text[:12], key.id, "", "ark_", text.replace("_", "-")]
        others.append(text[:-1] + ("a" if text[-1] != "a" else "b"))
        assert [find_key(session, other) for other in others] == [None] * len(others)
        row = session.get(ApiKeyRow, key.id)
        assert row is not None
        assert row.sha256 == hashlib.sha256(text.encode()).hexdigest()
        assert text not in str(vars(row))


def test_a_key_is_valid_until_it_expires_or_is_revoked(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.write() as session:
        text = add_key(session, "ci-1", Scope.INGEST, NOON, NOON + DAY)
    with sqlite_catalog.read() as session:
        key = find_key(session, text)
    assert key is not None
    assert key.is_valid(NOON)
    assert not key.is_valid(NOON + DAY)
    assert [key.may(scope) for scope in Scope] == [True, True, False]
    with sqlite_catalog.write() as session:
        assert revoke_key(session, "ci-1", NOON).id == key.id
        with pytest.raises(RecordRefused, match="no key"):
            revoke_key(session, "ci-1", NOON)
    with sqlite_catalog.read() as session:
        revoked = find_key(session, text)
    assert revoked is not None
    assert not revoked.is_valid(NOON)


def test_of_one_name_one_key_is_valid(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.write() as session:
        add_key(session, "ci-1", Scope.INGEST, NOON, NOON + DAY)
        with pytest.raises(RecordRefused, match="valid key"):
            add_key(session, "ci-1", Scope.READ, NOON)
        add_key(session, "ci-1", Scope.INGEST, NOON + DAY)
    with sqlite_catalog.read() as session:
        assert [key.name for key in find_keys(session)] == ["ci-1", "ci-1"]


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a" * 101, "a\n", "ü", "a/b"])
def test_a_name_is_a_word(sqlite_catalog: Catalog, name: str) -> None:
    with sqlite_catalog.write() as session, pytest.raises(RecordRefused, match="no name"):
        add_key(session, name, Scope.READ, NOON)


def test_a_copy_holds_everything_and_takes_new_rows(databases: Databases, backend: Backend) -> None:
    measurement = make_measurement("toynet")
    with open_catalog(databases.full("sqlite")) as source:
        store_measurements(source, measurement)
        with source.write() as session:
            text = add_key(session, "ci-1", Scope.INGEST, NOON)
        with source.read() as session:
            key = find_key(session, text)
        assert key is not None
        with source.write() as session:
            note_uploads(session, [measurement.id], key, NOON)
        with prepared(databases.empty(backend)) as copy:
            counts = copy_all(source, copy)
            assert counts["measurement"] > 0
            with source.read() as of_source, copy.read() as of_copy:
                assert list(export_lines(of_source)) == list(export_lines(of_copy))
                assert find_key(of_copy, text) == key
                assert uploaders_of(of_copy, [measurement.id]) == {measurement.id: "ci-1"}
                assert revision(of_source) == revision(of_copy)
            store_measurements(copy, make_measurement("othernet"))
            with pytest.raises(CatalogUnavailable, match="has measurements"):
                copy_all(source, copy)
