from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from catalog.entities.networks import Accuracy, Architecture, Checkpoint, Stage
from catalog.storage.database import Catalog, WriteSession
from catalog.storage.facts.facts import (
    find_targets,
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.summaries.cards import Card, find_card
from catalog.storage.tables import (
    WorkloadRow,
)
from catalog.words.vocabulary import Dataset, Precision
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
    store_measurements,
)
from tests.catalog.storage.stored import count

Store = Callable[[WriteSession, Sequence[Any]], object]


pytestmark = pytest.mark.empty_catalog


def save(catalog: Catalog, store: Store, *entities: Any) -> None:
    with catalog.write() as session:
        store(session, entities)


def card_of(catalog: Catalog, name: str = "toynet") -> Card:
    with catalog.read() as session:
        card = find_card(session, name)
    assert card is not None
    return card


def test_an_unknown_never_erases_what_is_known_of_an_architecture(catalog: Catalog) -> None:
    known = Architecture(
        "toynet",
        "toynets",
        2020,
        "arXiv:2001.00001",
        "v1",
        fixed_input=False,
        native_size=224,
        num_classes=1000,
        tags=("toynets", "mlp"),
        stages=(Stage(4, 64), Stage(8, 128)),
    )
    save(catalog, save_architectures, known)
    save(catalog, save_architectures, Architecture("toynet"))
    assert card_of(catalog).architecture == known


def test_what_was_unknown_of_an_architecture_is_filled_in(catalog: Catalog) -> None:
    save(catalog, save_architectures, Architecture("toynet", year=2020))
    save(catalog, save_architectures, Architecture("toynet", family="toynets", fixed_input=True))
    assert card_of(catalog).architecture == Architecture("toynet", "toynets", 2020, fixed_input=True)


def test_what_is_known_anew_replaces_what_was_known(catalog: Catalog) -> None:
    save(catalog, save_architectures, Architecture("toynet", year=2019, fixed_input=True))
    save(catalog, save_architectures, Architecture("toynet", year=2020, fixed_input=False))
    assert card_of(catalog).architecture == Architecture("toynet", year=2020, fixed_input=False)


def test_an_unknown_erases_nothing_within_one_call_either(catalog: Catalog) -> None:
    save(
        catalog,
        save_architectures,
        Architecture("toynet", year=2020),
        Architecture("toynet", family="toynets"),
    )
    assert card_of(catalog).architecture == Architecture("toynet", "toynets", 2020)


def test_an_unknown_never_erases_what_is_known_of_a_checkpoint(catalog: Catalog) -> None:
    known = make_checkpoint(commercial_use=False, hub_id="timm/toynet.v1")
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, known)
    save(catalog, save_checkpoints, Checkpoint("toynet.v1", "toynet"))
    assert card_of(catalog).checkpoints == (known,)


def test_an_accuracy_replaces_the_one_of_the_same_evaluation(catalog: Catalog) -> None:
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, make_checkpoint())
    save(catalog, save_accuracies, make_accuracy(top1=70.0, source="first"))
    save(catalog, save_accuracies, make_accuracy(top1=71.0, source="second"))
    assert card_of(catalog).accuracies == (make_accuracy(top1=71.0, source="second"),)


def test_the_data_set_of_an_accuracy_is_a_word_of_the_closed_set_when_it_is_read(catalog: Catalog) -> None:
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, make_checkpoint())
    save(catalog, save_accuracies, make_accuracy())
    (accuracy,) = card_of(catalog).accuracies
    assert accuracy.dataset is Dataset.IMAGENET_VAL


@pytest.mark.parametrize(
    "other",
    [
        make_accuracy(dataset=Dataset.IMAGENET_REAL),
        make_accuracy(input_size=288),
        make_accuracy(crop_pct=1.0),
        make_accuracy(interpolation="bilinear"),
        make_accuracy(precision=Precision.INT8),
    ],
    ids=["data set", "input size", "crop", "interpolation", "precision"],
)
def test_accuracies_of_different_evaluations_stand_side_by_side(catalog: Catalog, other: Accuracy) -> None:
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_checkpoints, make_checkpoint())
    save(catalog, save_accuracies, make_accuracy(), other)
    assert set(card_of(catalog).accuracies) == {make_accuracy(), other}


def test_a_target_is_replaced_with_its_identity(catalog: Catalog) -> None:
    save(catalog, save_targets, make_target(label="old", identity={"cpus": 1}))
    save(catalog, save_targets, make_target(label="new", identity={"cpus": 2, "vendor": "v"}))
    with catalog.read() as session:
        assert find_targets(session) == [make_target(label="new", identity={"cpus": 2, "vendor": "v"})]


def test_counts_round_trip(catalog: Catalog) -> None:
    counted = make_counted_workload(
        operators={"conv": 1.75, "linear": 0.05},
        operator_calls={"conv": 20, "linear": 1, "relu": 17},
        weights_bytes=6_000_000_000,
    )
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, counted)
    assert card_of(catalog).workloads == (counted,)


def test_a_measurement_does_not_erase_the_counts_of_its_workload(catalog: Catalog) -> None:
    counted = make_counted_workload()
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, counted)
    store_measurements(catalog, make_measurement("toynet"))
    assert card_of(catalog).workloads == (counted,)


def test_a_workload_that_could_not_be_counted_says_why(catalog: Catalog) -> None:
    failed = make_counted_workload(count_failure="no such operator")
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, failed)
    store_measurements(catalog, make_measurement("toynet"))
    assert card_of(catalog).workloads == (failed,)


def test_counting_that_succeeds_at_last_ends_the_failure(catalog: Catalog) -> None:
    counted = make_counted_workload()
    save(catalog, save_architectures, make_architecture())
    save(catalog, save_workloads, make_counted_workload(count_failure="no such operator"))
    save(catalog, save_workloads, counted)
    assert card_of(catalog).workloads == (counted,)


@pytest.mark.parametrize(
    ("store", "entity"),
    [
        (save_checkpoints, make_checkpoint("unknown.v1")),
        (save_accuracies, make_accuracy("unknown.v1")),
        (save_workloads, make_counted_workload("unknown")),
        (add_measurements, make_measurement("unknown")),
    ],
    ids=["checkpoint", "accuracy", "workload", "measurement"],
)
def test_nothing_may_refer_to_what_is_not_stored(catalog: Catalog, store: Store, entity: Any) -> None:
    with pytest.raises(IntegrityError):
        save(catalog, store, entity)


def test_saving_nothing_is_allowed(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [])
        save_checkpoints(session, [])
        save_accuracies(session, [])
        save_targets(session, [])
        save_workloads(session, [])
        assert add_measurements(session, []) == 0


def test_more_facts_than_fit_in_one_statement_are_all_saved(catalog: Catalog) -> None:
    names = [f"toynet{number:04}" for number in range(501)]
    save(catalog, save_architectures, *(make_architecture(name) for name in names))
    save(catalog, save_checkpoints, *(make_checkpoint(f"{name}.v1") for name in names))
    save(catalog, save_workloads, *(make_counted_workload(name) for name in names))
    save(catalog, save_accuracies, *(make_accuracy(f"{name}.v1") for name in names))
    assert card_of(catalog, "toynet0500").accuracies == (make_accuracy("toynet0500.v1"),)
    assert count(catalog, WorkloadRow) == 501
