"""What other targets say before anything is measured."""

import numpy as np

from app.calibrating.elsewhere import Column, before_measuring
from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import RuntimeName
from tests.builders import make_workload

RUN = Configuration(RuntimeName.PYTORCH, threads=1)
WORKLOADS = [make_workload(f"net{number}") for number in range(8)]


def column(target: str, count: int, run: Configuration = RUN) -> Column:
    """A column that holds the first networks."""
    return Column(target, run, "torch 2.4", {one.id: 1.0 for one in WORKLOADS[:count]})


def test_other_targets_are_looked_at_those_that_hold_most_first() -> None:
    found = before_measuring([column("few", 5), column("many", 7)], RUN, WORKLOADS)
    assert found is not None
    assert np.isfinite(found.log_times).sum(axis=0).tolist() == [7, 5]
    assert found.alike.tolist() == [True, True]


def test_what_holds_few_networks_is_left_out() -> None:
    found = before_measuring([column("four", 4), column("other", 6)], RUN, WORKLOADS)
    assert found is not None
    assert found.log_times.shape == (8, 1)


def test_where_none_is_of_the_class_nothing_is_told() -> None:
    compiled = Configuration(RuntimeName.PYTORCH, threads=1, compiled=True)
    assert before_measuring([column("other", 8, compiled)], RUN, WORKLOADS) is None
    assert before_measuring([], RUN, WORKLOADS) is None
