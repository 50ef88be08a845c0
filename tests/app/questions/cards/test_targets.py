"""What is known of a target is counted when it is first asked for, and again after a write."""

import pytest

from app.questions.cards import targets
from app.questions.cards.targets import answer_target
from catalog import host
from catalog.entities.coverage import Coverage
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.summaries.coverage import find_coverage
from tests.builders import make_measurement, store_measurements

TARGET = host.local_target()


def test_a_target_is_counted_once_until_the_catalog_changes(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, cases = [], []

    def counting(session: ReadSession, target: str) -> list[Coverage]:
        counted.append(target)
        return find_coverage(session, target)

    monkeypatch.setattr(targets, "find_coverage", counting)
    for name in ("anet", "bnet"):
        store_measurements(catalog, make_measurement(name, target=TARGET))
        for asked in (TARGET.id, host.LOCAL):
            with catalog.read() as session:
                (coverage,) = answer_target(session, asked).coverage
            cases.append(coverage.cases)
    assert cases == [1, 1, 2, 2]
    assert counted == [TARGET.id] * 2
