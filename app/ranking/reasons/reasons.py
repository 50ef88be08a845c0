"""Why each recommended candidate has its place, in plain sentences. Pure: arrays in, text out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite

import numpy as np

from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Objective, Scheme, objective_costs
from app.ranking.order.order import Ranking
from app.ranking.reasons.comparing import beside_fastest, beside_winner, comparable_times
from app.ranking.reasons.images import ImageFit
from app.ranking.reasons.ties import tie_sentences
from catalog.candidates.category import Floats
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.entities.naming import in_words
from catalog.words.doubts import Doubt
from catalog.words.metrics import SPEED_METRICS, TRAINING_METRICS, Direction, Metric, Subject
from catalog.words.vocabulary import Provenance

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
# What the best candidate is, and what it has.
_ADJECTIVES = {
    Metric.TOP1: "most accurate",
    Metric.LATENCY_MS: "fastest",
    Metric.SIZE_MB: "smallest on disk",
}
_NOUNS = {
    Metric.THROUGHPUT_IPS: "highest throughput",
    Metric.PEAK_MEMORY_MB: "least memory",
    Metric.PARAMS_M: "fewest parameters",
    Metric.GMACS: "fewest MACs",
}


def reasons_of(
    columns: CandidateColumns,
    ranking: Ranking,
    metrics: Sequence[Metric],
    objective: Objective,
    images: ImageFit,
    probability: Floats,
    by: Collapse,
    *,
    is_bounded: bool = True,
) -> list[list[str]]:
    """Sentences for each row that the ranking shows. `metrics` are the metrics that decided the ranking, and
    `probability` is that of each candidate to keep the budget. They speak of a budget if one `is_bounded`."""
    times = comparable_times(columns, ranking.rows, objective)
    fastest = times.fastest(ranking.rows)
    lacking = _lacking(columns, ranking, objective)
    ties: dict[int, str] = {}
    octaves, named = images.octaves, partial(_distinct_name, columns)
    for place, lacks in zip(ranking.places, lacking, strict=True):
        if place.shared_with and lacks is None and place.tied[0] not in ties:
            ties |= dict.fromkeys(place.tied, "")
            ties |= tie_sentences(columns, place.tied, objective, times, octaves, probability, named)
    compared = _compared(columns, ranking, objective, by, is_bounded=is_bounded)
    reasons = []
    for position, (row, rivals) in enumerate(zip(ranking.shown.tolist(), ranking.dominators, strict=True)):
        sentences = [_placement_sentence(columns, ranking, position, lacking[position], objective, compared)]
        if ties.get(row):
            sentences.append(ties[row])
        if row != ranking.rows[0] and not _is_winnerless(lacking):
            sentences += beside_winner(times, row, int(ranking.rows[0]), named)
        sentences += beside_fastest(columns, times, row, fastest, named)
        sentences += images.sentences(columns, row)
        if rivals is not None and len(rivals) and row not in ties:
            name = _distinct_name(columns, int(rivals[0]), row)
            sentences.append(f"Dominated by {name}{_others(len(rivals) - 1)}.")
        reasons.append(sentences + _evidence(columns, row, metrics))
    return reasons


def _evidence(columns: CandidateColumns, row: int, metrics: Sequence[Metric]) -> list[str]:
    """Sentences about numbers that decided and are not measured, or are measured with doubts."""
    asked = [metric for metric in metrics if metric.subject is Subject.CASE]
    own = columns.measurement[row]
    sentences = _training(columns, row, asked)
    for measurement in dict.fromkeys([own, *(columns.measurement_of(metric)[row] for metric in asked)]):
        if measurement.provenance is Provenance.PUBLISHED:
            of = "" if own.provenance is Provenance.PUBLISHED else "training "
            sentences.append(f"Its {of}speed was published, not measured here.")
            continue
        if measurement.provenance is Provenance.ESTIMATED:
            estimated = [
                metric
                for metric in asked or [Metric.LATENCY_MS]
                if columns.measurement_of(metric)[row] == measurement
                and isfinite(columns.metrics[metric].value[row])
            ]
            if estimated:
                sentences.append(f"Estimated, not measured: {', '.join(estimated)}.")
        sentences += [_doubt_sentence(columns, row, measurement, doubt) for doubt in measurement.doubts]
    return list(dict.fromkeys(sentences))


def _training(columns: CandidateColumns, row: int, asked: Sequence[Metric]) -> list[str]:
    """How fast and in which configuration the network trained, where a metric of training was asked for."""
    run = columns.training_configuration[row]
    if run is None or not set(TRAINING_METRICS) & set(asked):
        return []
    metric = Metric.TRAIN_THROUGHPUT_IPS
    speed = float(columns.metrics[metric].value[row])
    at = f" at {metric.show(speed)} {metric.unit}" if isfinite(speed) else ""
    return [f"Trained{at} by {in_words(run, without=['scenario'])}."]


def _doubt_sentence(columns: CandidateColumns, row: int, measurement: MeasurementFacts, doubt: Doubt) -> str:
    """What a doubt means. A wide interval of the speed is given in numbers where the measurement has one."""
    if doubt is Doubt.IMPRECISE:
        for metric, _, low, high, level, _ in columns.metrics.numbers(row):
            if columns.measurement_of(metric)[row] != measurement:
                continue
            if metric in SPEED_METRICS and isfinite(low) and isfinite(high):
                interval = f"{metric.show(low)} and {metric.show(high)} {metric.unit}"
                return (
                    f"Measured quickly: its {metric} lies between {interval} ({100 * level:.0f} % interval)."
                )
    return f"Doubtful measurement: {doubt.meaning}"


def _others(count: int) -> str:
    return f" and {_counted(count)}" if count else ""


def _counted(others: int) -> str:
    return f"{others} other{'s' if others > 1 else ''}"


@dataclass(frozen=True)
class _Lacking:
    """A metric of the objective that a row lacks. `everywhere`: all rows of the ranking lack it."""

    metric: Metric
    everywhere: bool


def _lacking(columns: CandidateColumns, ranking: Ranking, objective: Objective) -> list[_Lacking | None]:
    """For each row that the ranking shows, the first metric of the objective that it lacks."""
    lacking: list[_Lacking | None] = [None] * len(ranking.shown)
    for metric in reversed(objective.metrics):
        everywhere = bool(np.isnan(columns.metrics[metric].value[ranking.rows]).all())
        for position in np.flatnonzero(np.isnan(columns.metrics[metric].value[ranking.shown])):
            lacking[position] = _Lacking(metric, everywhere)
    return lacking


def _is_winnerless(lacking: Sequence[_Lacking | None]) -> bool:
    """Whether nothing is best in the objective, because all rows lack it."""
    return lacking[0] is not None and lacking[0].everywhere


@dataclass(frozen=True)
class _Compared:
    """What a row is compared with, in words: `one` of the kind `by`, and all whose objective is known."""

    by: Collapse
    one: str
    all_known: str


def _compared(
    columns: CandidateColumns, ranking: Ranking, objective: Objective, by: Collapse, *, is_bounded: bool
) -> _Compared:
    within = " within the budget" if is_bounded else ""
    known = np.count_nonzero(~np.isnan(objective_costs(columns, objective, ranking.rows)).any(axis=1))
    if known == len(ranking.rows):
        return _Compared(by, f"{by}{within}", f"{known} {by}s{within}")
    named = " and ".join(objective.metrics)
    return _Compared(by, f"{by}{within}", f"the {known} {by}s{within} whose {named} is known")


def _placement_sentence(
    columns: CandidateColumns,
    ranking: Ranking,
    position: int,
    lacking: _Lacking | None,
    objective: Objective,
    compared: _Compared,
) -> str:
    """The place of a row in the ranking."""
    place = ranking.places[position]
    if len(ranking.rows) == 1:
        unknown = f" Its {lacking.metric} is unknown." if lacking else ""
        return f"The only {compared.one}.{unknown}"
    if lacking is not None and lacking.everywhere:
        return f"The {lacking.metric} of every {compared.one} is unknown."
    if lacking is not None:
        metric = lacking.metric
        return f"Its {metric} is unknown, so it ranks behind {compared.by}s whose {metric} is known."
    nth = "" if place.rank == 1 else f"{_ordinal(place.rank)} "
    superlative = f"{nth}{_superlative(objective, ranking)} of {compared.all_known}"
    row, leader = int(ranking.shown[position]), place.tied[0]
    if row != leader:
        beside = f"{_distinct_name(columns, leader, row)}, {_which(objective, ranking)} {superlative}"
        return f"Tied with {beside}: the difference is within the error."
    sentence = superlative[0].upper() + superlative[1:]
    if place.shared_with:
        sentence += f", tied with {_counted(place.shared_with)}: the difference is within the error"
    if objective.asked is Scheme.KNEE and not ranking.has_knee:
        sentence += ". There is no knee: nothing lies beyond the line between the ends of the frontier"
    return f"{sentence}."


def _superlative(objective: Objective, ranking: Ranking) -> str:
    if objective.single is None:
        metrics = " and ".join([", ".join(objective.metrics[:-1]), objective.metrics[-1]])
        near = "nearest the knee of" if _has_knee(objective, ranking) else "best balance of"
        return f"{near} {metrics}"
    plain = f"{'lowest' if objective.single.direction is Direction.LOWER else 'highest'} {objective.single}"
    return _ADJECTIVES.get(objective.single) or _NOUNS.get(objective.single, plain)


def _which(objective: Objective, ranking: Ranking) -> str:
    """What joins the name of a row to its superlative."""
    if _has_knee(objective, ranking):
        return "which is"
    return "the" if objective.single in _ADJECTIVES else "which has the"


def _has_knee(objective: Objective, ranking: Ranking) -> bool:
    return objective.asked is Scheme.KNEE and ranking.has_knee


def _distinct_name(columns: CandidateColumns, row: int, beside: int) -> str:
    """The shortest name of `row` that `beside` has not: architecture, checkpoint, or all of the candidate."""
    name = str(columns.architecture[row])
    if name != columns.architecture[beside]:
        return name
    if columns.checkpoint[row] != columns.checkpoint[beside]:
        return str(columns.checkpoint[row])
    return f"{name} at {columns.input_size[row]} px through {columns.configuration[row]}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else _ORDINALS.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{suffix}"
