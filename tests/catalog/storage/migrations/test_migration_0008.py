"""To workloads with channels, and without failures that were faults of the host."""

import pytest
from alembic import command

from catalog.border.host_faults import WITHDRAWN_BECAUSE
from catalog.entities.measurements import Measurement
from catalog.opening import open_catalog, upgrade_catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, last_measured
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Status
from tests.builders import TARGET_ID, make_measurement, store_measurements
from tests.catalog.storage.migrations.migrating import migrate

COLOUR, OTHER = make_measurement("toynet"), make_measurement("toynet", in_chans=12)


def failed(threads: int, reason: FailureReason, detail: str) -> Measurement:
    return make_measurement("toynet", threads=threads, status=Status.FAILED, reason=reason, detail=detail)


OF_THE_HOST = (
    failed(2, FailureReason.UNSUPPORTED_EXPORT, "torch.onnx.export: OSError: No space left on device"),
    failed(3, FailureReason.CRASHED, "exit code 1\nModuleNotFoundError: No module named 'profiler.preparer'"),
    failed(4, FailureReason.CRASHED, "SIGKILL"),
    failed(5, FailureReason.TIMED_OUT, "no answer within 900 s"),  # no artefact was made
)
OF_THE_NETWORK = (
    failed(6, FailureReason.UNSUPPORTED_EXPORT, "torch.onnx.export: an operator is unknown"),
    failed(7, FailureReason.CRASHED, "SIGSEGV"),
    failed(8, FailureReason.RUNTIME_ERROR, "no kernel image is available"),
)


@pytest.fixture
def earlier(catalog_url: str) -> str:
    """The URL of a catalog of schema 0007 that held all of it."""
    with open_catalog(catalog_url) as catalog:
        store_measurements(catalog, COLOUR, OTHER, *OF_THE_HOST, *OF_THE_NETWORK)
    migrate(catalog_url, command.downgrade, "0007")
    return catalog_url


def test_faults_of_the_host_are_withdrawn_and_tried_again(earlier: str) -> None:
    with upgrade_catalog(earlier) as catalog, catalog.read() as session:
        withdrawn = {
            one.id: one.withdrawn.reason
            for one in find_measurements(session, MeasurementQuery(target=TARGET_ID, withdrawn=True))
            if one.withdrawn
        }
        final = {last.key for last in last_measured(session, TARGET_ID)}
    assert withdrawn == {one.id: WITHDRAWN_BECAUSE for one in OF_THE_HOST}
    assert final == {(one.workload.id, one.configuration.id) for one in (COLOUR, *OF_THE_NETWORK)}


def test_an_older_schema_takes_no_other_images_for_colour_images(earlier: str) -> None:
    with upgrade_catalog(earlier) as catalog, catalog.read() as session:
        found = find_measurements(session, MeasurementQuery(target=TARGET_ID, status=Status.OK))
    assert found == [COLOUR]
