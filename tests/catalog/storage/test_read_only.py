"""A catalog whose folder cannot be written can be read."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import CatalogOutdated, CatalogUnavailable
from catalog.opening import open_catalog, upgrade_catalog
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.summaries.cards import find_card
from tests.builders import make_measurement, store_measurements
from tests.catalog.storage.migrations.migrating import make_schema


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "a folder, 100 % #1"
    folder.mkdir()
    return Path(shutil.copy(sqlite_template, folder / "catalog.sqlite"))


@pytest.fixture
def read_only(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a catalog whose folder cannot be written, in fact and by what the system says. Root may
    write in any folder."""
    real = os.access

    def access(path: str | Path, mode: int) -> bool:
        return (
            False if mode == os.W_OK and file.parent in (Path(path), Path(path).parent) else real(path, mode)
        )

    monkeypatch.setattr(os, "access", access)
    file.chmod(0o444)
    file.parent.chmod(0o555)
    yield f"sqlite:///{file}"
    file.parent.chmod(0o755)


def test_it_can_be_read(read_only: str, file: Path) -> None:
    with open_catalog(read_only) as catalog:
        assert catalog.is_read_only
        for _ in range(2):
            with catalog.read() as session:
                assert find_card(session, "resnet50") is not None
    assert [path.name for path in file.parent.iterdir()] == ["catalog.sqlite"]


def test_it_cannot_be_written(read_only: str) -> None:
    with (
        open_catalog(read_only) as catalog,
        pytest.raises(CatalogUnavailable, match="can be read, and not written"),
    ):
        store_measurements(catalog, make_measurement("toynet"))
    with pytest.raises(CatalogUnavailable, match="can be read, and not written"):
        upgrade_catalog(read_only)


def test_other_reference_tables_do_not_keep_it_from_being_read(
    read_only: str, small_reference: ReferenceTables, tmp_path: Path
) -> None:
    other = ReferenceTables(shutil.copytree(small_reference.folder, tmp_path / "reference"))
    (other.folder / "licenses.toml").write_text("# other words\n")
    with open_catalog(read_only, other) as catalog, catalog.read() as session:
        assert find_card(session, "resnet50") is not None


def test_an_older_schema_is_refused_with_a_way_out(read_only: str, file: Path) -> None:
    file.parent.chmod(0o755)
    file.unlink()
    make_schema(f"sqlite:///{file}", "0005")
    with pytest.raises(CatalogOutdated, match="cannot be upgraded") as caught:
        open_catalog(read_only)
    assert "a copy of the file" in (caught.value.remedy or "")


def test_a_file_that_another_process_writes_is_read_as_that_left_it(read_only: str, file: Path) -> None:
    file.parent.chmod(0o755)
    file.chmod(0o644)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: True)
        writer = open_catalog(read_only)
        store_measurements(writer, make_measurement("toynet"))
    with open_catalog(read_only) as reader, reader.read() as session:
        assert reader.is_read_only
        assert find_card(session, "toynet") is not None
    writer.close()
