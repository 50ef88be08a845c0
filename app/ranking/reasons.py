"""Why each recommended candidate has its place, in plain sentences. Pure: arrays in, text out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from app.ranking.objective import Objective, Scheme
from app.ranking.order import Collapse, Ranking
from catalog.candidates import CandidateColumns, Floats, Ints
from catalog.words.doubts import Doubt
from catalog.words.metrics import Direction, Metric, Subject
from catalog.words.vocabulary import Provenance

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
_SAME_SPEED = 0.005
_SAME_ACCURACY = 0.05
_MUCH = 2.0
_NOTABLE = 1.1
_TEST_NETWORK = "test-network"
_SUPERLATIVES = {
    Metric.TOP1: "most accurate",
    Metric.LATENCY_MS: "fastest",
    Metric.THROUGHPUT_IPS: "highest throughput",
    Metric.PEAK_MEMORY_MB: "least memory",
    Metric.SIZE_MB: "smallest on disk",
    Metric.PARAMS_M: "fewest parameters",
    Metric.GMACS: "fewest MACs",
}


def reasons_of(
    columns: CandidateColumns,
    ranking: Ranking,
    metrics: Sequence[Metric],
    objective: Objective,
    enlargement: Floats,
    by: Collapse,
) -> list[list[str]]:
    """Sentences for each row that the ranking shows. `metrics` are the metrics that decided the ranking."""
    times = _image_ms(columns, ranking.rows)
    enlarging = enlargement[ranking.rows] >= _NOTABLE
    fitted = bool(len(enlarging)) and bool(np.ptp(np.round(np.log2(enlargement[ranking.rows]))))
    for_tests = columns.tags.take(ranking.rows).where(lambda tags: _TEST_NETWORK in tags)
    rivals_times = np.where(for_tests, np.nan, times)
    fastest = int(ranking.rows[np.nanargmin(rivals_times)]) if np.isfinite(rivals_times).any() else None
    top1 = columns.metrics[Metric.TOP1].value
    gains = (top1[ranking.shown] - (np.nan if fastest is None else top1[fastest])).tolist()
    slowness = (times[: len(gains)] / times[:1]).tolist()
    lacking = _lacking(columns, ranking, objective)
    found = []
    for position, (row, rivals) in enumerate(zip(ranking.shown.tolist(), ranking.dominators, strict=True)):
        words = [_standing(ranking, position, lacking[position], objective, by, fitted=fitted)]
        if position and isfinite(slowness[position]):
            words += _faster_or_slower(columns, row, int(ranking.rows[0]), slowness[position])
        if fastest is not None and fastest != row and abs(gains[position]) >= _SAME_ACCURACY:
            more = "more" if gains[position] >= 0 else "less"
            beside = _called(columns, fastest, row)
            words.append(f"{abs(gains[position]):.1f} points {more} accurate than the fastest, {beside}.")
        if enlarging[position]:
            words.append(f"Its input enlarges the typical image {enlargement[row]:.1f} times.")
        if rivals is not None and len(rivals):
            words.append(f"Dominated by {_called(columns, int(rivals[0]), row)}{_others(len(rivals) - 1)}.")
        if for_tests[position]:
            words.append(
                f"Made for timm's own tests. Exclude the tag {_TEST_NETWORK} to leave such networks out."
            )
        found.append(words + _evidence(columns, row, metrics))
    return found


def _image_ms(columns: CandidateColumns, rows: Ints) -> Floats:
    """Milliseconds per image, from the latency or else from the throughput; NaN where neither is known."""
    batch = np.array([run.batch_size for run in columns.configuration.values], dtype=np.float64)
    latency = columns.metrics[Metric.LATENCY_MS].value[rows] / batch[columns.configuration.codes[rows]]
    with np.errstate(divide="ignore"):
        return np.where(np.isnan(latency), 1000 / columns.metrics[Metric.THROUGHPUT_IPS].value[rows], latency)


def _faster_or_slower(columns: CandidateColumns, row: int, winner: int, ratio: float) -> list[str]:
    if abs(ratio - 1) < _SAME_SPEED:
        return []
    called = _called(columns, winner, row)
    if ratio > _MUCH:
        return [f"{ratio:.1f} times as slow as the winner, {called}."]
    if ratio > 1:
        return [f"{ratio - 1:.0%} slower than the winner, {called}."]
    if ratio > 1 / _MUCH:
        return [f"{1 / ratio - 1:.0%} faster than the winner, {called}."]
    return [f"{1 / ratio:.1f} times as fast as the winner, {called}."]


def _evidence(columns: CandidateColumns, row: int, metrics: Sequence[Metric]) -> list[str]:
    """Sentences about numbers that decided and are not measured, or are measured with doubts."""
    facts = columns.measurement[row]
    if facts.provenance is Provenance.PUBLISHED:
        return ["Its speed was published, not measured here."]
    words = []
    if facts.provenance is Provenance.ESTIMATED:
        resting = [metric for metric in metrics if metric.subject is Subject.CASE]
        words.append(f"Estimated, not measured: {', '.join(resting or [Metric.LATENCY_MS])}.")
    return words + [_doubt_sentence(columns, row, doubt) for doubt in facts.doubts]


def _doubt_sentence(columns: CandidateColumns, row: int, doubt: Doubt) -> str:
    """What a doubt means. A wide interval is given in numbers where the row has one."""
    if doubt is Doubt.IMPRECISE:
        for metric, _, low, high, _ in columns.metrics.known(row):
            if metric.subject is Subject.CASE and isfinite(low) and isfinite(high):
                interval = f"{metric.show(low)} and {metric.show(high)} {metric.unit}"
                return f"Measured quickly: the true {metric} lies between {interval}."
    return f"Doubtful measurement: {doubt.meaning}"


def _others(count: int) -> str:
    return f" and {count} other{'s' if count > 1 else ''}" if count else ""


@dataclass(frozen=True)
class _Lacking:
    """A metric of the objective that a row lacks, as do all of the ranking (`everywhere`) or not."""

    metric: Metric
    everywhere: bool


def _lacking(columns: CandidateColumns, ranking: Ranking, objective: Objective) -> list[_Lacking | None]:
    """Of each row that the ranking shows, the first metric of the objective that it lacks."""
    found: list[_Lacking | None] = [None] * len(ranking.shown)
    for metric in reversed(objective.metrics):
        unknown = np.isnan(columns.metrics[metric].value[ranking.rows])
        for position in np.flatnonzero(unknown[: len(found)]):
            found[position] = _Lacking(metric, bool(unknown.all()))
    return found


def _standing(
    ranking: Ranking,
    position: int,
    lacking: _Lacking | None,
    objective: Objective,
    by: Collapse,
    *,
    fitted: bool,
) -> str:
    """Where a row is in the ranking. `fitted`: the ranking puts inputs that suit the typical image first."""
    place, count = ranking.places[position], len(ranking.rows)
    if count == 1:
        unknown = f" Its {lacking.metric} is unknown." if lacking else ""
        return f"The only {by} within the budget.{unknown}"
    if lacking is not None and lacking.everywhere:
        return f"The {lacking.metric} of every {by} within the budget is unknown."
    if lacking is not None:
        alike = " and that enlarge the images as little" if fitted else ""
        metric = lacking.metric
        return f"Its {metric} is unknown, so it ranks behind {by}s whose {metric} is known{alike}."
    nth = "" if place.rank == 1 else f"{_ordinal(place.rank)} "
    sentence = f"{nth}{_superlative(objective)} of {count} {by}s within the budget"
    sentence = sentence[0].upper() + sentence[1:]
    if fitted:
        sentence += ", where inputs that suit the images come first"
    if place.shared_with:
        others = f"{place.shared_with} other{'s' if place.shared_with > 1 else ''}"
        return f"{sentence}, tied with {others}: the difference is within the error."
    return f"{sentence}."


def _superlative(objective: Objective) -> str:
    if objective.single is None:
        metrics = " and ".join([", ".join(objective.metrics[:-1]), objective.metrics[-1]])
        near = "nearest the knee of" if objective.asked is Scheme.KNEE else "best balance of"
        return f"{near} {metrics}"
    known = _SUPERLATIVES.get(objective.single)
    lower = objective.single.direction is Direction.LOWER
    return known or f"{'lowest' if lower else 'highest'} {objective.single}"


def _called(columns: CandidateColumns, row: int, beside: int) -> str:
    """The architecture of `row`; with its checkpoint or run where `beside` has the same."""
    name = str(columns.architecture[row])
    if name != columns.architecture[beside]:
        return name
    if columns.checkpoint[row] != columns.checkpoint[beside]:
        return str(columns.checkpoint[row])
    return f"{name} at {columns.input_size[row]} px through {columns.configuration[row]}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else _ORDINALS.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{suffix}"
