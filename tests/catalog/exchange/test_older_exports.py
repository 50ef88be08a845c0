import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.documents import from_document
from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.samples import Canary, ProcessSample
from catalog.errors import ExchangeError
from catalog.exchange.older_exports import in_this_form, without_host_fault
from catalog.exchange.writing import VERSION, export_lines
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import drop_published
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Precision, Provenance, RuntimeName, Scenario, Status
from tests.builders import (
    make_measurement,
    make_sample,
    success_of,
    without_reference,
)
from tests.catalog.exchange.lines import import_lines

# Lines of exports that archrank 0.1.0 made when the format had version 3, and version 4. The latter has what
# the former has, and a measurement with a canary and a number that says its processes.
LINES_3, LINES_4 = (
    (Path(__file__).parent / "exports" / f"version-{version}.jsonl").read_text().splitlines()
    for version in (3, 4)
)
HEADER_3, *RECORDS_3 = LINES_3
MEASUREMENTS_3 = [document for document in map(json.loads, RECORDS_3) if document["record"] == "measurement"]
FAILED_3, MEASURED_3, TRAINED_3, TIMED_3 = MEASUREMENTS_3

PROTOCOL_2 = (
    "2: 5 to 15 processes until within 2.0% and 2 more; 30 calls and 0.5 s each, at most 0.75 s from 5 calls"
)
MEASURED = make_measurement(
    "toynet",
    threads=2,
    protocol=PROTOCOL_2,
    protocol_version=2,
    source="archrank 0.1.0",
    doubts=(Doubt.FEW_CALLS,),
    samples=(from_document(ProcessSample, MEASURED_3["samples"][0]),),
    set_aside=(from_document(ProcessSample, MEASURED_3["set_aside"][0]),),
    interval_target_met=True,
)
# The kernel killed what made its file, because none was made. That was a fault of the host.
FAILED = without_host_fault(
    make_measurement(
        "toynet",
        threads=4,
        protocol=PROTOCOL_2,
        protocol_version=2,
        source="archrank 0.1.0",
        status=Status.FAILED,
        reason=FailureReason.OUT_OF_MEMORY,
        detail="killed by the kernel",
    )
)
WITH_CANARY = make_measurement(
    "toynet",
    threads=8,
    protocol="2: 5 to 15 processes",
    protocol_version=2,
    values=(MetricValue(Metric.THROUGHPUT_IPS, 100.0, 97.0, 103.0, 0.95, processes=5),),
    samples=(
        replace(
            make_sample(calls=3),
            canary=Canary((1_400_000, 1_410_000), (4_000_000, 4_100_000), 1_390_000.0, 3_950_000.0),
            blocks=(),
            quiet_ns=None,
        ),
    ),
)


pytestmark = pytest.mark.empty_catalog


def measurements_of(catalog: Catalog, architecture: str) -> list[Measurement]:
    with catalog.read() as session:
        query = MeasurementQuery(architecture=architecture, withdrawn=True)
        return find_measurements(session, query, with_samples=True)


def lines_of(catalog: Catalog) -> list[str]:
    with catalog.read() as session:
        return list(export_lines(session))


def test_what_was_measured_is_read_with_its_outcome(catalog: Catalog) -> None:
    summary = import_lines(catalog, LINES_3)
    assert (summary.new_measurements, summary.faults) == (4, ())
    stored = {one.configuration.threads: one for one in measurements_of(catalog, "toynet")}
    assert stored == {2: MEASURED, 4: FAILED}
    assert FAILED.withdrawn is not None


def test_what_was_published_is_read_with_its_table_and_without_threads(catalog: Catalog) -> None:
    import_lines(catalog, LINES_3)
    timed, trained = measurements_of(catalog, "resnet18")
    assert trained.published_table == "benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv"
    assert trained.protocol_version is None
    assert trained.configuration.threads is None
    assert trained.configuration.id == "pytorch-cuda-amp_fp16-nchw-b512-fitting-t0-training"
    assert (trained.configuration.device, trained.configuration.scenario) == (Device.CUDA, Scenario.TRAINING)
    assert trained.measured_at == datetime(2022, 6, 28, tzinfo=UTC)
    (speed,) = success_of(trained).values
    assert (speed.metric, speed.value) == (Metric.TRAIN_THROUGHPUT_IPS, 2742.47)
    assert success_of(trained).doubts == (
        *(Doubt.NO_INTERVAL, Doubt.MEAN_OF_CALLS, Doubt.UNDATED),
        Doubt.IMPORTED,
    )
    assert timed.published_table == "benchmark-infer-fp32-nchw-pt221-cpu-i9_10940x-dynamo.csv"
    assert timed.configuration.id == "pytorch-compiled-cpu-fp32-nchw-b1-t0-single_stream"
    assert (timed.configuration.runtime, timed.configuration.precision) == (
        RuntimeName.PYTORCH,
        Precision.FP32,
    )


def test_published_measurements_are_those_of_the_reference_tables(sqlite_catalog: Catalog) -> None:
    shipped = {one.id: one for one in measurements_of(sqlite_catalog, "resnet18")}
    assert import_lines(sqlite_catalog, LINES_3).new_measurements == 2
    assert {one.id: one for one in measurements_of(sqlite_catalog, "resnet18")} == shipped
    emptied = without_reference(sqlite_catalog)
    import_lines(emptied, LINES_3)
    for measurement in measurements_of(emptied, "resnet18"):
        # Several lines of a table are of one network. The small tables of the tests keep another line.
        assert replace(shipped[measurement.id], outcome=measurement.outcome) == measurement


def test_an_imported_table_is_replaced_like_a_loaded_one(catalog: Catalog) -> None:
    import_lines(catalog, LINES_3)
    with catalog.write() as session:
        drop_published(session, "benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv")
    (timed,) = measurements_of(catalog, "resnet18")
    assert timed.configuration.scenario is Scenario.SINGLE_STREAM


def test_it_is_exported_in_this_form_and_both_files_are_the_same_catalog(catalog: Catalog) -> None:
    import_lines(catalog, LINES_3)
    exported = lines_of(catalog)
    assert json.loads(exported[0])["version"] == VERSION
    documents = [json.loads(line) for line in exported]
    outcomes = {
        document["configuration"]["threads"]: document["outcome"]
        for document in documents
        if document.get("record") == "measurement"
    }
    assert outcomes[4] == {"status": "failed", "reason": "out_of_memory", "detail": "killed by the kernel"}
    assert outcomes[2]["status"] == "ok"
    assert outcomes[2]["interval_target_met"] is True
    assert outcomes.keys() == {None, 2, 4}
    for lines in (exported, LINES_3):
        assert import_lines(catalog, lines).new_measurements == 0
        assert lines_of(catalog) == exported


def test_what_version_4_wrote_of_protocol_2_is_read_with_its_canary_and_without_blocks(
    catalog: Catalog,
) -> None:
    summary = import_lines(catalog, LINES_4)
    assert (summary.new_measurements, summary.faults) == (5, ())
    stored = {one.configuration.threads: one for one in measurements_of(catalog, "toynet")}
    assert stored == {2: MEASURED, 4: FAILED, 8: WITH_CANARY}
    assert import_lines(catalog, LINES_3).new_measurements == 0
    exported = lines_of(catalog)
    assert import_lines(catalog, exported).new_measurements == 0
    assert lines_of(catalog) == exported


# What archrank never wrote, but version 3 allowed


def read(flat: dict[str, Any]) -> dict[str, Any]:
    return dict(in_this_form("measurement", flat, 3))


@pytest.mark.parametrize("detail", [None, "who knows"])
def test_a_failure_without_a_reason_says_so(detail: str | None) -> None:
    assert read({**FAILED_3, "reason": None, "detail": detail})["outcome"] == {
        "status": "failed",
        "reason": "runtime_error",
        "detail": detail or "no reason was recorded",
    }


def test_what_does_not_belong_to_an_outcome_is_left_out(catalog: Catalog) -> None:
    failed = {**FAILED_3, "doubts": ["few_calls"], "precision_met": True}
    measured = {**MEASURED_3, "reason": "crashed", "detail": "SIGSEGV"}
    facts = [line for line in RECORDS_3 if json.loads(line)["record"] != "measurement"]
    import_lines(catalog, [HEADER_3, *facts, json.dumps(failed), json.dumps(measured)])
    stored = {one.configuration.threads: one for one in measurements_of(catalog, "toynet")}
    assert stored == {2: MEASURED, 4: FAILED}


@pytest.mark.parametrize(
    ("protocol", "version"),
    [
        ("1", 1),
        ("1: 5 processes; 30 calls", 1),
        ("12: a\nb: c", 12),
        ("by hand", None),
        ("by hand: 2", None),
        ("2 of them", None),
        ("-2: backwards", None),
        ("², squared", None),
        ("20000000000: later than any column", None),
        ("", None),
    ],
)
def test_the_version_of_the_protocol_is_read_once_from_its_text(protocol: str, version: int | None) -> None:
    document = read({**MEASURED_3, "protocol": protocol})
    assert document.get("protocol_version") == version
    assert document["protocol"] == protocol


@pytest.mark.parametrize("provenance", [Provenance.PUBLISHED, Provenance.ESTIMATED, "hearsay"])
def test_only_what_was_measured_has_a_version_of_the_protocol(provenance: str) -> None:
    assert "protocol_version" not in read({**MEASURED_3, "provenance": provenance})


@pytest.mark.parametrize(
    "change",
    [{"provenance": "measured"}, {"source": "a paper"}, {"source": "timm results/ @ git blob 1"}],
    ids=str,
)
def test_only_what_was_read_from_a_table_of_timm_has_a_table(change: dict[str, str]) -> None:
    assert "published_table" not in read({**TRAINED_3, **change})
    assert "published_table" in read(TRAINED_3)


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"status": "perhaps"}, "outcome.status: unknown status 'perhaps'"),
    ({"values": 5}, "outcome.values: "),
    ({"configuration": 5}, "configuration: "),
    ({"configuration": {**MEASURED_3["configuration"], "threads": -1}}, "threads is less than 1"),
    ({"protocol": 2}, "protocol: "),
    ({"source": None}, "source: "),
    ({"provenance": "hearsay"}, "provenance: "),
    ({"colour": "red"}, "colour: "),
]


@pytest.mark.parametrize(("change", "message"), MALFORMED, ids=[str(change) for change, _ in MALFORMED])
def test_a_malformed_record_is_named(catalog: Catalog, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ExchangeError, match=f"Line 2: measurement: .*{message}"):
        import_lines(catalog, [HEADER_3, json.dumps({**MEASURED_3, **change})])


def test_a_record_without_an_outcome_is_refused_today() -> None:
    assert in_this_form("measurement", MEASURED_3, VERSION) == MEASURED_3


def test_the_flat_form_is_refused_today(catalog: Catalog) -> None:
    header = HEADER_3.replace("3", str(VERSION))
    with pytest.raises(ExchangeError, match="Line 2: measurement: "):
        import_lines(catalog, [header, json.dumps(MEASURED_3)])


@pytest.mark.parametrize("outcome", [None, [], "ok"])
def test_an_outcome_is_an_object(catalog: Catalog, outcome: object) -> None:
    header = HEADER_3.replace("3", str(VERSION))
    document = {**in_this_form("measurement", MEASURED_3, 3), "outcome": outcome}
    with pytest.raises(ExchangeError, match="measurement: outcome: not a JSON object"):
        import_lines(catalog, [header, json.dumps(document)])


def test_each_outcome_has_its_own_fields_only(catalog: Catalog) -> None:
    header = HEADER_3.replace("3", str(VERSION))
    document = dict(in_this_form("measurement", MEASURED_3, 3))
    for status, field in (("ok", "reason"), ("failed", "doubts")):
        outcome = {"status": status, "reason": "crashed", "doubts": []}
        with pytest.raises(ExchangeError, match=f"measurement: outcome.{field}: "):
            import_lines(catalog, [header, json.dumps({**document, "outcome": outcome})])


def test_measurements_of_both_files_have_equal_ids() -> None:
    """An id is part of every address and every import: it must not change."""
    assert (MEASURED.id, FAILED.id) == ("ed0e9333882c8061", "c6b1e2ecbfd42dfc")
    assert replace(MEASURED, protocol_version=None, published_table="a table").id == MEASURED.id
