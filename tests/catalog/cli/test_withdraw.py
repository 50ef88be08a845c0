"""`archrank catalog withdraw`."""

import pytest

from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from tests.builders import make_measurement, store_measurements
from tests.catalog.cli.running import Run, assert_refused


def test_a_measurement_is_withdrawn_and_used_again(run: Run, catalog: Catalog) -> None:
    measurement = make_measurement("toynet")
    store_measurements(catalog, measurement)

    def used() -> bool:
        with catalog.read() as session:
            return find_measurements(session, MeasurementQuery(architecture="toynet")) != []

    ended = run("withdraw", measurement.id, "--reason", "the clock was wrong")
    assert (ended.code, ended.out) == (0, f"Measurement {measurement.id} is withdrawn.\n")
    assert not used()
    ended = run("withdraw", measurement.id, "--undo")
    assert (ended.code, ended.out) == (0, f"Measurement {measurement.id} is used again.\n")
    assert used()


def test_an_unknown_measurement_is_not_withdrawn(run: Run) -> None:
    assert_refused(run("withdraw", "nothing", "--reason", "why"), "There is no measurement 'nothing'")


@pytest.mark.parametrize("options", [(), ("--reason", "why", "--undo")])
def test_a_withdrawal_has_a_reason_or_is_undone(run: Run, options: tuple[str, ...]) -> None:
    ended = run("withdraw", "nothing", *options)
    assert ended.code == 2
    assert "Give a --reason, or --undo." in ended.err
