"""Measurements that are carried home change measurements alone."""

from dataclasses import replace

import pytest

from catalog.entities.networks import Accuracy, Architecture, Checkpoint
from catalog.opening import upgrade_catalog
from catalog.reference.tables.loading import restore
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import find_target, save_targets
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.summaries.cards import Card, find_card
from tests.builders import (
    TARGET_ID,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
    make_workload,
)
from tests.catalog.exchange.lines import HEADER, import_lines, line_of, lines_of

NETWORK, CHECKPOINT = "resnet50", "resnet50.a1_in1k"
FORGED = Checkpoint(CHECKPOINT, NETWORK, 1000, "MIT", commercial_use=True)
# No shipped accuracy has this crop.
BETTER = make_accuracy(CHECKPOINT, top1=99.0, crop_pct=0.7)


def card_of(catalog: Catalog, name: str = NETWORK) -> Card:
    with catalog.read() as session:
        card = find_card(session, name)
    assert card is not None
    return card


def checkpoint_of(catalog: Catalog) -> Checkpoint:
    (checkpoint,) = (one for one in card_of(catalog).checkpoints if one.name == CHECKPOINT)
    return checkpoint


def accuracies_of(catalog: Catalog) -> list[Accuracy]:
    return [one for one in card_of(catalog).accuracies if one.checkpoint == CHECKPOINT]


def forged_lines() -> list[str]:
    return [
        HEADER,
        line_of(Architecture(NETWORK, family="resnet", year=1999)),
        line_of(FORGED),
        line_of(BETTER),
        line_of(make_target(label="My machine")),
        line_of(make_counted_workload(NETWORK, params_m=0.1, gmacs=0.1)),
        line_of(make_measurement(NETWORK, target=make_target(label="My machine"))),
    ]


def test_an_import_leaves_every_fact_as_it_is(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_targets(session, [make_target(label="The machine")])
    before = card_of(catalog)
    summary = import_lines(catalog, forged_lines(), facts=False)
    assert summary.new_measurements == 1
    assert summary.facts_left == ("architecture", "checkpoint", "accuracy", "target", "workload")
    after = card_of(catalog)
    assert replace(after, measurements=before.measurements, file_bytes=before.file_bytes) == before
    with catalog.read() as reading:
        target = find_target(reading, TARGET_ID)
        assert find_measurements(reading, MeasurementQuery(target=TARGET_ID))
    assert target is not None
    assert target.label == "The machine"


def test_a_measurement_brings_what_the_catalog_lacks_of_its_network(catalog: Catalog) -> None:
    counted = make_counted_workload("toynet")
    lines = [
        HEADER,
        line_of(make_architecture()),
        line_of(make_architecture("othernet")),
        line_of(make_checkpoint()),
        line_of(counted),
        line_of(make_measurement("toynet")),
    ]
    import_lines(catalog, lines, facts=False)
    card = card_of(catalog, "toynet")
    assert (card.architecture, card.workloads) == (make_architecture(), (counted,))
    assert card.checkpoints == ()
    with catalog.read() as session:
        assert find_card(session, "othernet") is None


def test_facts_that_are_taken_over_are_told_apart(catalog: Catalog) -> None:
    assert card_of(catalog).imported == {}
    import_lines(catalog, forged_lines())
    assert checkpoint_of(catalog).license == "MIT"
    assert BETTER in accuracies_of(catalog)
    assert card_of(catalog).imported == {CHECKPOINT: "import of an export"}


def test_facts_that_change_nothing_are_as_they_were(catalog: Catalog) -> None:
    before = card_of(catalog)
    import_lines(catalog, lines_of(catalog))
    assert card_of(catalog) == before


def test_an_upgrade_brings_the_shipped_facts_back(catalog: Catalog, catalog_url: str) -> None:
    before = card_of(catalog)
    import_lines(catalog, forged_lines())
    upgrade_catalog(catalog_url).close()
    after = card_of(catalog)
    assert checkpoint_of(catalog) in before.checkpoints
    assert after.architecture == before.architecture
    shipped = {counted.workload.id: counted for counted in before.workloads}
    assert {counted.workload.id: counted for counted in after.workloads} == shipped
    assert make_workload(NETWORK).id in shipped
    # What the import added beside them is there, and is told apart.
    assert BETTER in accuracies_of(catalog)
    assert after.imported == {CHECKPOINT: "import of an export"}


def test_imported_facts_can_be_forgotten(catalog: Catalog, small_reference: ReferenceTables) -> None:
    before = card_of(catalog)
    import_lines(catalog, [*forged_lines(), line_of(make_checkpoint(f"{NETWORK}.mine"))])
    assert restore(catalog, small_reference) == 2
    after = card_of(catalog)
    assert (after.checkpoints, after.accuracies) == (before.checkpoints, before.accuracies)
    assert after.imported == {}
    assert len(after.measurements) == len(before.measurements) + 1


@pytest.mark.parametrize("facts", [False, True])
def test_a_reload_keeps_the_measurements(catalog: Catalog, catalog_url: str, facts: bool) -> None:
    import_lines(catalog, forged_lines(), facts=facts)
    upgrade_catalog(catalog_url).close()
    with catalog.read() as session:
        assert len(find_measurements(session, MeasurementQuery(target=TARGET_ID))) == 1
