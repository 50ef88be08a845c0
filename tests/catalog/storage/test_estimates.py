"""Estimates: replaced as a whole, and candidates where no measurement of their case takes their place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from catalog.candidates.columns import CandidateColumns
from catalog.entities.estimates import DEGREES_OF_FREEDOM, Estimate
from catalog.entities.measurements import Measurement
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.estimates import (
    drop_estimates,
    find_bases,
    find_basis,
    find_estimates,
    replace_estimates,
)
from catalog.storage.facts.facts import save_architectures, save_checkpoints, save_workloads
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.tables import EstimateRow
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, Provenance, RuntimeName, Status
from tests.builders import (
    NOON,
    TARGET_ID,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
)
from tests.catalog.storage.candidates.candidate_values import values
from tests.catalog.storage.stored import count
from tests.estimate_builders import make_basis, make_estimate, store_estimates

MEASURED, ESTIMATED, PUBLISHED = Provenance.MEASURED, Provenance.ESTIMATED, Provenance.PUBLISHED
OTHER = make_target("other-1c")


pytestmark = pytest.mark.empty_catalog


def columns_of(
    catalog: Catalog,
    measurements: Sequence[Measurement],
    estimates: Sequence[Estimate],
    evidence: Sequence[Provenance] = (),
) -> CandidateColumns:
    with catalog.write() as session:
        save_architectures(session, [make_architecture(), make_architecture("othernet", family=None)])
        save_checkpoints(session, [make_checkpoint("toynet.v1"), make_checkpoint("toynet.v2")])
        save_workloads(session, [make_counted_workload("toynet", weights_bytes=44_000_000)])
        add_measurements(session, list(measurements))
        replace_estimates(session, make_basis(*measurements), estimates)
    with catalog.read() as session:
        return candidate_columns(session, TARGET_ID, evidence)


# Replacing and finding


def test_estimates_come_back_as_they_were_stored_with_what_they_stand_on(catalog: Catalog) -> None:
    estimates = [
        make_estimate("toynet", 10.0),
        make_estimate("toynet", 90.0, metric=Metric.PEAK_MEMORY_MB),
        make_estimate("othernet", None, absent_reason="It has an operator that was never measured."),
    ]
    basis = make_basis(make_measurement("toynet"))
    store_estimates(catalog, *estimates, basis=basis)
    with catalog.read() as session:
        assert find_basis(session, TARGET_ID) == basis
        assert find_bases(session) == [basis]
        assert find_basis(session, OTHER.id) is None
        assert [one for _, one in find_estimates(session, TARGET_ID, "toynet")] == estimates[:2]
        assert find_estimates(session, architecture="othernet") == [(TARGET_ID, estimates[2])]
        assert find_estimates(session, OTHER.id) == []


def test_a_target_s_estimates_are_replaced_as_a_whole_and_others_stay(catalog: Catalog) -> None:
    store_estimates(catalog, make_estimate("toynet"), make_estimate("othernet"))
    store_estimates(catalog, make_estimate("toynet", 1.0), basis=make_basis(target=OTHER))
    later = replace(make_basis(), computed_at=NOON + timedelta(days=1), estimator="a test 2")
    store_estimates(catalog, make_estimate("othernet", 7.0), basis=later)
    with catalog.read() as session:
        assert find_basis(session, TARGET_ID) == later
        assert [one.value for _, one in find_estimates(session, TARGET_ID)] == [7.0]
        assert [one.value for _, one in find_estimates(session, OTHER.id)] == [1.0]


def test_estimates_are_dropped_with_what_they_stand_on(catalog: Catalog) -> None:
    store_estimates(catalog, make_estimate("toynet"))
    with catalog.write() as session:
        drop_estimates(session, TARGET_ID)
    assert count(catalog, EstimateRow) == 0
    with catalog.read() as session:
        assert find_bases(session) == []
        assert len(candidate_columns(session, TARGET_ID)) == 0


# Candidates


def test_an_estimated_case_is_a_candidate_with_each_checkpoint(catalog: Catalog) -> None:
    columns = columns_of(catalog, [], [make_estimate("toynet", 20.0)])
    assert list(columns.checkpoint) == ["toynet.v1", "toynet.v2"]
    assert values(columns, Metric.LATENCY_MS) == [20.0, 20.0]
    latency = columns.metrics[Metric.LATENCY_MS]
    assert (latency.low[0], latency.high[0], latency.level[0]) == (18.0, 24.0, 0.9)
    assert latency.degrees_of_freedom[0] == DEGREES_OF_FREEDOM
    facts = columns.measurement[0]
    assert (facts.provenance, facts.measured_at, facts.failure, facts.doubts) == (ESTIMATED, NOON, None, ())
    assert facts.workload == make_estimate("toynet").workload.id
    assert columns.provenance(Metric.LATENCY_MS, 0) is ESTIMATED
    assert columns.provenance(Metric.GMACS, 0) is Provenance.COUNTED
    assert bool(columns.usable.all())


def test_a_measurement_takes_the_estimate_s_place(catalog: Catalog) -> None:
    columns = columns_of(
        catalog,
        [make_measurement("toynet", 31.0)],
        [make_estimate("toynet", 20.0), make_estimate("othernet", 40.0)],
    )
    by_name = dict(zip(columns.architecture, values(columns, Metric.LATENCY_MS), strict=True))
    assert by_name == {"toynet": 31.0, "othernet": 40.0}
    provenances = dict(
        zip(columns.architecture, (one.provenance for one in columns.measurement), strict=True)
    )
    assert provenances == {"toynet": MEASURED, "othernet": ESTIMATED}


def test_a_measurement_of_another_configuration_or_size_leaves_the_estimate(catalog: Catalog) -> None:
    columns = columns_of(
        catalog,
        [make_measurement("othernet", 31.0, threads=2), make_measurement("othernet", 50.0, input_size=288)],
        [make_estimate("othernet", 20.0)],
    )
    assert sorted(values(columns, Metric.LATENCY_MS), key=lambda one: one or 0) == [20.0, 31.0, 50.0]


def test_a_failure_takes_the_estimate_s_place(catalog: Catalog) -> None:
    failed = make_measurement("othernet", status=Status.FAILED)
    columns = columns_of(catalog, [failed], [make_estimate("othernet", 20.0)])
    assert values(columns, Metric.LATENCY_MS) == [None]
    assert not columns.usable.any()


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ((), {("othernet", MEASURED, 31.0), ("toynet", ESTIMATED, 20.0)}),
        ((MEASURED,), {("othernet", MEASURED, 31.0)}),
        ((ESTIMATED,), {("othernet", ESTIMATED, 40.0), ("toynet", ESTIMATED, 20.0)}),
        ((ESTIMATED, MEASURED), {("othernet", MEASURED, 31.0), ("toynet", ESTIMATED, 20.0)}),
        ((PUBLISHED,), set()),
    ],
)
def test_evidence_chooses_among_provenances(
    catalog: Catalog, evidence: tuple[Provenance, ...], expected: set[tuple[str, Provenance, float]]
) -> None:
    columns = columns_of(
        catalog,
        [make_measurement("othernet", 31.0)],
        [make_estimate("toynet", 20.0), make_estimate("othernet", 40.0)],
        evidence,
    )
    rows = zip(columns.architecture, columns.measurement, values(columns, Metric.LATENCY_MS), strict=True)
    assert {(name, facts.provenance, value) for name, facts, value in rows} == expected


def test_a_refused_case_is_a_candidate_whose_number_is_unknown(catalog: Catalog) -> None:
    columns = columns_of(catalog, [], [make_estimate("othernet", None, absent_reason="It is too strange.")])
    assert list(columns.architecture) == ["othernet"]
    assert values(columns, Metric.LATENCY_MS) == [None]


def test_the_size_of_an_estimated_case_is_that_of_its_fp32_weights(catalog: Catalog) -> None:
    columns = columns_of(
        catalog,
        [],
        [make_estimate("toynet", 20.0), make_estimate("toynet", 10.0, precision=Precision.INT8)],
    )
    sizes = {
        run.precision: size
        for run, size in zip(columns.configuration, columns.metrics[Metric.SIZE_MB].value, strict=True)
    }
    assert sizes[Precision.FP32] == 44.0
    assert np.isnan(sizes[Precision.INT8])


def test_the_size_of_a_file_that_was_not_made_is_an_estimate_with_an_interval(catalog: Catalog) -> None:
    columns = columns_of(
        catalog,
        [],
        [make_estimate("toynet", 20.0), make_estimate("toynet", 30.0, runtime=RuntimeName.PYTORCH)],
    )
    size = columns.metrics[Metric.SIZE_MB]
    shown = {
        run.runtime: (columns.provenance(Metric.SIZE_MB, row), size.low[row], size.high[row], size.level[row])
        for row, run in enumerate(columns.configuration)
    }
    assert shown[RuntimeName.ONNXRUNTIME] == (ESTIMATED, 44.0 * 0.98, 44.0 * 1.15, 0.95)
    provenance, *interval = shown[RuntimeName.PYTORCH]
    assert provenance is Provenance.COUNTED
    assert np.isnan(interval).all()


def test_the_size_of_an_estimated_case_is_that_of_a_file_that_was_made(catalog: Catalog) -> None:
    made = make_measurement("toynet", runtime=RuntimeName.OPENVINO, size_bytes=50_000_000)
    other = make_measurement("toynet", threads=4, target=OTHER, size_bytes=60_000_000)
    columns = columns_of(catalog, [other, made], [make_estimate("toynet", 20.0)])
    rows = [row for row, facts in enumerate(columns.measurement) if facts.provenance is ESTIMATED]
    assert rows
    for row in rows:
        assert columns.metrics[Metric.SIZE_MB].value[row] == 50.0
        assert columns.provenance(Metric.SIZE_MB, row) is Provenance.COUNTED


def test_each_runtime_has_its_own_estimates(catalog: Catalog) -> None:
    columns = columns_of(
        catalog,
        [],
        [make_estimate("othernet", 20.0), make_estimate("othernet", 12.0, runtime=RuntimeName.OPENVINO)],
    )
    by_runtime = {
        run.runtime: value
        for run, value in zip(columns.configuration, values(columns, Metric.LATENCY_MS), strict=True)
    }
    assert by_runtime == {RuntimeName.ONNXRUNTIME: 20.0, RuntimeName.OPENVINO: 12.0}


def test_estimates_of_another_target_are_no_candidates(catalog: Catalog) -> None:
    store_estimates(catalog, make_estimate("toynet"), basis=make_basis(target=OTHER))
    with catalog.read() as session:
        assert len(candidate_columns(session, TARGET_ID)) == 0
        assert len(candidate_columns(session, OTHER.id)) == 1
