import pytest

from catalog.storage.database import Catalog
from catalog.storage.facts.facts import find_targets, published_targets, save_targets
from catalog.words.vocabulary import Device, Provenance
from tests.builders import make_measurement, make_target, store_measurements
from tests.catalog.storage.facts.looking_up import OTHER_TARGET

pytestmark = pytest.mark.empty_catalog


def test_targets_are_listed_by_id(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_targets(session, [make_target(), OTHER_TARGET])
    with catalog.read() as reading:
        assert find_targets(reading) == [OTHER_TARGET, make_target()]


def test_a_new_catalog_has_no_targets(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert find_targets(session) == []


def test_the_targets_of_a_kind_that_have_published_measurements_are_found(catalog: Catalog) -> None:
    cpu, gpu = make_target("a-cpu"), make_target("b-gpu", kind=Device.CUDA)
    store_measurements(catalog, make_measurement("resnet18", target=cpu))
    store_measurements(catalog, make_measurement("resnet18", target=gpu, provenance=Provenance.PUBLISHED))
    with catalog.read() as session:
        assert published_targets(session, Device.CPU) == set()
        assert published_targets(session, Device.CUDA) == {"b-gpu"}
