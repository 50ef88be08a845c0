"""On how many blocks of calls measurements rest."""

from dataclasses import replace

from catalog.storage.database import Catalog
from catalog.storage.measurements.block_counts import block_counts
from tests.builders import make_measurement, make_sample, store_measurements


def test_the_blocks_of_all_processes_are_counted(catalog: Catalog) -> None:
    measured = make_measurement("anet", samples=(make_sample(blocks=5), make_sample(blocks=7)))
    older = make_measurement("bnet", samples=(replace(make_sample(), blocks=()),))
    without = make_measurement("cnet")
    store_measurements(catalog, measured, older, without)
    with catalog.read() as session:
        assert block_counts(session, [measured.id, older.id, without.id, "unknown"]) == {measured.id: 12}
        assert block_counts(session, []) == {}
