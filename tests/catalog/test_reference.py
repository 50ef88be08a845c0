from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from catalog import reference, storing
from catalog.database import Catalog, open_catalog, revision
from catalog.entities import Architecture, Checkpoint
from catalog.reference import ACCURACY_TABLE, ensure_loaded, read_table, store_accuracies, write_table
from catalog.repository import IMAGENET_VAL, find_card
from catalog.tables import AccuracyRow, ArchitectureRow, CatalogState, CheckpointRow
from catalog.timm_results import architecture_of
from catalog.vocabulary import Precision
from tests.builders import make_accuracy

SHIPPED = read_table(ACCURACY_TABLE)


def revision_of(catalog: Catalog) -> int:
    with catalog.read() as session:
        return revision(session)


# The shipped table


def test_the_shipped_table_is_whole() -> None:
    assert len(SHIPPED) == 1556


def test_every_shipped_accuracy_is_a_percentage_with_a_source() -> None:
    for accuracy in SHIPPED:
        assert 0 <= accuracy.top1 <= accuracy.top5 <= 100
        assert accuracy.dataset == IMAGENET_VAL
        assert accuracy.precision is Precision.FP32
        assert "git blob" in accuracy.source
        assert accuracy.interpolation
        assert 0.5 < accuracy.crop_pct < 1.5
        assert 32 <= accuracy.input_size <= 2048


def test_no_shipped_evaluation_stands_twice() -> None:
    keys = {(one.checkpoint, one.input_size, one.crop_pct, one.interpolation) for one in SHIPPED}
    assert len(keys) == len(SHIPPED)


def test_the_shipped_table_is_as_write_table_writes_it(tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv", reversed(SHIPPED))
    assert (tmp_path / "table.csv").read_bytes() == ACCURACY_TABLE.read_bytes()


# Reading and writing tables


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    accuracies = [
        make_accuracy("a.v1", top1=1 / 3, top5=200 / 3),
        make_accuracy("a.v1", input_size=1024, crop_pct=1.0),
        make_accuracy("b.v1", source='a "source", with a comma\nand a line'),
    ]
    write_table(tmp_path / "table.csv", accuracies)
    assert read_table(tmp_path / "table.csv") == accuracies


def test_a_written_table_is_sorted_whatever_the_order_given(tmp_path: Path) -> None:
    accuracies = [
        make_accuracy(name, input_size=size, crop_pct=crop)
        for name in ("b.v1", "a.v1")
        for size in (1024, 224)
        for crop in (1.0, 0.9)
    ]
    write_table(tmp_path / "table.csv", accuracies)
    found = read_table(tmp_path / "table.csv")
    assert all(
        (one.checkpoint, one.input_size, one.crop_pct) < (other.checkpoint, other.input_size, other.crop_pct)
        for one, other in pairwise(found)
    )


def test_an_empty_table_comes_back_empty(tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv", [])
    assert read_table(tmp_path / "table.csv") == []


# Loading


def test_accuracies_bring_their_checkpoints_and_architectures(catalog: Catalog) -> None:
    accuracies = [
        make_accuracy("toynet.v1"),
        make_accuracy("toynet.v1", input_size=288),
        make_accuracy("toynet.v2"),
    ]
    with catalog.write() as session:
        store_accuracies(session, accuracies)
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == Architecture("toynet")
    assert card.checkpoints == tuple(
        Checkpoint(name, "toynet", num_classes=1000) for name in ("toynet.v1", "toynet.v2")
    )
    assert card.accuracies == tuple(accuracies)


def test_accuracies_do_not_erase_what_is_known_of_their_checkpoints(catalog: Catalog) -> None:
    known = Checkpoint("toynet.v1", "toynet", 1000, "mit", commercial_use=True, native_size=224)
    with catalog.write() as session:
        storing.save_architectures(session, [Architecture("toynet", year=2020)])
        storing.save_checkpoints(session, [known])
        store_accuracies(session, [make_accuracy("toynet.v1")])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert (card.architecture.year, card.checkpoints) == (2020, (known,))


def test_a_catalog_holds_the_whole_shipped_table(catalog: Catalog) -> None:
    checkpoints = {accuracy.checkpoint for accuracy in SHIPPED}
    with catalog.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (AccuracyRow, CheckpointRow, ArchitectureRow)
        ]
    assert counts == [1556, len(checkpoints), len({architecture_of(name) for name in checkpoints})]


def test_the_table_is_loaded_once(catalog: Catalog) -> None:
    before = revision_of(catalog)
    ensure_loaded(catalog)
    assert revision_of(catalog) == before


def test_the_table_is_loaded_again_when_it_changed(
    catalog: Catalog, catalog_url: str, small_reference: Path
) -> None:
    before = revision_of(catalog)
    with small_reference.open("a") as file:
        file.write("toynet.v1,imagenet-val,224,0.9,bicubic,75.0,92.0,a test\n")
    for _ in range(2):
        open_catalog(catalog_url).close()
    assert revision_of(catalog) == before + 1
    with catalog.read() as session:
        card = find_card(session, "toynet")
        assert session.scalar(select(func.count()).select_from(CatalogState)) == 1
    assert card is not None
    assert [accuracy.top1 for accuracy in card.accuracies] == [75.0]


def test_a_table_that_cannot_be_loaded_leaves_the_catalog_as_it_was(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = revision_of(catalog)
    broken = tmp_path / "broken.csv"
    lines = ACCURACY_TABLE.read_text().splitlines()
    broken.write_text(
        "\n".join([lines[0], lines[1], "toynet.v1,imagenet-val,big,0.9,bicubic,75.0,92.0,a test"])
    )
    monkeypatch.setattr(reference, "ACCURACY_TABLE", broken)
    with pytest.raises(ValueError, match="big"):
        ensure_loaded(catalog)
    assert revision_of(catalog) == before
