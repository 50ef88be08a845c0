from dataclasses import replace

import pytest

from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures, save_workloads
from catalog.storage.facts.native_workloads import native_workloads
from catalog.words.vocabulary import Form
from tests.builders import make_architecture, make_counted_workload

pytestmark = pytest.mark.empty_catalog


def test_the_counted_deployed_form_at_the_native_size_and_classes_is_native(catalog: Catalog) -> None:
    native = make_counted_workload("bnet", input_size=256)
    others = [
        make_counted_workload("bnet", input_size=224),
        make_counted_workload("bnet", input_size=256, num_classes=21841),
        make_counted_workload("bnet", input_size=256, form=Form.TRAINING),
        make_counted_workload("anet", count_failure="It cannot be counted."),
    ]
    with catalog.write() as session:
        save_architectures(
            session,
            [
                make_architecture("bnet", family="nets", native_size=256, tags=("convolutional",)),
                replace(make_architecture("anet"), native_size=224),
            ],
        )
        save_workloads(session, [*others, native])
    with catalog.read() as reading:
        (found,) = native_workloads(reading)
    assert (found.counted, found.family, found.tags) == (native, "nets", ("convolutional",))


def test_native_workloads_are_ordered_by_name(catalog: Catalog) -> None:
    names = ["znet", "Anet", "bnet"]
    with catalog.write() as session:
        save_architectures(session, [make_architecture(name) for name in names])
        save_workloads(session, [make_counted_workload(name) for name in names])
    with catalog.read() as reading:
        found = [one.counted.workload.architecture for one in native_workloads(reading)]
    assert found == sorted(names)
