"""Which other tables an estimate may look at."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from app.estimating.references import Completed, References, completed
from tests.benchmarks.estimator.published import Column, Tables


class Scenario(StrEnum):
    """What is published beside the target. Tables of the target's own hardware never are."""

    MATCHING = "GPU, matching reference"
    OLDER = "GPU, older software"
    NONE = "no reference"


def references(tables: Tables, column: int, scenario: Scenario) -> Completed | None:
    """What the scenario lets an estimate of this table see. None without a reference.

    Raises:
        LookupError: no table makes this scenario for the column.
    """
    if scenario is Scenario.NONE:
        return None
    own = tables.columns[column]
    others = [
        place
        for place, other in enumerate(tables.columns)
        if other.target != own.target and other.device == own.device
    ]
    if scenario is Scenario.OLDER:
        others = [place for place in others if tables.columns[place].software < own.software]
    alike = [place for place in others if _alike(tables.columns[place], own, scenario)]
    if not alike:
        raise LookupError(scenario)
    closest = [place for place in alike if tables.columns[place].layout == own.layout]
    alike = closest or alike
    return of_columns(tables, others, alike)


def of_columns(tables: Tables, others: Sequence[int], alike: Sequence[int]) -> Completed:
    """The tables `others` as references. Those in `alike` are of the target's class."""
    return completed(
        References(tables.log_times[:, others], np.array([place in alike for place in others])),
        tables.features,
    )


def _alike(other: Column, own: Column, scenario: Scenario) -> bool:
    return other.compiled == own.compiled and (scenario is Scenario.OLDER or other.software == own.software)
