import json
import re
from typing import Any

import pytest

from catalog.entities.measurements import Measurement
from catalog.entities.networks import (
    Accuracy,
    Checkpoint,
    CountedWorkload,
)
from catalog.errors import ExchangeError
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.summaries.cards import find_card
from catalog.storage.tables import ArchitectureRow
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    without_reference,
)
from tests.catalog.exchange.lines import (
    HEADER,
    TAG,
    changed,
    document_of,
    fill,
    import_lines,
    line_of,
    lines_of,
    refuse,
)
from tests.conftest import Databases


def without(record: Any, name: str) -> str:
    """The record's line without one of its fields."""
    document = document_of(record)
    del document[name]
    return json.dumps(document)


pytestmark = pytest.mark.empty_catalog


# What is refused


SAMPLED = make_measurement("toynet", samples=(make_sample(),))
MALFORMED = {
    "nothing": ("", "not JSON"),
    "half a line": (line_of(make_architecture())[:-1], "not JSON"),
    "two objects": ("{} {}", "not JSON"),
    "single quotes": (line_of(make_architecture()).replace('"', "'"), "not JSON"),
    "a list": ("[]", "not a JSON object"),
    "a text": ('"architecture"', "not a JSON object"),
    "null": ("null", "not a JSON object"),
    "a very deep list": ("[" * 100_000, "not JSON"),
    "NaN": (line_of(make_accuracy()).replace("75.0", "NaN"), "NaN is not a number"),
    "Infinity": (line_of(make_accuracy()).replace("75.0", "Infinity"), "Infinity is not a number"),
    "minus Infinity": (line_of(make_accuracy()).replace("75.0", "-Infinity"), "-Infinity is not a number"),
    "a number that overflows": (line_of(make_accuracy()).replace("75.0", "1e999"), ""),
    "no kind": (without(make_architecture(), TAG), "unknown kind None"),
    "an unknown kind": (changed(make_architecture(), TAG, "gadget"), "unknown kind 'gadget'.*architecture"),
    "a kind that is no text": (changed(make_architecture(), TAG, ["architecture"]), "unknown kind"),
    "an unknown field": (changed(make_architecture(), "colour", "red"), "architecture: .*colour"),
    "an unknown field of a part": (
        changed(SAMPLED, "configuration.colour", "red"),
        "measurement: .*configuration.*colour",
    ),
    "an unknown field of a part in a list": (
        changed(SAMPLED, "outcome.samples.0.colour", "red"),
        "measurement: .*samples.*colour",
    ),
    "a missing field": (without(make_architecture(), "name"), "architecture: name"),
    "a missing part": (without(SAMPLED, "workload"), "measurement: workload"),
    "a text for a number": (changed(make_architecture(), "year", "soon"), "architecture: year"),
    "half a year": (changed(make_architecture(), "year", 2020.5), "architecture: year"),
    "a number for a text": (changed(make_architecture(), "name", 5), "architecture: name"),
    "null for a number": (changed(make_accuracy(), "top1", None), "accuracy: top1"),
    "an unknown word": (
        changed(SAMPLED, "outcome.status", "perhaps"),
        "measurement: outcome.status: unknown status 'perhaps'",
    ),
    "an unknown metric": (
        changed(SAMPLED, "outcome.values.0.metric", "speed"),
        "measurement: outcome.values.0.metric",
    ),
    "no time": (changed(SAMPLED, "measured_at", "yesterday"), "measurement: measured_at"),
    "a time without zone": (
        changed(SAMPLED, "measured_at", "2026-01-01T12:00:00"),
        "measurement: measured_at",
    ),
    "an integer that no column holds": (changed(make_architecture("x"), "year", 10**20), ""),
    "half a character": (changed(make_architecture(), "name", "\ud800"), "half a character"),
}


@pytest.mark.parametrize(("line", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_line_is_named_and_nothing_is_stored(catalog: Catalog, line: str, message: str) -> None:
    before = line_of(make_architecture())
    refuse(catalog, [HEADER, before, line, before], 3, message or "Line 3")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "not JSON"),
        ("not JSON at all", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "not an archrank export"),
        (line_of(make_architecture()), "not an archrank export"),
        ('{"format": "something else", "version": 1}', "not an archrank export"),
        (
            '{"format": "archrank-catalog"}',
            "version None is unknown\\. This archrank reads 1, 2, 3, 4, 5, 6, 7\\.",
        ),
        ('{"format": "archrank-catalog", "version": 0}', "version 0 is unknown"),
        ('{"format": "archrank-catalog", "version": 8}', "version 8 is unknown"),
        ('{"format": "archrank-catalog", "version": [2]}', "version \\[2\\] is unknown"),
        ('{"format": "archrank-catalog", "version": "1"}', "version '1' is unknown"),
    ],
    ids=[
        "empty",
        "text",
        "list",
        "no format",
        "no header",
        "another format",
        "no version",
        "an older version",
        "a newer version",
        "a version in a list",
        "a version in quotes",
    ],
)
def test_a_malformed_header_is_named_and_nothing_is_stored(catalog: Catalog, line: str, message: str) -> None:
    refuse(catalog, [line, line_of(make_architecture())], 1, message)


def test_an_empty_file_is_refused_at_its_first_line(catalog: Catalog) -> None:
    refuse(catalog, [], 1, "the file is empty")


UNKNOWN = [
    make_checkpoint("unknown.v1"),
    make_accuracy("unknown.v1"),
    make_counted_workload("unknown"),
    make_measurement("unknown"),
]


@pytest.mark.parametrize("record", UNKNOWN, ids=lambda record: type(record).__name__)
def test_a_reference_to_something_unknown_is_named(catalog: Catalog, record: object) -> None:
    refuse(catalog, [HEADER, line_of(make_architecture()), line_of(record)], 3, "unknown")


@pytest.mark.parametrize("record", UNKNOWN, ids=lambda record: type(record).__name__)
def test_a_reference_to_something_unknown_is_named_among_sound_lines(
    catalog: Catalog, record: object
) -> None:
    sound = {
        Checkpoint: make_checkpoint(),
        Accuracy: make_accuracy(),
        CountedWorkload: make_counted_workload(),
        Measurement: make_measurement("toynet"),
    }[type(record)]
    lines = [HEADER, line_of(make_architecture()), line_of(make_checkpoint())]
    refuse(catalog, [*lines, line_of(sound), line_of(record), line_of(sound)], 5, "unknown")


def test_an_accuracy_on_a_data_set_that_the_catalog_does_not_know_is_refused(catalog: Catalog) -> None:
    before = [HEADER, line_of(make_architecture()), line_of(make_checkpoint())]
    refuse(catalog, [*before, changed(make_accuracy(), "dataset", "cifar-10")], 4, "dataset")


def test_a_reference_must_look_back(catalog: Catalog) -> None:
    refuse(catalog, [HEADER, line_of(make_checkpoint()), line_of(make_architecture())], 2, "unknown")


def test_an_error_far_down_the_file_takes_everything_back(catalog: Catalog) -> None:
    many = [line_of(make_architecture(f"toynet{number}")) for number in range(1200)]
    refuse(catalog, [HEADER, line_of(make_architecture()), *many, "{"], 1203, "not JSON")


def test_text_that_postgresql_cannot_hold_is_refused(databases: Databases) -> None:
    catalog = open_catalog(databases.full("postgresql"))
    refuse(catalog, [HEADER, line_of(make_architecture("zero\0byte"))], 2, "architecture")
    catalog.close()


def test_a_file_can_be_imported_after_it_was_mended(catalog: Catalog) -> None:
    with pytest.raises(ExchangeError):
        import_lines(catalog, [HEADER, line_of(make_measurement("toynet"))])
    summary = import_lines(
        catalog, [HEADER, line_of(make_architecture()), line_of(make_measurement("toynet"))]
    )
    assert summary.new_measurements == 1


# Going on behind faults


def test_sound_lines_are_taken_and_the_others_reported_in_their_order(catalog: Catalog) -> None:
    lines = [
        HEADER,
        line_of(make_architecture()),
        "{",
        line_of(make_checkpoint("unknown.v1")),
        line_of(make_checkpoint()),
        changed(make_accuracy(), "top1", "high"),
        line_of(make_accuracy()),
        line_of(make_counted_workload("unknown")),
        line_of(make_counted_workload()),
        line_of(make_measurement("toynet")),
        line_of(make_measurement("unknown")),
        line_of(make_measurement("toynet", threads=2)),
        line_of(make_measurement("toynet", threads=2)),
        "",
    ]
    summary = import_lines(catalog, lines, keep_going=True)
    assert [fault.line for fault in summary.faults] == [3, 4, 6, 8, 11, 14]
    assert all(fault.complaint.startswith(f"Line {fault.line}: ") for fault in summary.faults)
    assert dict(summary.records) == {
        "architecture": 1,
        "checkpoint": 1,
        "accuracy": 1,
        "target": 0,
        "workload": 1,
        "measurement": 3,
    }
    assert summary.new_measurements == 2
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert (card.checkpoints, card.accuracies) == ((make_checkpoint(),), (make_accuracy(),))
    assert card.workloads == (make_counted_workload(),)
    assert len(card.measurements) == 2


@pytest.mark.parametrize(("line", "message"), MALFORMED.values(), ids=MALFORMED)
def test_every_malformed_line_is_reported_and_left_out(catalog: Catalog, line: str, message: str) -> None:
    summary = import_lines(catalog, [HEADER, line, line_of(make_architecture())], keep_going=True)
    (fault,) = summary.faults
    assert fault.line == 2
    assert re.search(message, fault.complaint)
    assert summary.records["architecture"] == 1
    with catalog.read() as session:
        assert session.get(ArchitectureRow, "toynet") is not None


@pytest.mark.parametrize("record", UNKNOWN, ids=lambda record: type(record).__name__)
def test_what_refers_to_something_unknown_is_left_out(catalog: Catalog, record: object) -> None:
    lines = [HEADER, line_of(make_architecture()), line_of(record), line_of(make_architecture("othernet"))]
    summary = import_lines(catalog, lines, keep_going=True)
    (fault,) = summary.faults
    assert fault.line == 3
    assert "unknown" in fault.complaint
    assert sum(summary.records.values()) == summary.records["architecture"] == 2


def test_one_fault_does_not_take_its_neighbours_along(catalog: Catalog) -> None:
    names = [f"toynet{number}" for number in range(1100)]
    lines = [line_of(make_checkpoint(f"{name}.v1")) for name in names]
    lines[700] = line_of(make_checkpoint("unknown.v1"))
    architectures = [line_of(make_architecture(name)) for name in names]
    summary = import_lines(catalog, [HEADER, *architectures, *lines], keep_going=True)
    assert [fault.line for fault in summary.faults] == [1 + 1100 + 701]
    assert (summary.records["architecture"], summary.records["checkpoint"]) == (1100, 1099)


def test_going_on_behind_no_fault_is_the_same_import(catalog: Catalog, sqlite_catalog: Catalog) -> None:
    fill(catalog)
    exported = lines_of(catalog)
    other = without_reference(sqlite_catalog) if catalog.dialect != "sqlite" else catalog
    summary = import_lines(other, exported, keep_going=True)
    assert summary.faults == ()
    assert lines_of(other) == exported


def test_a_malformed_header_ends_the_import_all_the_same(catalog: Catalog) -> None:
    with pytest.raises(ExchangeError, match="version 8 is unknown"):
        import_lines(
            catalog,
            ['{"format": "archrank-catalog", "version": 8}', line_of(make_architecture())],
            keep_going=True,
        )
    with catalog.read() as session:
        assert session.get(ArchitectureRow, "toynet") is None
