"""What an import refuses: names the line and the field, and leaves the catalog as it was."""

from typing import Any

import pytest

from catalog.errors import RecordRefused
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.summaries.cards import find_card
from catalog.words.vocabulary import Status
from tests.builders import (
    failure_of,
    make_accuracy,
    make_architecture,
    make_artefact,
    make_checkpoint,
    make_measurement,
    make_sample,
    make_target,
    make_workload,
    store_measurements,
)
from tests.catalog.border.test_checking import IMPOSSIBLE
from tests.catalog.exchange.lines import HEADER, changed, document_of, import_lines, line_of, refuse

MEASURED = make_measurement("toynet", samples=(make_sample(),))


pytestmark = pytest.mark.empty_catalog


OTHER_ARTEFACT = document_of(make_measurement("toynet"))["artefact"] | {
    "workload": document_of(make_measurement("othernet"))["workload"]
}
ABSURD: dict[str, tuple[Any, str, Any, str]] = {
    "a level in percent": (
        MEASURED,
        "outcome.values.0.level",
        95,
        "measurement: outcome.values.0.level: 95 ",
    ),
    "latency 0": (MEASURED, "outcome.values.0.value", 0, r"outcome.values.0.value: 0 ms is no latency_ms"),
    "latency -5": (MEASURED, "outcome.values.0.value", -5, "outcome.values.0.value: -5 ms"),
    "latency 1e-300": (MEASURED, "outcome.values.0.value", 1e-300, "outcome.values.0.value: 1e-300 ms"),
    "latency 1e308": (MEASURED, "outcome.values.0.value", 1e308, "outcome.values.0"),
    "low above high": (MEASURED, "outcome.values.0.low", 11, "outcome.values.0: low 11, value 10.0, high"),
    "half an interval": (MEASURED, "outcome.values.0.high", None, "outcome.values.0: low, high and level"),
    "processes -3": (MEASURED, "outcome.values.0.processes", -3, "outcome.values.0.processes: -3 "),
    "its own top1": (
        MEASURED,
        "outcome.values.0.metric",
        "top1",
        "outcome.values.0.metric: top1 is no number",
    ),
    "a value beside its samples": (
        MEASURED,
        "outcome.values.0.value",
        9.9,
        "outcome.values.0.value: 9.9 is no",
    ),
    "the year 2999": (
        MEASURED,
        "measured_at",
        "2999-01-01T00:00:00Z",
        "measured_at: 2999-01-01 is in the future",
    ),
    "the last second": (MEASURED, "measured_at", "9999-12-31T23:59:59-12:00", "measured_at is out of range"),
    "the first second": (MEASURED, "measured_at", "0001-01-01T00:00:00+12:00", "measured_at is out of range"),
    "a number as a date": (MEASURED, "measured_at", 10**18, "measured_at"),
    "ok without values": (
        MEASURED,
        "outcome.values",
        [],
        "outcome.values: The case is ok, and has no number",
    ),
    "another workload's artefact": (
        MEASURED,
        "artefact",
        OTHER_ARTEFACT,
        "artefact.workload: The artefact is of",
    ),
    "accuracies of 150 %": (make_accuracy(), "top1", 150, "accuracy: top1: 150 is not plausible"),
    "a failure with values": (
        make_measurement("toynet", status=Status.FAILED),
        "outcome.values",
        document_of(MEASURED)["outcome"]["values"],
        "outcome.values",
    ),
    "a shell's command": (make_architecture(), "name", "net; $(touch x)", "architecture: name: .*is no name"),
    "an escape": (make_target(), "label", "\x1b[2J", "target: label: The text contains"),
}


@pytest.mark.parametrize(("record", "path", "value", "message"), ABSURD.values(), ids=ABSURD)
def test_an_absurd_line_is_refused_with_its_field(
    catalog: Catalog, record: Any, path: str, value: Any, message: str
) -> None:
    before = [HEADER, line_of(make_architecture()), line_of(make_checkpoint())]
    refuse(catalog, [*before, changed(record, path, value)], 4, message)


@pytest.mark.parametrize(("record", "field", "complaint"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_the_same_schema_holds_for_what_a_campaign_stores(
    catalog: Catalog, record: Any, field: str, complaint: str
) -> None:
    if type(record) is not type(MEASURED):
        pytest.skip("A campaign stores measurements.")
    with pytest.raises(RecordRefused) as caught:
        store_measurements(catalog, record)
    assert field in caught.value.message
    with catalog.read() as session:
        assert find_measurements(session, MeasurementQuery()) == []


def test_a_flat_failure_of_an_older_export_has_no_values_either(catalog: Catalog) -> None:
    flat = {
        **{
            name: part for name, part in document_of(MEASURED).items() if name not in ("outcome", "withdrawn")
        },
        "status": "failed",
        "reason": "crashed",
        "detail": None,
        "values": document_of(MEASURED)["outcome"]["values"],
    }
    import json

    lines = ['{"format":"archrank-catalog","version":3}', line_of(make_architecture()), json.dumps(flat)]
    refuse(catalog, lines, 3, "outcome.values")


def test_what_a_program_said_is_kept_without_what_a_terminal_obeys(catalog: Catalog) -> None:
    said = make_measurement("toynet", status=Status.FAILED, detail="red: \x1b[31mno\x1b[0m\r\nmore\t\u202e")
    store_measurements(catalog, said)
    import_lines(catalog, [HEADER, line_of(make_architecture("othernet")), line_of(said)])
    with catalog.read() as session:
        (stored,) = find_measurements(session, MeasurementQuery())
    assert failure_of(stored).detail == "red: \ufffd[31mno\ufffd[0m\nmore\t\ufffd"


def test_an_artefact_that_is_stored_stays_as_it_is(catalog: Catalog) -> None:
    known = make_measurement("toynet")
    store_measurements(catalog, known)
    forged = make_measurement("toynet", source="another")
    line = changed(forged, "artefact.bytes", 1)
    import_lines(catalog, [HEADER, line], facts=False)
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert [one.artefact for one in card.measurements] == 2 * [make_artefact(make_workload("toynet"))]
