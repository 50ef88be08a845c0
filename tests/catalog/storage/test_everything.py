import pytest

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.storage.database import Catalog
from catalog.storage.everything import everything
from catalog.storage.facts import facts
from catalog.storage.facts.facts import (
    save_accuracies,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    store_measurements,
)
from tests.catalog.storage.facts.looking_up import OTHER_TARGET, SECOND

pytestmark = pytest.mark.empty_catalog


def test_everything_names_what_is_referred_to_before_what_refers(catalog: Catalog) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture()])
        save_checkpoints(session, [make_checkpoint()])
        save_accuracies(session, [make_accuracy()])
        save_workloads(session, [make_counted_workload()])
        add_measurements(session, [make_measurement("toynet")])
    with catalog.read() as reading:
        kinds = list(dict.fromkeys(type(record).__name__ for record in everything(reading)))
    assert kinds == ["Architecture", "Checkpoint", "Accuracy", "Target", "CountedWorkload", "Measurement"]


def test_everything_holds_each_measurement_once_across_its_pages(catalog: Catalog) -> None:
    measurements = [
        make_measurement("toynet", measured_at=NOON + number * SECOND, samples=(make_sample(),))
        for number in range(450)
    ]
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        found = [record for record in everything(session) if isinstance(record, Measurement)]
    assert found == measurements


def test_everything_holds_targets_that_were_not_measured(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_targets(session, [OTHER_TARGET])
    with catalog.read() as reading:
        assert [record for record in everything(reading) if isinstance(record, Target)] == [OTHER_TARGET]
