"""Where a network is among its peers."""

from collections.abc import Iterator

import pytest

from app.presentation.cards.standings import standing_view
from app.questions.candidates.held_candidates import CandidateCache
from app.questions.cards.standing import Standing, standing
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_accuracies, save_architectures, save_checkpoints
from catalog.words.vocabulary import Precision
from tests.app.conftest import BareCatalogs
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_measurement,
    make_target,
    store_measurements,
)

TARGET = make_target("bench")
# name -> top-1 (%), milliseconds, half of the interval as a share
NETWORKS = {
    "own": (80.0, 10.0, 0.02),
    "better": (84.0, 8.0, 0.02),
    "best": (85.0, 9.0, 0.02),
    "hardly_better": (80.1, 9.95, 0.02),
    "slower": (82.0, 20.0, 0.02),
    "weaker": (70.0, 5.0, 0.02),
    "worse": (70.0, 20.0, 0.02),
}


@pytest.fixture(scope="module")
def catalog(bare_catalogs: BareCatalogs) -> Iterator[Catalog]:
    with bare_catalogs() as opened:
        with opened.write() as session:
            save_architectures(session, [make_architecture(name) for name in (*NETWORKS, "other_precision")])
            save_checkpoints(session, [make_checkpoint(f"{name}.v1") for name in NETWORKS])
            save_checkpoints(session, [make_checkpoint("own.weak"), make_checkpoint("other_precision.v1")])
            save_accuracies(
                session, [make_accuracy(f"{name}.v1", top1=top1) for name, (top1, *_) in NETWORKS.items()]
            )
            save_accuracies(session, [make_accuracy("own.weak", top1=60.0)])
            save_accuracies(session, [make_accuracy("other_precision.v1", top1=90.0)])
        store_measurements(
            opened,
            *(
                make_measurement(name, ms, ms * (1 - part), ms * (1 + part), target=TARGET)
                for name, (_, ms, part) in NETWORKS.items()
            ),
            make_measurement("other_precision", 1.0, precision=Precision.BF16, target=TARGET),
        )
        yield opened


def names(found: Standing, rows: tuple[int, ...]) -> list[str]:
    return [found.columns.architecture[row] for row in rows]


def stand(catalog: Catalog, name: str) -> Standing:
    with catalog.read() as session:
        found = standing(session, CandidateCache(), TARGET, name)
    assert found is not None
    return found


def test_who_is_better_by_more_than_the_error_dominates(catalog: Catalog) -> None:
    found = stand(catalog, "own")
    assert names(found, found.dominated_by) == ["best", "better"]
    assert found.dominators == 2


def test_peers_run_alike_and_are_counted_by_architecture(catalog: Catalog) -> None:
    found = stand(catalog, "own")
    assert found.peers == len(NETWORKS) - 1
    assert found.less_accurate == 2
    assert found.slower == 2
    assert "other_precision" not in names(found, found.nearest)


def test_the_nearest_is_the_most_alike_in_both_numbers(catalog: Catalog) -> None:
    found = stand(catalog, "own")
    assert names(found, found.nearest)[0] == "hardly_better"


def test_a_checkpoint_that_is_asked_for_stands_itself(catalog: Catalog) -> None:
    assert stand(catalog, "own").columns.checkpoint[stand(catalog, "own").row] == "own.v1"
    weak = stand(catalog, "own.weak")
    assert weak.columns.checkpoint[weak.row] == "own.weak"
    assert weak.less_accurate == 0


def test_what_lacks_a_number_has_no_standing(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert standing(session, CandidateCache(), TARGET, "unknown") is None


def test_the_standing_in_words(catalog: Catalog) -> None:
    view = standing_view(stand(catalog, "own"))
    assert view.text.startswith(
        "On bench, own.v1 at 224 px is more accurate than 2 and faster than 2 of 6 other architectures that "
        "were run alike. 2 of the 6 other architectures are at least as accurate and as fast"
    )
    assert [rival.text for rival in view.dominated_by] == [
        "11 % faster, 5.0 points more accurate",
        "25 % faster, 4.0 points more accurate",
    ]
    assert view.rivals[0].text == "as fast and as accurate within the error"
    alone = standing_view(stand(catalog, "other_precision"))
    assert alone.text == "No other architecture was run as other_precision.v1 at 224 px was on bench."
    best = standing_view(stand(catalog, "best"))
    assert best.text.endswith(
        "None is at least as accurate and as fast, and better in one by more than the error."
    )
