from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.entities.measurements import Measurement, MetricValue, Slowdown
from catalog.entities.samples import ProcessSample
from catalog.storage.database import Catalog
from catalog.storage.summaries.slowdowns import last_slowdowns
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Status
from tests.builders import (
    NOON,
    QUIET_NS,
    TARGET_ID,
    make_measurement,
    make_sample,
    store_measurements,
)
from tests.catalog.storage.facts.looking_up import OTHER_TARGET

pytestmark = pytest.mark.empty_catalog


def measured(slowdown: float | None, minutes: int, *samples: ProcessSample) -> Measurement:
    value = MetricValue(Metric.SLOWDOWN, slowdown, absent_reason=None if slowdown else "not known")
    time = NOON + timedelta(minutes=minutes)
    return make_measurement("toynet", measured_at=time, values=(value,), samples=samples)


def slowdowns_of(catalog: Catalog, limit: int = 10) -> list[Slowdown]:
    with catalog.read() as session:
        return last_slowdowns(session, TARGET_ID, limit)


def test_the_newest_slowdowns_come_first_with_their_quiet_level(catalog: Catalog) -> None:
    slowdowns = [1 + minutes / 100 for minutes in range(4)]
    store_measurements(
        catalog,
        *(
            measured(slowdown, minutes, make_sample(slowdown=slowdown))
            for minutes, slowdown in enumerate(slowdowns)
        ),
    )
    assert slowdowns_of(catalog, limit=2) == [
        Slowdown(NOON + timedelta(minutes=3), 1.03, QUIET_NS, 1),
        Slowdown(NOON + timedelta(minutes=2), 1.02, QUIET_NS, 1),
    ]


def test_a_measurement_without_samples_has_a_slowdown_without_its_level(catalog: Catalog) -> None:
    store_measurements(catalog, measured(1.5, 0), measured(1.6, 1, replace(make_sample(), blocks=())))
    assert slowdowns_of(catalog) == [Slowdown(NOON + timedelta(minutes=1), 1.6), Slowdown(NOON, 1.5)]


def test_what_has_no_slowdown_is_left_out(catalog: Catalog) -> None:
    store_measurements(
        catalog,
        measured(None, 0),
        make_measurement("toynet"),
        make_measurement("toynet", status=Status.FAILED),
        replace(measured(1.2, 1), target=OTHER_TARGET),
    )
    assert slowdowns_of(catalog) == []
