"""A measurement that is withdrawn is kept with the reason, and no answer uses it."""

import pytest

from catalog.entities.measurements import Measurement, MetricValue, Withdrawal
from catalog.errors import RecordRefused
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, last_measured
from catalog.storage.measurements.training_runs import training_runs
from catalog.storage.measurements.withdrawing import withdraw
from catalog.storage.summaries.cards import find_card
from catalog.storage.summaries.slowdowns import last_slowdowns
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Scenario
from tests.builders import (
    NOON,
    TARGET_ID,
    make_measurement,
    replace_success,
    store_measurements,
    without_reference,
)
from tests.catalog.exchange.lines import import_lines, lines_of

MARK = Withdrawal("the clock was wrong", NOON)
OLDER, NEWER = (make_measurement("toynet", latency, source=f"{latency} ms") for latency in (10.0, 20.0))


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """Holds two measurements of a case."""
    store_measurements(without_reference(catalog), OLDER, NEWER)
    return catalog


def withdraw_in(catalog: Catalog, measurement: Measurement, mark: Withdrawal | None = MARK) -> None:
    with catalog.write() as session:
        withdraw(session, measurement.id, mark)


def latencies(catalog: Catalog) -> list[float]:
    with catalog.read() as session:
        return list(candidate_columns(session, TARGET_ID).metrics[Metric.LATENCY_MS].value)


def test_the_measurement_before_it_is_the_newest_again(catalog: Catalog) -> None:
    assert latencies(catalog) == [20.0]
    withdraw_in(catalog, NEWER)
    assert latencies(catalog) == [10.0]
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert card.measurements == (OLDER,)


def test_a_case_without_another_measurement_is_measured_again(catalog: Catalog) -> None:
    withdraw_in(catalog, NEWER)
    withdraw_in(catalog, OLDER)
    assert latencies(catalog) == []
    with catalog.read() as session:
        assert last_measured(session, TARGET_ID) == []


def test_it_is_kept_with_its_mark(catalog: Catalog) -> None:
    withdraw_in(catalog, NEWER)
    with catalog.read() as session:
        kept = find_measurements(session, MeasurementQuery(withdrawn=True))
        assert find_measurements(session, MeasurementQuery()) == [OLDER]
    assert [one.withdrawn for one in kept] == [MARK, None]
    assert [one.id for one in kept] == [NEWER.id, OLDER.id]


def test_it_can_be_undone(catalog: Catalog) -> None:
    before = lines_of(catalog)
    withdraw_in(catalog, NEWER)
    withdraw_in(catalog, NEWER, None)
    assert latencies(catalog) == [20.0]
    assert lines_of(catalog) == before


def test_it_is_exported_with_its_mark(catalog: Catalog) -> None:
    withdraw_in(catalog, NEWER)
    exported = lines_of(catalog)
    import_lines(without_reference(catalog), exported)
    assert lines_of(catalog) == exported
    assert latencies(catalog) == [10.0]


def test_an_import_neither_withdraws_what_is_there_nor_undoes_it(catalog: Catalog) -> None:
    before = lines_of(catalog)
    withdraw_in(catalog, NEWER)
    withdrawn = lines_of(catalog)
    import_lines(catalog, before)
    assert lines_of(catalog) == withdrawn
    withdraw_in(catalog, NEWER, None)
    import_lines(catalog, withdrawn)
    assert lines_of(catalog) == before


def test_it_teaches_nothing(catalog: Catalog) -> None:
    slow = replace_success(
        make_measurement("toynet", source="slow"),
        values=(MetricValue(Metric.LATENCY_MS, 10.0), MetricValue(Metric.SLOWDOWN, 1.5)),
    )
    trained = replace_success(
        make_measurement("toynet", scenario=Scenario.TRAINING),
        values=(MetricValue(Metric.TRAIN_MEMORY_MB, 4000.0),),
    )
    store_measurements(catalog, slow, trained)
    for withdrawn in (False, True):
        if withdrawn:
            withdraw_in(catalog, slow)
            withdraw_in(catalog, trained)
        with catalog.read() as session:
            assert len(last_slowdowns(session, TARGET_ID, 10)) == (not withdrawn)
            assert ("toynet" in training_runs(session)) is not withdrawn


def test_an_unknown_measurement_is_refused(catalog: Catalog) -> None:
    with pytest.raises(RecordRefused, match="There is no measurement 'nothing'"), catalog.write() as session:
        withdraw(session, "nothing", MARK)


@pytest.mark.parametrize("reason", ["", " ", "a\x1b[2J"])
def test_the_reason_is_a_text(catalog: Catalog, reason: str) -> None:
    with pytest.raises(RecordRefused, match="reason"):
        withdraw_in(catalog, NEWER, Withdrawal(reason, NOON))
    assert latencies(catalog) == [20.0]
