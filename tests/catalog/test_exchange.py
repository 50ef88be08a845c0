import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from catalog import exchange
from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.measurements import Failure, Measurement, MetricValue, Success
from catalog.entities.networks import (
    Accuracy,
    Architecture,
    Checkpoint,
    CountedWorkload,
    Counts,
    Stage,
    Workload,
)
from catalog.entities.samples import ProcessSample
from catalog.errors import ExchangeError
from catalog.exchange import FORMAT, VERSION, ImportSummary, export_lines, import_lines
from catalog.opening import open_catalog
from catalog.storage.cards import find_card
from catalog.storage.database import Catalog, ReadSession, revision
from catalog.storage.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements import MeasurementQuery, add_measurements, find_measurements
from catalog.storage.tables import ArchitectureRow
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Device,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    make_target,
    make_workload,
    store_measurements,
    without_reference,
)
from tests.conftest import Backend, Databases

HEADER = json.dumps({"format": FORMAT, "version": VERSION})


def document_of(record: Any) -> dict[str, Any]:
    """What an export has for the record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "everything", lambda session: [record])
        _, line = export_lines(ReadSession(Session()))
    document: dict[str, Any] = json.loads(line)
    return document


# The field that names a record's kind stands first.
TAG = next(iter(document_of(Architecture("x"))))


def line_of(record: Any) -> str:
    return json.dumps(document_of(record))


def changed(record: Any, path: str, value: object) -> str:
    """The record's line with the field at the dotted `path` set to `value`."""
    document = document_of(record)
    *parents, name = path.split(".")
    part: Any = document
    for parent in parents:
        part = part[int(parent)] if isinstance(part, list) else part[parent]
    part[name] = value
    return json.dumps(document)


def without(record: Any, name: str) -> str:
    """The record's line without one of its fields."""
    document = document_of(record)
    del document[name]
    return json.dumps(document)


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """A catalog without the thousands of lines that the reference tables come to."""
    return without_reference(catalog)


def lines_of(catalog: Catalog) -> list[str]:
    with catalog.read() as session:
        return list(export_lines(session))


def revision_of(catalog: Catalog) -> int:
    with catalog.read() as session:
        return revision(session)


def fill(catalog: Catalog) -> None:
    """Something of every kind, with what is awkward to carry."""
    published = make_measurement(
        "toynet",
        batch_size=512,
        threads=None,
        scenario=Scenario.TRAINING,
        batch_policy=BatchPolicy.LARGEST_FITTING,
        form=Form.TRAINING,
    )
    failed = make_measurement(
        "toynet",
        threads=2,
        status=Status.FAILED,
        reason=FailureReason.CRASHED,
        detail="größer\n“quoted”\t\\ 🦆",
    )
    measured = make_measurement(
        "toynet",
        0.1 + 0.2,
        measured_at=NOON + timedelta(microseconds=1),
        values=(MetricValue(Metric.DEVICE_MEMORY_MB, None, absent_reason="no device"),),
        samples=(make_sample(), make_sample(calls=0)),
        doubts=(Doubt.CONTENDED, Doubt.FEW_CALLS),
    )
    with catalog.write() as session:
        save_architectures(
            session,
            [
                make_architecture(tags=("größer", "b"), stages=(Stage(4, 64), Stage(8, 9))),
                Architecture("bare"),
            ],
        )
        save_checkpoints(
            session, [make_checkpoint(), make_checkpoint("toynet.V_2"), Checkpoint("bare.x", "bare")]
        )
        save_accuracies(session, [make_accuracy(top1=1 / 3), make_accuracy(precision=Precision.INT8)])
        save_targets(session, [make_target("unmeasured", identity={"cpus": 4, "vendor": "4"})])
        save_workloads(
            session,
            [make_counted_workload(), make_counted_workload("bare", count_failure="no such operator")],
        )
        add_measurements(session, [failed, measured, published, make_measurement("bare", size_bytes=None)])


# Round trips


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
@pytest.mark.parametrize("destination", ["sqlite", "postgresql"])
def test_an_import_of_an_export_exports_the_same_lines(
    databases: Databases, source: Backend, destination: Backend
) -> None:
    here, there = (
        without_reference(open_catalog(databases.full(backend))) for backend in (source, destination)
    )
    fill(here)
    exported = lines_of(here)
    import_lines(there, exported)
    assert lines_of(there) == exported
    here.close()
    there.close()


def test_nothing_is_lost_from_sqlite_through_postgresql_to_sqlite(databases: Databases) -> None:
    catalogs = [
        without_reference(open_catalog(databases.full(backend)))
        for backend in ("sqlite", "postgresql", "sqlite")
    ]
    fill(catalogs[0])
    for source, destination in pairwise(catalogs):
        import_lines(destination, lines_of(source))
    first, _, last = (lines_of(catalog) for catalog in catalogs)
    assert "\n".join(last).encode() == "\n".join(first).encode()
    for catalog in catalogs:
        catalog.close()


def test_the_same_catalog_always_gives_the_same_lines(catalog: Catalog) -> None:
    fill(catalog)
    assert lines_of(catalog) == lines_of(catalog)


def test_the_order_of_storing_does_not_show_in_an_export(databases: Databases, backend: Backend) -> None:
    forwards, backwards = (without_reference(open_catalog(databases.full(backend))) for _ in range(2))
    measurements = [make_measurement(f"toynet{number}") for number in range(20)]
    store_measurements(forwards, *measurements)
    for measurement in reversed(measurements):
        store_measurements(backwards, measurement)
    assert lines_of(forwards) == lines_of(backwards)
    forwards.close()
    backwards.close()


def test_importing_twice_changes_nothing_but_the_revision(catalog: Catalog) -> None:
    fill(catalog)
    exported, before = lines_of(catalog), revision_of(catalog)
    for expected in (before + 1, before + 2):
        summary = import_lines(catalog, exported)
        assert summary.new_measurements == 0
        assert lines_of(catalog) == exported
        assert revision_of(catalog) == expected


def test_a_measurement_is_carried_by_its_own_line(catalog: Catalog) -> None:
    measurement = make_measurement("toynet", samples=(make_sample(),), doubts=(Doubt.NO_INTERVAL,))
    summary = import_lines(catalog, [HEADER, line_of(Architecture("toynet")), line_of(measurement)])
    assert summary.new_measurements == 1
    with catalog.read() as session:
        assert find_measurements(session, MeasurementQuery(), with_samples=True) == [measurement]


def test_a_measurement_taken_in_another_time_zone_keeps_its_id(catalog: Catalog) -> None:
    line = changed(make_measurement("toynet"), "measured_at", "2026-01-01T14:00:00+02:00")
    import_lines(catalog, [HEADER, line_of(Architecture("toynet")), line])
    summary = import_lines(catalog, lines_of(catalog))
    assert summary.new_measurements == 0
    assert summary.records["measurement"] == 1


def test_the_import_says_what_it_read_and_what_was_new(catalog: Catalog) -> None:
    known, new = make_measurement("toynet"), make_measurement("toynet", threads=2)
    store_measurements(catalog, known)
    summary = import_lines(
        catalog,
        [
            HEADER,
            line_of(make_architecture()),
            line_of(make_checkpoint()),
            line_of(make_checkpoint("toynet.v2")),
            line_of(make_accuracy()),
            line_of(make_target()),
            line_of(make_counted_workload()),
            line_of(known),
            line_of(new),
            line_of(new),
        ],
    )
    assert summary == ImportSummary(
        {"architecture": 1, "checkpoint": 2, "accuracy": 1, "target": 1, "workload": 1, "measurement": 3}, 1
    )


def test_a_file_with_nothing_but_a_header_holds_nothing(catalog: Catalog) -> None:
    before = lines_of(catalog)
    summary = import_lines(catalog, [HEADER])
    assert (set(summary.records.values()), summary.new_measurements) == ({0}, 0)
    assert lines_of(catalog) == before


def test_imported_facts_fill_in_what_was_unknown(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [Architecture("toynet", year=2019, paper="arXiv:1")])
    import_lines(catalog, [HEADER, line_of(Architecture("toynet", family="toynets", year=2020))])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == Architecture("toynet", "toynets", 2020, "arXiv:1")


def test_kinds_may_alternate_as_long_as_references_look_back(catalog: Catalog) -> None:
    summary = import_lines(
        catalog,
        [
            HEADER,
            *(
                line
                for name in ("one", "two", "three")
                for line in (line_of(make_architecture(name)), line_of(make_checkpoint(f"{name}.v1")))
            ),
        ],
    )
    assert (summary.records["architecture"], summary.records["checkpoint"]) == (3, 3)


def test_lines_may_end_in_newlines_and_hold_spaces(catalog: Catalog) -> None:
    spaced = json.dumps(document_of(Architecture("toynet")), indent=None, separators=(" , ", " : "))
    summary = import_lines(catalog, (f"  {line} \r\n" for line in (HEADER, spaced)))
    assert summary.records["architecture"] == 1


def test_an_export_begins_with_its_format_and_version(catalog: Catalog) -> None:
    fill(catalog)
    header, *records = lines_of(catalog)
    assert json.loads(header) == {"format": "archrank-catalog", "version": 4}
    kinds = [json.loads(record)[TAG] for record in records]
    assert list(dict.fromkeys(kinds)) == [
        "architecture",
        "checkpoint",
        "accuracy",
        "target",
        "workload",
        "measurement",
    ]


def test_every_exported_line_is_ascii(catalog: Catalog) -> None:
    fill(catalog)
    assert all(line.isascii() and "\n" not in line for line in lines_of(catalog))


# What is refused


def refuse(catalog: Catalog, lines: Iterable[str], line: int, message: str) -> None:
    """The import fails naming the line, and leaves the catalog as it was."""
    before = revision_of(catalog)
    with pytest.raises(ExchangeError, match=message) as caught:
        import_lines(catalog, lines)
    assert caught.value.line == line
    assert caught.value.message.startswith(f"Line {line}: ")
    assert caught.value.remedy == "Nothing of the file was imported. Correct the line and import again."
    assert revision_of(catalog) == before
    with catalog.read() as session:
        assert session.get(ArchitectureRow, "toynet") is None


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
        ('{"format": "archrank-catalog"}', "version None is unknown\\. This archrank reads 1, 2, 3"),
        ('{"format": "archrank-catalog", "version": 0}', "version 0 is unknown"),
        ('{"format": "archrank-catalog", "version": 5}', "version 5 is unknown"),
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
    refuse(catalog, [], 1, "not JSON")


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


# Files of version 1

HEADER_1 = '{"format":"archrank-catalog","version":1}'
# As archrank 0.1.0 wrote them, before catalogs knew what is missing here.
RECORDS_1: dict[str, dict[str, Any]] = {
    "architecture": {
        "record": "architecture",
        "name": "toynet",
        "family": "toynets",
        "year": 2020,
        "paper": None,
        "default_tag": "v1",
        "fixed_input": False,
    },
    "checkpoint": {
        "record": "checkpoint",
        "name": "toynet.v1",
        "architecture": "toynet",
        "num_classes": 1000,
        "license": "MIT",
        "commercial_use": True,
        "training_data": None,
        "native_size": 224,
    },
    "workload": {
        "record": "workload",
        "workload": {
            "architecture": "toynet",
            "num_classes": 1000,
            "input_size": 224,
            "form": "deployed",
        },
        "counts": {"params_m": 11.5, "gmacs": 1.8, "activations_m": 2.5, "operators": {"conv": 1.8}},
        "count_failure": None,
    },
    "measurement": {
        "record": "measurement",
        "workload": {
            "architecture": "toynet",
            "num_classes": 1000,
            "input_size": 224,
            "form": "deployed",
        },
        "configuration": {
            "runtime": "onnxruntime",
            "precision": "fp32",
            "batch_size": 1,
            "threads": 2,
            "device": "cpu",
            "layout": "nchw",
            "compiled": False,
            "arena": None,
            "scenario": "single_stream",
        },
        "target": {
            "id": "test-cpu-2c-abcdef",
            "kind": "cpu",
            "label": "Test CPU, 2 CPUs",
            "identity": {"model_name": "Test CPU", "cpus": 2},
        },
        "environment": {
            "runtime_version": "1.24.0",
            "driver": None,
            "kernel": "6.1.0",
            "governor": None,
        },
        "provenance": "measured",
        "status": "ok",
        "protocol": "1",
        "measured_at": "2026-01-01T12:00:00Z",
        "source": "a test",
        "artefact": None,
        "reason": None,
        "detail": None,
        "doubts": ["few_calls"],
        "values": [
            {
                "metric": "latency_ms",
                "value": 10.0,
                "low": 9.8,
                "high": 10.3,
                "level": 0.95,
                "absent_reason": None,
            }
        ],
        "samples": [],
    },
}
LINES_1 = [HEADER_1, *map(json.dumps, RECORDS_1.values())]


def test_a_file_of_version_1_is_read_with_what_it_does_not_say_unknown(catalog: Catalog) -> None:
    summary = import_lines(catalog, LINES_1)
    assert (summary.new_measurements, summary.faults) == (1, ())
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert card.architecture == Architecture("toynet", "toynets", 2020, default_tag="v1", fixed_input=False)
    assert card.checkpoints == (
        Checkpoint("toynet.v1", "toynet", 1000, "MIT", commercial_use=True, native_size=224),
    )
    assert card.workloads == (CountedWorkload(make_workload(), Counts(11.5, 1.8, 2.5, {"conv": 1.8})),)
    assert card.measurements == (
        make_measurement(
            "toynet",
            10.0,
            9.8,
            10.3,
            threads=2,
            size_bytes=None,
            peak_memory_mb=None,
            doubts=(Doubt.FEW_CALLS,),
        ),
    )


def test_a_measurement_of_a_file_of_version_1_is_the_same_one_today(catalog: Catalog) -> None:
    import_lines(catalog, LINES_1)
    exported = lines_of(catalog)
    assert json.loads(exported[0])["version"] == VERSION
    for lines in (exported, LINES_1):
        assert import_lines(catalog, lines).new_measurements == 0
        assert lines_of(catalog) == exported


def test_a_file_of_version_1_erases_nothing_that_is_known_today(catalog: Catalog) -> None:
    architecture = make_architecture(tags=("toynets",), stages=(Stage(32, 512),))
    with catalog.write() as session:
        save_architectures(session, [architecture])
        save_checkpoints(session, [make_checkpoint(license="MIT", hub_id="timm/toynet.v1")])
        save_workloads(session, [make_counted_workload()])
    import_lines(catalog, LINES_1)
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == architecture
    assert card.checkpoints == (make_checkpoint(license="MIT", hub_id="timm/toynet.v1"),)
    assert card.workloads == (make_counted_workload(),)


def test_the_text_that_version_1_had_for_training_data_is_left_out(catalog: Catalog) -> None:
    record = json.dumps({**RECORDS_1["checkpoint"], "training_data": "imagenet-1k"})
    import_lines(catalog, [HEADER_1, json.dumps(RECORDS_1["architecture"]), record])
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert card.checkpoints[0].training_data == ()


@pytest.mark.parametrize("value", [None, "imagenet-1k"], ids=["null", "a text"])
def test_version_2_refuses_the_training_data_of_version_1(catalog: Catalog, value: str | None) -> None:
    record = json.dumps({**RECORDS_1["checkpoint"], "training_data": value})
    refuse(catalog, [HEADER, json.dumps(RECORDS_1["architecture"]), record], 3, "checkpoint: training_data")


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
    assert all(fault.message.startswith(f"Line {fault.line}: ") for fault in summary.faults)
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
    assert re.search(message, fault.message)
    assert summary.records["architecture"] == 1
    with catalog.read() as session:
        assert session.get(ArchitectureRow, "toynet") is not None


@pytest.mark.parametrize("record", UNKNOWN, ids=lambda record: type(record).__name__)
def test_what_refers_to_something_unknown_is_left_out(catalog: Catalog, record: object) -> None:
    lines = [HEADER, line_of(make_architecture()), line_of(record), line_of(make_architecture("othernet"))]
    summary = import_lines(catalog, lines, keep_going=True)
    (fault,) = summary.faults
    assert fault.line == 3
    assert "unknown" in fault.message
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
    with pytest.raises(ExchangeError, match="version 5 is unknown"):
        import_lines(
            catalog,
            ['{"format": "archrank-catalog", "version": 5}', line_of(make_architecture())],
            keep_going=True,
        )
    with catalog.read() as session:
        assert session.get(ArchitectureRow, "toynet") is None


# Whatever a measurement may be

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # not -0.0
WHOLE = st.integers(0, 2**62)
SAMPLES = st.builds(
    ProcessSample,
    wall_ns=st.lists(WHOLE, max_size=5).map(tuple),
    cpu_ns=st.lists(WHOLE, max_size=5).map(tuple),
    warm_up_calls=WHOLE,
    warm_up_settled=st.booleans(),
    imported_bytes=WHOLE,
    loaded_bytes=WHOLE,
    peak_bytes=WHOLE,
    foreign_cpus=NUMBER,
    deviation=NUMBER,
    affinity=st.lists(WHOLE, max_size=3).map(tuple),
    started_at=TEXT,
    seconds=st.dictionaries(TEXT, NUMBER, max_size=3),
)
VALUES = st.lists(
    st.builds(
        MetricValue,
        metric=st.sampled_from(Metric),
        value=st.none() | NUMBER,
        low=st.none() | NUMBER,
        high=st.none() | NUMBER,
        level=st.none() | NUMBER,
        absent_reason=st.none() | TEXT,
    ),
    unique_by=lambda value: value.metric,
    max_size=4,
).map(lambda values: tuple(sorted(values, key=lambda value: value.metric)))

SOME_SAMPLES = st.lists(SAMPLES, max_size=2).map(tuple)
SUCCESSES = st.builds(
    Success,
    values=VALUES,
    doubts=st.lists(st.sampled_from(Doubt), max_size=3).map(tuple),
    samples=SOME_SAMPLES,
    set_aside=SOME_SAMPLES,
    interval_target_met=st.none() | st.booleans(),
)
FAILURES = st.builds(Failure, reason=st.sampled_from(FailureReason), detail=st.none() | TEXT)


@st.composite
def measurements(draw: st.DrawFn, numbers: Iterable[int]) -> Measurement:
    """Any measurement, of an architecture, a target and an artefact that no other one shares."""
    number = next(iter(numbers))
    workload = Workload(
        f"net{number}",
        num_classes=draw(st.integers(1, 2**31 - 1)),
        input_size=draw(st.integers(1, 2**31 - 1)),
        form=draw(st.sampled_from(Form)),
    )
    artefact = st.builds(
        Artefact,
        workload=st.just(workload),
        format=TEXT,
        precision=st.sampled_from(Precision),
        toolchain=TEXT,
        bytes=WHOLE,
        sha256=st.just(f"{number:064x}"),
        deviation=st.none() | NUMBER,
    )
    return Measurement(
        workload=workload,
        configuration=draw(
            st.builds(
                Configuration,
                runtime=st.sampled_from(RuntimeName),
                precision=st.sampled_from(Precision),
                batch_size=st.integers(1, 2**31 - 1),
                threads=st.none() | st.integers(1, 2**31 - 1),
                device=st.sampled_from(Device),
                layout=st.sampled_from(Layout),
                compiled=st.booleans(),
                arena=st.none() | st.booleans(),
                scenario=st.sampled_from(Scenario),
                batch_policy=st.sampled_from(BatchPolicy),
            )
        ),
        target=Target(
            f"target{number}",
            draw(st.sampled_from(Device)),
            draw(TEXT),
            draw(st.dictionaries(TEXT, TEXT | WHOLE, max_size=4)),
        ),
        environment=draw(
            st.builds(
                Environment,
                runtime_version=TEXT,
                driver=st.none() | TEXT,
                kernel=st.none() | TEXT,
                governor=st.none() | TEXT,
            )
        ),
        provenance=draw(st.sampled_from(Provenance)),
        protocol=draw(TEXT),
        protocol_version=draw(st.none() | st.integers(0, 2**31 - 1)),
        measured_at=draw(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        source=draw(TEXT),
        published_table=draw(st.none() | TEXT),
        artefact=draw(st.none() | artefact),
        outcome=draw(SUCCESSES | FAILURES),
    )


def test_any_measurement_survives_being_imported_stored_and_exported(
    catalog: Catalog, sqlite_catalog: Catalog
) -> None:
    @settings(max_examples=30)
    @given(measurements(count()))
    def check(measurement: Measurement) -> None:
        architecture = Architecture(measurement.workload.architecture)
        import_lines(catalog, [HEADER, line_of(architecture), line_of(measurement)])
        with catalog.read() as session:
            query = MeasurementQuery(architecture=architecture.name)
            assert find_measurements(session, query, with_samples=True) == [measurement]

    check()
    exported = lines_of(catalog)
    other = without_reference(sqlite_catalog)
    import_lines(other, exported)
    assert lines_of(other) == exported
