from catalog.storage.metric_columns import ACCURACIES, COUNTS
from catalog.words.metrics import DATASETS, RATIO_COSTS, Metric, Subject


def test_every_metric_of_a_workload_has_its_column() -> None:
    assert COUNTS.keys() == {metric for metric in Metric if metric.subject is Subject.WORKLOAD}


def test_every_metric_of_a_checkpoint_has_its_column_or_is_a_ratio_and_has_its_data_set() -> None:
    of_checkpoints = {metric for metric in Metric if metric.subject is Subject.CHECKPOINT}
    assert ACCURACIES.keys() | RATIO_COSTS.keys() == of_checkpoints == DATASETS.keys()
    assert ACCURACIES.keys().isdisjoint(RATIO_COSTS)


def test_top1_and_top5_are_columns_of_accuracies() -> None:
    assert {column.key for metric, column in ACCURACIES.items() if metric is not Metric.TOP5} == {"top1"}
    assert ACCURACIES[Metric.TOP5].key == "top5"
