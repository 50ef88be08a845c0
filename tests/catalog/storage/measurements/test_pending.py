from dataclasses import replace

import pytest

from catalog.entities.samples import PendingSample
from catalog.storage.database import Catalog
from catalog.storage.everything import everything
from catalog.storage.measurements.pending import add_pending, drop_pending, pending_samples
from tests.builders import (
    make_sample,
)

CASE = PendingSample("a workload", "a configuration", "a target", "an environment", "a protocol")


pytestmark = pytest.mark.empty_catalog


def test_pending_samples_come_back_in_the_order_taken(catalog: Catalog) -> None:
    samples = [make_sample(peak_mb=number) for number in (3, 1, 2)]
    for sample in samples:
        with catalog.write() as session:
            add_pending(session, [replace(CASE, sample=sample)])
    with catalog.read() as reading:
        assert pending_samples(reading, CASE) == samples


@pytest.mark.parametrize(
    "other",
    [
        replace(CASE, workload="other"),
        replace(CASE, configuration="other"),
        replace(CASE, target="other"),
        replace(CASE, environment="other"),
        replace(CASE, protocol="other"),
    ],
    ids=["workload", "configuration", "target", "environment", "protocol"],
)
def test_a_pending_sample_belongs_to_one_case_alone(catalog: Catalog, other: PendingSample) -> None:
    with catalog.write() as session:
        add_pending(session, [replace(CASE, sample=make_sample())])
    with catalog.read() as reading:
        assert pending_samples(reading, other) == []


def test_dropping_a_case_forgets_its_pending_samples_of_every_environment_and_protocol(
    catalog: Catalog,
) -> None:
    others = [
        replace(CASE, workload="other"),
        replace(CASE, configuration="other"),
        replace(CASE, target="other"),
    ]
    same = [CASE, replace(CASE, environment="other"), replace(CASE, protocol="other")]
    with catalog.write() as session:
        add_pending(session, [replace(case, sample=make_sample()) for case in (*others, *same)])
        drop_pending(session, CASE)
    with catalog.read() as reading:
        assert [len(pending_samples(reading, case)) for case in others] == [1, 1, 1]
        assert [len(pending_samples(reading, case)) for case in same] == [0, 0, 0]


def test_everything_leaves_out_pending_samples(catalog: Catalog) -> None:
    with catalog.read() as reading:
        before = list(everything(reading))
    with catalog.write() as session:
        add_pending(session, [replace(CASE, sample=make_sample())])
    with catalog.read() as reading:
        assert list(everything(reading)) == before
