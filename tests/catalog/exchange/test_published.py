"""Numbers that are said to be published: only an import of facts takes them over, and it marks them."""

import json

import pytest

from catalog.reference.tables.loading import restore
from catalog.reference.tables.reading import ReferenceTables
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance
from tests.builders import TARGET_ID, make_measurement, success_of
from tests.catalog.exchange.lines import HEADER, document_of, import_lines, line_of, lines_of

MEASURED = make_measurement("resnet50", threads=2)
FORGED = make_measurement("resnet50", 0.001, provenance=Provenance.PUBLISHED, source="timm results")
LINES = [HEADER, line_of(MEASURED), line_of(FORGED)]


def doubts_in(catalog: Catalog) -> dict[str, tuple[Doubt, ...]]:
    with catalog.read() as session:
        found = find_measurements(session, MeasurementQuery(target=TARGET_ID))
    return {one.id: success_of(one).doubts for one in found}


@pytest.mark.parametrize("provenance", [Provenance.PUBLISHED, Provenance.ESTIMATED])
def test_measurements_that_are_carried_home_bring_no_number_that_nobody_measured(
    catalog: Catalog, provenance: Provenance
) -> None:
    other = make_measurement("resnet50", 0.001, provenance=provenance)
    summary = import_lines(catalog, [HEADER, line_of(MEASURED), line_of(other)], facts=False)
    assert (summary.new_measurements, summary.numbers_left) == (1, 1)
    assert doubts_in(catalog) == {MEASURED.id: ()}


def test_the_shipped_numbers_of_an_export_are_not_left_out(catalog: Catalog) -> None:
    summary = import_lines(catalog, lines_of(catalog), facts=False)
    assert (summary.new_measurements, summary.numbers_left) == (0, 0)


def test_a_published_number_of_an_import_of_facts_is_told_apart_everywhere(catalog: Catalog) -> None:
    import_lines(catalog, LINES)
    assert doubts_in(catalog) == {MEASURED.id: (), FORGED.id: (Doubt.IMPORTED,)}
    with catalog.read() as session:
        columns = candidate_columns(session, TARGET_ID)
    facts = {columns.measurement[row].id: columns.measurement[row].doubts for row in range(len(columns))}
    assert facts == doubts_in(catalog)
    assert document_of(FORGED) in map(json.loads, lines_of(catalog))  # as it came


def test_it_can_be_forgotten(catalog: Catalog, small_reference: ReferenceTables) -> None:
    import_lines(catalog, LINES)
    assert restore(catalog, small_reference) == 1
    assert doubts_in(catalog) == {MEASURED.id: ()}
