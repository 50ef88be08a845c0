"""Sessions: what is read, written and kept apart."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from catalog.entities.networks import Architecture, Checkpoint
from catalog.opening import open_catalog
from catalog.storage.database import Catalog, ReadSession, WriteSession, revision
from catalog.storage.facts.facts import save_architectures, save_checkpoints
from catalog.storage.tables import ArchitectureRow, CatalogState
from tests.catalog.storage.locking import impatient_writer
from tests.catalog.storage.stored import revision_of
from tests.conftest import Backend, Databases


def year_of(session: ReadSession | WriteSession, name: str) -> int | None:
    return session.scalar(select(ArchitectureRow.year).where(ArchitectureRow.name == name))


def test_each_commit_raises_the_revision(catalog: Catalog) -> None:
    revisions = [revision_of(catalog)]
    for _ in range(3):
        with catalog.write() as session:
            save_architectures(session, [Architecture("toynet"), Architecture("othernet")])
        revisions.append(revision_of(catalog))
    assert revisions == sorted(set(revisions))
    assert len(revisions) == 4


def test_catalogs_that_branch_from_one_have_no_revision_in_common(databases: Databases) -> None:
    """A copy that is restored reaches other revisions than what it was restored from."""
    revisions: list[set[int]] = []
    for _ in range(2):
        with open_catalog(databases.full("sqlite")) as branch:
            reached = set()
            for _ in range(20):
                with branch.write():
                    pass
                reached.add(revision_of(branch))
        revisions.append(reached)
    assert revisions[0].isdisjoint(revisions[1])


def test_a_commit_that_stores_nothing_raises_the_revision_too(catalog: Catalog) -> None:
    before = revision_of(catalog)
    with catalog.write():
        pass
    assert revision_of(catalog) > before


def test_a_write_that_raises_leaves_neither_rows_nor_a_new_revision(catalog: Catalog) -> None:
    def save_and_raise() -> None:
        with catalog.write() as session:
            save_architectures(session, [Architecture("toynet")])
            raise ZeroDivisionError

    before = revision_of(catalog)
    with pytest.raises(ZeroDivisionError):
        save_and_raise()
    assert revision_of(catalog) == before
    with catalog.read() as reading:
        assert reading.get(ArchitectureRow, "toynet") is None


def test_a_write_that_the_database_refuses_leaves_nothing(catalog: Catalog) -> None:
    def save() -> None:
        with catalog.write() as session:
            save_architectures(session, [Architecture("toynet")])
            save_checkpoints(session, [Checkpoint("unknown.v1", "unknown")])

    before = revision_of(catalog)
    with pytest.raises(IntegrityError):
        save()
    assert revision_of(catalog) == before
    with catalog.read() as reading:
        assert reading.get(ArchitectureRow, "toynet") is None


def test_a_catalog_can_be_written_again_after_a_failed_write(catalog: Catalog) -> None:
    before = revision_of(catalog)
    with pytest.raises(IntegrityError), catalog.write() as session:
        save_checkpoints(session, [Checkpoint("unknown.v1", "unknown")])
    with catalog.write() as session:
        save_architectures(session, [Architecture("toynet")])
    assert revision_of(catalog) > before


def test_what_a_read_session_changes_is_discarded(catalog: Catalog) -> None:
    before = revision_of(catalog)
    with catalog.read() as session:
        session.execute(update(CatalogState).values(revision=999))
    assert revision_of(catalog) == before


def test_the_dialect_is_the_databases_name(catalog: Catalog, backend: Backend) -> None:
    assert catalog.dialect == backend


def test_a_second_writer_is_kept_out_while_one_writes(catalog: Catalog, catalog_url: str) -> None:
    with catalog.write(), pytest.raises(OperationalError, match=r"lock"), impatient_writer(catalog_url):
        pytest.fail("two writers at once")
    with impatient_writer(catalog_url):
        pass


def test_a_reader_does_not_keep_a_writer_out(catalog: Catalog, catalog_url: str) -> None:
    before = revision_of(catalog)
    with catalog.read() as session:
        assert revision(session) == before
        with impatient_writer(catalog_url):
            assert revision(session) == before


def test_writers_that_read_and_then_write_lose_no_update(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [Architecture("toynet", year=0)])
    before = revision_of(catalog)

    def count_up(_: int) -> None:
        with catalog.write() as session:
            year = year_of(session, "toynet")
            assert year is not None
            save_architectures(session, [Architecture("toynet", year=year + 1)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(20)))
    with catalog.read() as reading:
        assert year_of(reading, "toynet") == 20
        assert revision(reading) >= before + 20


def test_a_reader_sees_one_snapshot_while_a_writer_commits(catalog: Catalog) -> None:
    with catalog.read() as reading:
        before = revision(reading)
        with catalog.write() as writing:
            save_architectures(writing, [Architecture("toynet", year=2020)])
        assert revision(reading) == before
        assert year_of(reading, "toynet") is None
    with catalog.read() as reading:
        assert revision(reading) > before
        assert year_of(reading, "toynet") == 2020


def test_a_reader_does_not_see_what_is_not_yet_committed(catalog: Catalog) -> None:
    with catalog.write() as writing:
        save_architectures(writing, [Architecture("toynet", year=2020)])
        with catalog.read() as reading:
            assert year_of(reading, "toynet") is None
