import math

import numpy as np
import pytest

from catalog.storage.database import Catalog, revision
from catalog.storage.facts.facts import save_architectures
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Status
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
)
from tests.catalog.storage.candidates.candidate_values import ROBUSTNESS, candidates_of, values

pytestmark = pytest.mark.empty_catalog


# Parts of the columns


def test_taking_rows_keeps_what_belongs_to_them(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 6)],
        checkpoints=[make_checkpoint()],
    )
    part = columns.take(np.array([3, 0]))
    assert len(part) == 2
    assert set(part.metrics) == set(Metric)
    for row, source in enumerate((3, 0)):
        assert part.configuration[row] == columns.configuration[source]
        assert part.measurement[row] == columns.measurement[source]
        assert part.metrics[Metric.LATENCY_MS].value[row] == columns.metrics[Metric.LATENCY_MS].value[source]
        assert part.metrics[Metric.LATENCY_MS].low[row] == columns.metrics[Metric.LATENCY_MS].low[source]


def test_taking_no_rows_leaves_none(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet")])
    assert len(columns.take(np.array([], dtype=np.int64))) == 0


def test_rows_may_be_taken_of_rows_that_were_taken(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet", float(threads), threads=threads) for threads in range(1, 6)],
        checkpoints=[make_checkpoint()],
    )
    part = columns.take(np.array([4, 2, 0])).take(np.array([2, 0]))
    assert values(part, Metric.LATENCY_MS) == [1.0, 5.0]
    assert [run.threads for run in part.configuration] == [1, 5]
    assert part.speed_order.tolist() == [columns.speed_order[0], columns.speed_order[4]]
    assert part.changed == columns.changed


def test_a_candidate_knows_the_tags_of_its_architecture_and_whether_its_case_failed(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_architectures(session, [make_architecture("tagged", tags=("mobile", "test-network"))])
    columns = candidates_of(
        catalog, [make_measurement("tagged"), make_measurement("toynet", status=Status.FAILED)]
    )
    assert list(columns.tags) == [("mobile", "test-network"), ()]
    assert columns.usable.tolist() == [True, False]


def test_columns_know_the_revision_that_they_are_of(catalog: Catalog) -> None:
    columns = candidates_of(catalog, [make_measurement("toynet")])
    with catalog.read() as session:
        assert columns.changed == revision(session)


# Words


IMAGES = {
    Metric.TOP1: 50_000,
    Metric.TOP5: 50_000,
    Metric.TOP1_REAL: 46_837,
    Metric.TOP1_V2: 10_000,
    Metric.TOP1_SKETCH: 50_889,
    Metric.TOP1_A: 7_500,
    Metric.TOP1_R: 30_000,
}


def test_the_error_of_an_accuracy_is_that_of_a_share_of_its_data_sets_images(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet"), make_measurement("toynet", input_size=288)],
        checkpoints=[make_checkpoint()],
        accuracies=[
            make_accuracy(top1=80.0, top5=95.0),
            *(make_accuracy(top1=60.0, dataset=dataset) for dataset in ROBUSTNESS),
        ],
    )
    for metric, images in IMAGES.items():
        share = {Metric.TOP1: 0.8, Metric.TOP5: 0.95}.get(metric, 0.6)
        expected, unknown = columns.standard_error(metric)
        assert expected == pytest.approx(100 * math.sqrt(share * (1 - share) / images))
        assert math.isnan(unknown)


def test_the_error_of_a_ratio_is_that_of_its_accuracy_over_its_cost(catalog: Catalog) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=75.0)],
        workloads=[make_counted_workload(gmacs=1.5, params_m=12.5)],
    )
    (of_top1,) = columns.standard_error(Metric.TOP1)
    assert columns.standard_error(Metric.TOP1_PER_GMAC) == pytest.approx([of_top1 / 1.5])
    assert columns.standard_error(Metric.TOP1_PER_MPARAM) == pytest.approx([of_top1 / 12.5])


def test_the_error_of_a_measured_number_is_that_of_its_interval_and_of_an_exact_one_none(
    catalog: Catalog,
) -> None:
    columns = candidates_of(
        catalog,
        [
            make_measurement("toynet", 10.0, 10 / 1.1, 11.0),
            make_measurement("othernet", status=Status.FAILED),
        ],
        workloads=[make_counted_workload()],
    )
    unknown, known = columns.standard_error(Metric.LATENCY_MS)
    assert math.isnan(unknown)
    assert known == pytest.approx(10 * math.log(1.1) / 1.959964)
    for metric in (Metric.GMACS, Metric.PARAMS_M, Metric.SIZE_MB, Metric.PEAK_MEMORY_MB):
        assert columns.standard_error(metric)[1] == 0


@pytest.mark.parametrize("top1", [0.0, 100.0])
def test_an_accuracy_of_all_or_nothing_has_no_error(catalog: Catalog, top1: float) -> None:
    columns = candidates_of(
        catalog,
        [make_measurement("toynet")],
        checkpoints=[make_checkpoint()],
        accuracies=[make_accuracy(top1=top1, top5=100.0)],
    )
    assert columns.standard_error(Metric.TOP1).tolist() == [0.0]
