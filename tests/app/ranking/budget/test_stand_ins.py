"""Which metrics may be asked for where a number is missing."""

from app.ranking.budget.stand_ins import stand_ins
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, columns

THEM = columns(Candidate("anet", {Metric.LATENCY_MS: 10.0, Metric.SIZE_MB: 20.0, Metric.PARAMS_M: 5.0}))


def test_what_stands_in_is_of_the_same_quantity_and_known() -> None:
    assert stand_ins(Metric.THROUGHPUT_IPS, THEM) == (Metric.LATENCY_MS,)
    assert stand_ins(Metric.PEAK_MEMORY_MB, THEM) == (Metric.SIZE_MB, Metric.PARAMS_M)


def test_nothing_of_inference_stands_in_for_training() -> None:
    assert stand_ins(Metric.TRAIN_THROUGHPUT_IPS, THEM) == ()
