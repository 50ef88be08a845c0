import pytest

from catalog.entities.networks import Architecture, Backbone
from catalog.storage.database import Catalog
from catalog.storage.facts import facts
from catalog.storage.facts.facts import (
    save_accuracies,
    save_checkpoints,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.summaries.cards import find_backbone, find_card
from catalog.words.vocabulary import Form
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
)
from tests.catalog.storage.facts.looking_up import OTHER_TARGET, SECOND, save_architectures

pytestmark = pytest.mark.empty_catalog


def test_a_card_holds_all_that_is_known_of_one_architecture(catalog: Catalog) -> None:
    counted = make_counted_workload()
    measurements = [
        make_measurement("toynet"),
        make_measurement("toynet", target=OTHER_TARGET, measured_at=NOON - SECOND),
    ]
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture(), make_architecture("othernet")])
        save_checkpoints(
            session,
            [make_checkpoint("toynet.v2"), make_checkpoint("toynet.v1"), make_checkpoint("othernet.v1")],
        )
        save_accuracies(
            session,
            [
                make_accuracy("toynet.v1", input_size=288),
                make_accuracy("toynet.v1", input_size=224),
                make_accuracy("othernet.v1"),
            ],
        )
        save_workloads(session, [counted, make_counted_workload("othernet")])
        add_measurements(session, [*measurements, make_measurement("othernet")])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == make_architecture()
    assert card.workloads == (counted,)
    assert card.file_bytes == {counted.workload.id: 46_800_000}
    assert card.checkpoints == (make_checkpoint("toynet.v1"), make_checkpoint("toynet.v2"))
    assert card.accuracies == (make_accuracy("toynet.v1"), make_accuracy("toynet.v1", input_size=288))
    assert card.measurements == tuple(reversed(measurements))


def test_an_architecture_of_which_only_the_name_is_known_has_an_empty_card(catalog: Catalog) -> None:
    save_architectures(catalog, Architecture("toynet"))
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert (card.workloads, card.file_bytes, card.checkpoints) == ((), {}, ())
    assert (card.accuracies, card.measurements) == ((), ())
    assert card.default_workload is None


def test_an_unknown_architecture_has_no_card(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert find_card(session, "no such architecture") is None


def test_a_card_has_the_counts_of_the_default_workload(catalog: Catalog) -> None:
    default = make_counted_workload(input_size=256)
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture(native_size=256)])
        save_workloads(
            session,
            [
                make_counted_workload(input_size=224, gmacs=1.0),
                default,
                make_counted_workload(input_size=256, gmacs=3.0, form=Form.TRAINING),
                make_counted_workload(input_size=256, gmacs=4.0, num_classes=21841),
            ],
        )
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.default_workload == default


@pytest.mark.parametrize(
    "architecture",
    [
        make_architecture(native_size=None),
        make_architecture(num_classes=None),
        make_architecture(native_size=256),
    ],
    ids=["no native size", "no classes", "not counted at its native size"],
)
def test_a_card_without_the_default_workload_has_none(catalog: Catalog, architecture: Architecture) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, [architecture])
        save_workloads(session, [make_counted_workload()])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.default_workload is None


def test_a_backbone_is_an_architecture_at_its_native_size_without_checkpoints(catalog: Catalog) -> None:
    architecture = make_architecture(num_classes=21841, native_size=288, tags=("toynets",))
    with catalog.write() as session:
        facts.save_architectures(session, [architecture])
        save_checkpoints(session, [make_checkpoint()])
    with catalog.read() as reading:
        assert find_backbone(reading, "toynet") == Backbone(architecture, (), 21841, 288)


@pytest.mark.parametrize(
    "architecture",
    [
        make_architecture(family=None),
        make_architecture(num_classes=None),
        make_architecture(native_size=None),
    ],
    ids=["no family", "no classes", "no native size"],
)
def test_a_backbone_that_is_not_described_in_full_is_not_found(
    catalog: Catalog, architecture: Architecture
) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, [architecture])
        save_checkpoints(session, [make_checkpoint()])
    with catalog.read() as reading:
        assert find_backbone(reading, "toynet") is None


def test_an_unknown_backbone_is_not_found(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert find_backbone(session, "no such architecture") is None
