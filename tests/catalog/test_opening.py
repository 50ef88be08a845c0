"""Opening a catalog: its schema, and the reference tables that it holds then."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from catalog.errors import CatalogOutdated, CatalogTooNew
from catalog.opening import open_catalog, upgrade_catalog
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from catalog.storage.everything import everything
from catalog.storage.schema import SCHEMA_HEAD
from catalog.storage.tables import AccuracyRow, MeasurementRow
from tests.catalog.storage.migrations.migrating import pretend_schema
from tests.catalog.storage.stored import revision_of
from tests.conftest import Databases

PASSWORD = "s3cret"


def test_opening_a_catalog_again_does_not_raise_its_revision(catalog_url: str) -> None:
    revisions = []
    for _ in range(2):
        catalog = open_catalog(catalog_url)
        revisions.append(revision_of(catalog))
        catalog.close()
    assert revisions[0] == revisions[1]


def test_upgrading_a_catalog_again_loads_the_same_tables(catalog_url: str) -> None:
    exports = []
    for _ in range(2):
        with upgrade_catalog(catalog_url) as catalog, catalog.read() as session:
            exports.append(list(everything(session)))
    assert exports[0] == exports[1]


def test_a_new_catalog_holds_the_reference_tables(empty_url: str, small_reference: ReferenceTables) -> None:
    catalog = upgrade_catalog(empty_url)
    with catalog.read() as session:
        stored = session.scalar(select(func.count()).select_from(AccuracyRow))
    catalog.close()
    assert stored == sum(map(len, small_reference.accuracies().values())) > 0


def test_a_new_catalog_on_postgresql_knows_how_many_rows_it_has(databases: Databases) -> None:
    with upgrade_catalog(databases.empty("postgresql")) as catalog, catalog.read() as session:
        known = text("SELECT reltuples FROM pg_class WHERE oid = 'measurement'::regclass")
        planned = session.scalar(known)
        stored = session.scalar(select(func.count()).select_from(MeasurementRow))
    assert planned == stored
    assert stored


def test_opening_creates_an_sqlite_catalog_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "catalog.sqlite"
    open_catalog(f"sqlite:///{path}").close()
    assert path.read_bytes().startswith(b"SQLite format 3\0")


_OPENS = """
import sys
from pathlib import Path
from typing import Any
from catalog.reference.tables.reading import ReferenceTables
from catalog.opening import open_catalog, upgrade_catalog
tables = ReferenceTables(Path(sys.argv[2]))
opens = open_catalog if sys.argv[1].startswith("sqlite") else upgrade_catalog
print("ready", flush=True)
sys.stdin.readline()
opens(sys.argv[1], tables).close()
print("opened")
"""


def test_several_processes_may_open_a_new_catalog_at_once(
    empty_url: str, small_reference: ReferenceTables
) -> None:
    command = [sys.executable, "-c", _OPENS, empty_url, str(small_reference.folder)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate() for process in processes] == [("opened\n", "")] * 3

    catalog = open_catalog(empty_url)
    with catalog.read() as session:
        counts = [
            session.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("alembic_version", "catalog_state", "accuracy")
        ]
    catalog.close()
    assert counts == [1, 1, sum(map(len, small_reference.accuracies().values()))]


_NAMES_ALEMBIC = """
import sys
from pathlib import Path
from catalog.reference.tables.reading import ReferenceTables
from catalog.opening import open_catalog
tables = ReferenceTables(Path(sys.argv[2]))
open_catalog(sys.argv[1], tables).close()
print(sorted(name for name in sys.modules if name.partition(".")[0] in ("alembic", "mako")))
"""


def test_opening_an_up_to_date_catalog_does_not_import_alembic(
    catalog_url: str, small_reference: ReferenceTables
) -> None:
    command = [sys.executable, "-c", _NAMES_ALEMBIC, catalog_url, str(small_reference.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("opens", [open_catalog, upgrade_catalog])
def test_a_schema_from_the_future_is_refused(catalog_url: str, opens: Callable[[str], Catalog]) -> None:
    pretend_schema(catalog_url, "9999")
    with pytest.raises(CatalogTooNew, match="9999") as caught:
        opens(catalog_url)
    assert SCHEMA_HEAD in caught.value.message
    assert caught.value.remedy == "Upgrade archrank."


def test_refusing_a_schema_from_the_future_does_not_tell_the_password(databases: Databases) -> None:
    url = databases.full("postgresql")
    pretend_schema(url, "9999")
    with pytest.raises(CatalogTooNew) as caught:
        open_catalog(url.replace("postgres:@", f"postgres:{PASSWORD}@"))
    assert PASSWORD not in f"{caught.value} {caught.value.remedy}"


def test_a_postgresql_catalog_without_schema_says_how_to_make_one(databases: Databases) -> None:
    with pytest.raises(CatalogOutdated, match="missing") as caught:
        open_catalog(databases.empty("postgresql"))
    assert "archrank catalog upgrade" in str(caught.value.remedy)


def test_a_postgresql_catalog_with_an_older_schema_is_not_upgraded_by_itself(databases: Databases) -> None:
    url = databases.full("postgresql")
    pretend_schema(url, "0000")
    with pytest.raises(CatalogOutdated, match=f"0000.*{SCHEMA_HEAD}") as caught:
        open_catalog(url)
    assert "archrank catalog upgrade" in str(caught.value.remedy)
