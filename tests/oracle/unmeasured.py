"""What was not considered and would probably fit and win, by decision 19, written in plain loops."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, prod, sqrt
from operator import mul
from typing import Any

import numpy as np
from scipy.stats import t as student

from catalog.entities.configurations import Configuration
from catalog.words.metrics import Direction, Metric, Subject
from catalog.words.vocabulary import BatchPolicy, Precision, Provenance, Scenario
from tests.oracle.budget import MEMORY, slack, weights_mb
from tests.oracle.filters import passing
from tests.oracle.order import COST_OF, image_ms
from tests.oracle.questions import Bound, Budget, Question, sides
from tests.oracle.rows import TRAINING, Row

Network = tuple[str, int]
LEAST_IN_COMMON = 8
AT_LEAST_LATENCY = (
    Metric.LATENCY_MET_MS,
    Metric.LATENCY_P90_MS,
    Metric.LATENCY_P95_MS,
    Metric.LATENCY_P99_MS,
)
IN_FP32 = (Precision.FP32, Precision.AMP_FP16, Precision.AMP_BF16)


@dataclass(frozen=True)
class Fit:
    """The logarithm of a time by 1, the logarithm of the time in the series (source, run), and of the MACs.

    `weights` are those of least squares over so many networks. `error` is the standard deviation around them.
    """

    source: str
    run: Configuration
    networks: int
    weights: tuple[float, ...]
    inverse: Any
    error: float

    def predicted(self, features: Sequence[float]) -> tuple[float, float]:
        """The logarithm of the time, and the standard error of one more network.

        Its 90 % interval is as wide as a normal one of 95 %, of an error of at least 0.2.
        """
        spread = sum(features[i] * self.inverse[i][j] * features[j] for i in range(3) for j in range(3))
        widening = student.ppf(0.975, self.networks - 3) / student.ppf(0.95, self.networks - 3)
        error = float(widening) * max(self.error, 0.2) * sqrt(1 + spread)
        return sum(map(mul, self.weights, features)), error


@dataclass(frozen=True)
class Bounded:
    """A row that the target may have. `speeds` are its metrics of speed, all of one spread. `beside` is
    what memory a network of the target takes at least beside its weights, by metric."""

    row: Row
    fit: Fit
    spread: float
    speeds: frozenset[Metric]
    beside: Mapping[str, float]

    def probability(self, metric: Metric, bound: Bound) -> float | None:
        """That the number keeps the bound. None where nothing is known of it."""
        if metric not in self.row.values:
            if metric in AT_LEAST_LATENCY and "max" in bound and Metric.LATENCY_MS in self.speeds:
                return self.probability(Metric.LATENCY_MS, {"max": bound["max"]})
            least = weights_mb(self.row) + self.beside.get(metric, 0.0)
            return 0.0 if metric in MEMORY and least > bound.get("max", inf) else None
        if metric not in self.speeds or self.spread == 0:
            return float(slack(self.row, metric, bound) >= 0)
        inside = 1.0
        for limit, sign in sides(bound):
            reach = -inf if limit == 0 else (log(limit) - log(self.row.values[metric])) / self.spread
            below = float(student.cdf(reach, self.fit.networks - 3))
            inside -= below if sign > 0 else 1 - below
        return min(1.0, max(0.0, inside))

    def keeps(self, budget: Budget) -> float:
        """The joint probability of the bounds that can be judged. 0 where none can."""
        chances = [self.probability(Metric(metric), bound) for metric, bound in budget.items()]
        judged = [chance for chance in chances if chance is not None]
        return 0.0 if chances and not judged else prod(judged)


def run_of(configuration: Configuration) -> Configuration:
    if configuration.batch_policy is BatchPolicy.FIXED:
        return configuration
    return replace(configuration, batch_size=1)


def network(row: Row) -> Network:
    return row.architecture, row.input_size


def by_run(rows: Iterable[Row]) -> dict[Configuration, list[Row]]:
    """The rows that have a time, by their runs."""
    found: dict[Configuration, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.failed and image_ms(row) < inf and row.configuration.scenario is not Scenario.CONCURRENT:
            found[run_of(row.configuration)].append(row)
    return found


def times(rows: Iterable[Row]) -> dict[Network, float]:
    found: dict[Network, float] = {}
    for row in rows:
        found[network(row)] = min(found.get(network(row), inf), image_ms(row))
    return found


def features(row: Row, time: float) -> tuple[float, float, float] | None:
    gmacs = row.values.get(Metric.GMACS)
    return (1.0, log(time), log(gmacs)) if gmacs else None


def fitted(
    source: str, run: Configuration, mine: Mapping[Network, float], theirs: Sequence[Row]
) -> Fit | None:
    """How the times `mine` follow from those of another series. None where too few networks are of both."""
    here = times(theirs)
    table = {network(row): each for row in theirs if (each := features(row, here[network(row)])) is not None}
    both = sorted(mine.keys() & table.keys())
    if len(both) < LEAST_IN_COMMON:
        return None
    x, y = np.array([table[name] for name in both]), np.array([log(mine[name]) for name in both])
    inverse = np.linalg.pinv(x.T @ x)
    weights = inverse @ x.T @ y
    error = sqrt(sum((y - x @ weights) ** 2) / (len(both) - 3))
    return Fit(source, run, len(both), tuple(weights.tolist()), inverse.tolist(), error)


def bounded(rows: Sequence[Row], others: Mapping[str, Sequence[Row]]) -> Iterator[Bounded]:
    """The rows that the target may have. `others` are the rows of the other targets of its class, by id."""
    published = {
        (source, run): members
        for source, theirs in others.items()
        for run, members in by_run(row for row in theirs if row.provenance is Provenance.PUBLISHED).items()
    }
    for run, members in by_run(rows).items():
        mine = times(members)
        compared = []
        for (source, their_run), theirs in published.items():
            if (their_run.scenario is Scenario.TRAINING) != (run.scenario is Scenario.TRAINING):
                continue
            if (fit := fitted(source, their_run, mine, theirs)) is not None:
                compared.append(fit)
        held = set(mine)
        for fit in sorted(compared, key=lambda each: (each.error, each.source, each.run.id)):
            theirs = published[fit.source, fit.run]
            here = times(theirs)
            known = [(row, each) for row in theirs if (each := features(row, here[network(row)])) is not None]
            for row, each in known:
                if network(row) not in held:
                    yield moved(row, each, fit, members)
            held |= {network(row) for row, _ in known}


def moved(row: Row, known: Sequence[float], fit: Fit, members: Sequence[Row]) -> Bounded:
    """The published row, as it would be among the `members` of a run of the target."""
    sizes = [member.configuration for member in members]
    configuration = max(dict.fromkeys(sizes), key=sizes.count)
    logarithm, spread = fit.predicted(known)
    ms = exp(logarithm)
    speeds: dict[str, float]
    if configuration.scenario is Scenario.TRAINING:
        speeds = {Metric.TRAIN_THROUGHPUT_IPS: 1000 / ms}
    else:
        speeds = {Metric.THROUGHPUT_IPS: 1000 / ms}
        if any(Metric.LATENCY_MS in member.values for member in members):
            speeds[Metric.LATENCY_MS] = ms * configuration.batch_size
    values = {
        metric: value
        for metric, value in row.values.items()
        if Metric(metric).subject is not Subject.CASE
        and (metric != Metric.SIZE_MB or configuration.precision in IN_FP32)
        and (
            Metric(metric).subject is not Subject.CHECKPOINT or configuration.precision is not Precision.INT8
        )
    }
    beside = {
        metric: max(0.0, min(member.values[metric] - weights_mb(member) for member in known_of))
        for metric in MEMORY
        if (known_of := [member for member in members if metric in member.values])
    }
    there = replace(row, configuration=configuration, values={**values, **speeds})
    return Bounded(there, fit, spread, frozenset(map(Metric, speeds)), beside)


def is_measured(metric: Metric, run: Configuration) -> bool:
    """Whether a measurement in the run has the metric."""
    if metric.subject is Subject.CHECKPOINT or (metric is Metric.DEVICE_MEMORY_MB and run.device == "cpu"):
        return False
    if metric.subject is Subject.WORKLOAD:
        return True
    return (metric in TRAINING) is (run.scenario is Scenario.TRAINING)


def bounds_cost(budget: Budget) -> bool:
    """Whether a bound keeps networks from being slow or large."""
    return any(
        ("max" if Metric(metric).direction is Direction.LOWER else "min") in bound
        for metric, bound in budget.items()
        if Metric(metric).subject is not Subject.CHECKPOINT or metric in COST_OF
    )


def promising(
    possible: Iterable[Bounded], question: Question, considered: Iterable[Row], winner: Row | None
) -> dict[str, Bounded]:
    """The best row of each architecture that was not considered, and would probably fit and win, best first.

    The objective is a metric. Where it is an accuracy and no bound is on a cost, none may be slower than the
    winner.
    """
    looked_at = {row.architecture for row in considered}
    objective = Metric(question["objective"])
    budget: Budget = question.get("budget", {})
    least = inf if winner is None else winner.cost(objective)
    slowest = inf
    if objective.subject is Subject.CHECKPOINT and objective not in COST_OF and not bounds_cost(budget):
        slowest = -inf if winner is None else image_ms(winner)
    kept = [
        each
        for each in possible
        if each.row.architecture not in looked_at
        and each.row.cost(objective) < least
        and image_ms(each.row) <= slowest
        and passing([each.row], question)
        and all(
            metric in each.row.values or is_measured(Metric(metric), each.row.configuration)
            for metric in budget
        )
        and each.keeps(budget) >= 0.5
    ]
    kept.sort(key=lambda each: (each.row.cost(objective), image_ms(each.row)))
    best: dict[str, Bounded] = {}
    for each in kept:
        best.setdefault(each.row.architecture, each)
    return best
