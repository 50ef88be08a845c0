"""How a candidate compares with the winner and with the fastest, in sentences. Pure: arrays in, text out.

What lies within the error of both numbers is not called a difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np

from app.ranking.order.margins import margin, of_difference, speed_margin
from app.ranking.order.objective import Objective
from app.ranking.speed import image_ms
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Scenario

# A smaller difference is shown as none, in whole per cent.
_SAME_SPEED = 0.005
# From this ratio on, "3.0 times as slow" reads better than "200% slower".
_LARGE_RATIO = 2.0

# The name of a row that another row has not.
Named = Callable[[int, int], str]


@dataclass(frozen=True)
class Times:
    """Milliseconds per image of every candidate, NaN where unknown or of another kind than most.

    `errors` are the half-widths of the intervals of their logarithms, at 95 %. With `training`, the times are
    those of training steps.
    """

    ms: Floats
    errors: Floats
    training: bool

    def fastest(self, rows: Ints) -> int | None:
        """The fastest of `rows`. None where no time is known."""
        times = self.ms[rows]
        return int(rows[np.nanargmin(times)]) if np.isfinite(times).any() else None

    def are_apart(self, row: int, other: int) -> bool:
        """Whether the times of two rows differ by more than the error. Unknown times do not."""
        shift = abs(float(np.log(self.ms[row]) - np.log(self.ms[other])))
        return shift > float(of_difference(self.errors[row], self.errors[other]))


def comparable_times(columns: CandidateColumns, rows: Ints, objective: Objective) -> Times:
    """The times of `rows`, the best row first. Training is compared with training alone.

    They are times of training where training is what is ranked by, or what the best row was measured in.
    """
    ms, errors = (np.full(len(columns), np.nan) for _ in range(2))
    trained = columns.configuration.numbers(_is_training)[rows] > 0
    training = len(rows) > 0 and (objective.single is Metric.TRAIN_THROUGHPUT_IPS or bool(trained[0]))
    if training:
        ms[rows] = 1000 / columns.metrics[Metric.TRAIN_THROUGHPUT_IPS].value[rows]
        errors[rows] = margin(columns, Metric.TRAIN_THROUGHPUT_IPS, rows)
    else:
        inferring = rows[~trained]
        ms[inferring] = image_ms(columns, inferring)
        errors[inferring] = speed_margin(columns, inferring)
    return Times(ms, errors, training)


def _is_training(run: Configuration) -> float:
    return run.scenario is Scenario.TRAINING


def beside_winner(times: Times, row: int, winner: int, named: Named) -> list[str]:
    """How fast a row is beside the winner."""
    ratio = float(times.ms[row] / times.ms[winner])
    if not isfinite(ratio) or abs(ratio - 1) < _SAME_SPEED:
        return []
    name, to = named(winner, row), " to train" if times.training else ""
    if not times.are_apart(row, winner):
        return [f"As fast{to} as the first, {name}, within the error."]
    if ratio > _LARGE_RATIO:
        return [f"{ratio:.1f} times as slow{to} as the first, {name}."]
    if ratio > 1:
        return [f"{ratio - 1:.0%} slower{to} than the first, {name}."]
    if ratio > 1 / _LARGE_RATIO:
        return [f"{1 / ratio - 1:.0%} faster{to} than the first, {name}."]
    return [f"{1 / ratio:.1f} times as fast{to} as the first, {name}."]


def beside_fastest(
    columns: CandidateColumns, times: Times, row: int, fastest: int | None, named: Named
) -> list[str]:
    """How accurate a row is beside the fastest, where it is not as fast itself."""
    if fastest is None or fastest == row or not times.are_apart(row, fastest):
        return []
    pair = np.array([row, fastest])
    top1 = columns.metrics[Metric.TOP1].value[pair]
    gain = float(top1[0] - top1[1])
    if not isfinite(gain):
        return []
    name = f"the fastest{' to train' if times.training else ''}, {named(fastest, row)}"
    if abs(gain) <= float(of_difference(*margin(columns, Metric.TOP1, pair))):
        return [f"As accurate as {name}, within the error."]
    return [f"{abs(gain):.1f} points {'more' if gain > 0 else 'less'} accurate than {name}."]
