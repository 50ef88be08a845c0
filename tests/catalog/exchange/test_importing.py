import json
from itertools import pairwise

import pytest

from catalog.entities.networks import (
    Architecture,
)
from catalog.exchange.importing import ImportSummary
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import (
    save_architectures,
)
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.summaries.cards import find_card
from catalog.words.doubts import Doubt
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    make_target,
    store_measurements,
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
)
from tests.catalog.storage.stored import revision_of
from tests.conftest import Backend, Databases

pytestmark = pytest.mark.empty_catalog


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


def test_measurements_leave_and_arrive_in_the_same_order(databases: Databases, backend: Backend) -> None:
    here, there = (without_reference(open_catalog(databases.full(backend))) for _ in range(2))
    measurements = [make_measurement("toynet", source=f"run {number}") for number in range(20)]
    for measurement in measurements:
        store_measurements(here, measurement)
    import_lines(there, lines_of(here))
    for catalog in (here, there):
        with catalog.read() as session:
            assert find_measurements(session, MeasurementQuery()) == measurements[::-1]
        catalog.close()


def test_importing_twice_changes_nothing(catalog: Catalog) -> None:
    fill(catalog)
    exported = lines_of(catalog)
    for _ in range(2):
        summary = import_lines(catalog, exported)
        assert summary.new_measurements == 0
        assert lines_of(catalog) == exported
    before = revision_of(catalog)
    import_lines(catalog, exported, facts=False)
    assert revision_of(catalog) == before


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
        {"architecture": 1, "checkpoint": 2, "accuracy": 1, "target": 1, "workload": 1, "measurement": 3},
        new_measurements=1,
        targets=(new.target.id,),
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
    header, *records, end = lines_of(catalog)
    assert json.loads(header) == {"format": "archrank-catalog", "version": 7}
    assert json.loads(end) == {TAG: "end", "records": len(records)}
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
