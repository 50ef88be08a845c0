"""How much is known of a target."""

from typing import Any

import pytest

from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.summaries.coverage import doubtful_architectures, find_coverage, networks_with_numbers
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Form, Provenance, Status
from tests.builders import make_measurement, make_target, store_measurements
from tests.conftest import BACKENDS, Backend, Databases
from tests.estimate_builders import make_basis, make_estimate, store_estimates

TARGET = make_target("bench")
FITTING: dict[str, Any] = {
    "provenance": Provenance.PUBLISHED,
    "batch_policy": BatchPolicy.LARGEST_FITTING,
    "published_table": "a table",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_coverage_counts_architectures_by_configuration_and_origin(
    databases: Databases, backend: Backend
) -> None:
    with open_catalog(databases.full(backend)) as catalog:
        store_measurements(
            catalog,
            make_measurement("resnet18", target=TARGET),
            make_measurement("resnet18", input_size=288, target=TARGET),
            make_measurement("resnet50", target=TARGET, doubts=(Doubt.CONTENDED,)),
            make_measurement("efficientnet_b0", target=TARGET, status=Status.FAILED),
            make_measurement("resnet18", target=TARGET, batch_size=256, **FITTING),
            make_measurement("resnet50", target=TARGET, batch_size=128, **FITTING),
            make_measurement("resnet18", target=make_target("another")),
            make_measurement("convnext_tiny", target=TARGET, form=Form.TRAINING, batch_size=64, **FITTING),
        )
        with catalog.read() as session:
            measured, published = find_coverage(session, TARGET.id)
            counts = networks_with_numbers(session, TARGET.id)
            doubtful = doubtful_architectures(session, TARGET.id)
    assert (measured.provenance, measured.architectures, measured.failed, measured.cases) == (
        "measured",
        2,
        1,
        4,
    )
    assert (published.provenance, published.architectures, published.failed) == ("published", 2, 0)
    assert counts == {(TARGET.id, Provenance.MEASURED): 2, (TARGET.id, Provenance.PUBLISHED): 2}
    assert doubtful == ["resnet50"]


def test_a_network_counts_as_estimated_once_its_speed_is(catalog: Catalog) -> None:
    store_estimates(
        catalog,
        make_estimate("resnet18"),
        make_estimate("resnet50", None, absent_reason="Its interval would span a factor of ten."),
        make_estimate("resnet50", 90.0, metric=Metric.PEAK_MEMORY_MB),
        basis=make_basis(target=TARGET),
    )
    with catalog.read() as session:
        (estimated,) = find_coverage(session, TARGET.id)
        counts = networks_with_numbers(session, TARGET.id)
    assert (estimated.architectures, estimated.failed) == (1, 1)
    assert counts == {(TARGET.id, Provenance.ESTIMATED): 1}
