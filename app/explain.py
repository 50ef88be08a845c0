"""Why a candidate won, why other candidates lost, and which bounds to relax."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from sys import float_info

import numpy as np

from app.budget import Bound, Budget, BudgetFit, admitting_limit, fit_budget, probability_below
from app.objective import Objective, Scheme
from app.ranking import Collapse, Ranking, first_of_each
from catalog.columns import CandidateColumns, Floats, Ints, MetricColumn
from catalog.entities import Configuration
from catalog.metrics import Direction, Metric, Subject
from catalog.vocabulary import Doubt, Layout, Provenance, Scenario

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}
_SAME_SPEED = 0.005
_SAME_ACCURACY = 0.05
_MUCH = 2.0
_NOTABLE = 1.1
_TEST_NETWORK = "test-network"
_FIRST_SHARE = 1e-6
_SHARE_PRECISION = 1e-9
_WIDEST = 1e9
_COMBINATIONS = 20
# What the other bounds must leave over, for a limit that admits the rest to exist.
_ROOM = 1e-6
_SUPERLATIVES = {
    Metric.TOP1: "most accurate",
    Metric.LATENCY_MS: "fastest",
    Metric.THROUGHPUT_IPS: "highest throughput",
    Metric.PEAK_MEMORY_MB: "least memory",
    Metric.SIZE_MB: "smallest on disk",
    Metric.PARAMS_M: "fewest parameters",
    Metric.GMACS: "fewest MACs",
}


@dataclass(frozen=True)
class Relaxation:
    """The smallest change of one side of a bound that admits a candidate, `row`."""

    metric: Metric
    side: str
    bound: float
    row: int


@dataclass(frozen=True)
class JointRelaxation:
    """All bounds relaxed by the same share `factor` of themselves, which admits `row`."""

    factor: float
    bounds: tuple[Bound, ...]
    row: int


@dataclass(frozen=True)
class FewestRelaxation:
    """The fewest bounds, `metrics`, whose relaxation alone admits a candidate; `bounds` are all of them."""

    metrics: tuple[Metric, ...]
    bounds: tuple[Bound, ...]
    row: int


@dataclass(frozen=True)
class Elimination:
    """What became of the candidates, before collapse.

    Of each bound: how many it `eliminated` (bounds overlap), how many it alone, how many it could not judge.
    `together` counts candidates by just the bounds that eliminated them, the most frequent combinations.
    Every candidate is `fitting`, `failed`, `undecided` (within every bound that can be judged) or in a
    combination.
    """

    eliminated: Mapping[Metric, int]
    eliminated_only_by: Mapping[Metric, int]
    unknown: Mapping[Metric, int]
    together: Mapping[tuple[Metric, ...], int]
    fitting: int
    undecided: int
    failed: int


def eliminations(fit: BudgetFit) -> Elimination:
    """Counts of all candidates of `fit`."""
    eliminated, alone, unknown = {}, {}, {}
    code = np.zeros(len(fit.fits), dtype=np.int64)
    for place, (bound, one) in enumerate(fit.by_bound.items()):
        outside = one.known & ~one.within & fit.usable
        eliminated[bound.metric] = int(np.count_nonzero(outside))
        alone[bound.metric] = int(np.count_nonzero(~fit.fits & one.known & fit.admitted_without(bound)))
        unknown[bound.metric] = int(np.count_nonzero(~one.known & fit.usable))
        code += outside.astype(np.int64) << place
    codes, counts = np.unique(code[code > 0], return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:_COMBINATIONS]
    metrics = [bound.metric for bound in fit.by_bound]
    together = {
        tuple(metric for place, metric in enumerate(metrics) if codes[one] >> place & 1): int(counts[one])
        for one in frequent
    }
    fitting = int(np.count_nonzero(fit.fits))
    usable = int(np.count_nonzero(fit.usable))
    return Elimination(
        eliminated,
        alone,
        unknown,
        together,
        fitting,
        undecided=usable - fitting - int(counts.sum()),
        failed=len(fit.usable) - usable,
    )


def near_misses(columns: CandidateColumns, fit: BudgetFit, limit: int) -> list[int]:
    """The nearest candidate outside the budget of each architecture that has none inside, nearest first."""
    distance, names = fit.distance(), columns.architecture
    admitted = np.zeros(len(names.values), dtype=np.bool_)
    admitted[names.codes[fit.fits]] = True
    rows = np.flatnonzero(~fit.fits & ~np.isnan(distance) & ~admitted[names.codes])
    nearest = np.full(len(names.values), np.inf)
    np.minimum.at(nearest, names.codes[rows], distance[rows])
    rows = rows[distance[rows] <= np.sort(nearest)[:limit].max(initial=-np.inf)]  # few are left to sort
    ordered = rows[np.argsort(distance[rows], kind="stable")]
    return [int(row) for row in ordered[first_of_each(names.codes[ordered])[:limit]]]


def relaxations(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> list[Relaxation]:
    """For each side of each bound, the smallest relaxation that admits one candidate more."""
    found = []
    for bound in budget.bounds:
        rows = np.flatnonzero(fit.admitted_without(bound) & ~fit.fits & fit.by_bound[bound].known)
        column = columns.metrics[bound.metric].take(rows)
        others = fit.probability_without(bound)[rows]
        for limit, sign in bound.sides:
            needed = _needed_limit(bound, column, sign, limit, budget.confidence, others)
            if np.isnan(needed).all():
                continue
            cheapest = int(np.nanargmin(-sign * needed))
            side = "min" if sign > 0 else "max"
            found.append(
                Relaxation(bound.metric, side, max(0.0, float(needed[cheapest])), int(rows[cheapest]))
            )
    return found


def joint_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> JointRelaxation | None:
    """The smallest share by which all bounds, relaxed together, admit a candidate.

    None where one fits already, and where no share below a billion admits one.
    """
    if fit.fits.any() or not budget.bounds:
        return None
    exact = not any((columns.metrics[bound.metric].deviation > 0).any() for bound in budget.bounds)
    if budget.confidence is None or exact:
        shares = np.where(fit.usable, _relaxing_shares(columns, budget), np.nan)
        if not (shares <= _WIDEST).any():
            return None
        row = int(np.nanargmin(shares))
        factor = float(shares[row])
        values = [float(columns.metrics[bound.metric].value[row]) for bound in budget.bounds]
        bounds = tuple(
            _reaching(_widened(bound, factor), value)
            for bound, value in zip(budget.bounds, values, strict=True)
        )
        return JointRelaxation(factor, bounds, row)
    return _bisected_relaxation(columns, budget)


def fewest_relaxation(columns: CandidateColumns, budget: Budget, fit: BudgetFit) -> FewestRelaxation | None:
    """The fewest bounds that must give way for a candidate to fit, and by how much; of several candidates,
    the nearest by value. None where one fits already, and where no candidate has all the numbers."""
    known = fit.usable.copy()
    for one in fit.by_bound.values():
        known &= one.known
    rows = np.flatnonzero(known)
    if fit.fits.any() or not len(rows):
        return None
    tests = list(fit.by_bound.items())
    chances = np.stack([one.probability[rows] for _, one in tests])
    if budget.confidence is None:
        chances = np.stack([one.within[rows] for _, one in tests]).astype(np.float64)
    needed = (1 + _ROOM) * budget.confidence if budget.confidence is not None else 1.0
    # What the surest bounds hold jointly, when the k least certain ones are dropped.
    ascending = np.sort(chances, axis=0)
    kept = np.cumprod(np.vstack([np.ones(len(rows)), ascending[::-1]]), axis=0)[::-1]
    fewest = np.argmax(kept >= min(needed, 1.0), axis=0)
    candidates = np.flatnonzero(fewest == fewest.min())
    chosen = int(candidates[np.argmin(fit.distance()[rows[candidates]])])
    row, count = int(rows[chosen]), int(fewest[chosen])
    relaxed = set(np.argsort(chances[:, chosen], kind="stable")[:count].tolist())
    share = None
    if budget.confidence is not None:
        share = (budget.confidence / float(kept[count, chosen])) ** (1 / count)
    bounds = tuple(
        _admitting(bound, columns.metrics[bound.metric].take(np.array([row])), share)
        if place in relaxed
        else bound
        for place, (bound, _) in enumerate(tests)
    )
    if any(np.isnan(limit) for bound in bounds for limit, _ in bound.sides):
        return None  # no limit is so wide
    metrics = tuple(bound.metric for place, (bound, _) in enumerate(tests) if place in relaxed)
    return FewestRelaxation(metrics, bounds, row)


def reasons(
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


_OF_TRAINING = (Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB)


def remedy(metric: Metric, *, local: bool) -> str:
    """How to get the number of `metric` where it is unknown."""
    if metric.subject is Subject.CHECKPOINT:
        return (
            "No accuracy is published at that input size. Evaluate the checkpoint, or ask for another size."
        )
    if metric.subject is Subject.WORKLOAD:
        return "That input size was not counted. Run `archrank profile NAME --input-size SIZE`."
    command = f"archrank profile NAME{' --train' if metric in _OF_TRAINING else ''}"
    if local:
        return f"Not measured on this machine. Run `{command}`."
    return f"The source does not state the number. Run `{command}` on that hardware and import its export."


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
    return f"{name} at {columns.input_size[row]} px through {_run_words(columns.configuration[row])}"


def _run_words(run: Configuration) -> str:
    """All that may tell configurations of one target apart."""
    words = [f"{run.runtime} {run.precision}{' compiled' if run.compiled else ''}"]
    words += [run.layout] if run.layout is not Layout.NCHW else []
    words += [f"threads {run.threads}"] if run.threads else []
    words += [f"batch {run.batch_size}"] if run.batch_size > 1 else []
    words += ["no arena"] if run.arena is False else []
    words += ["training"] if run.scenario is Scenario.TRAINING else []
    words += [f"{run.clients} clients"] if run.clients > 1 else []
    return ", ".join(words)


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else _ORDINALS.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{suffix}"


def _needed_limit(
    bound: Bound,
    column: MetricColumn,
    sign: int,
    limit: float,
    confidence: float | None,
    others: Floats,
) -> Floats:
    """Where one side of `bound` must move to admit each candidate, while its other side stays; NaN where
    that admits none. `others` is the joint probability of the other bounds."""
    opposite = [other for other, direction in bound.sides if direction != sign]
    if confidence is None:
        needed = admitting_limit(column, sign, limit, None)
        for other in opposite:
            needed = np.where(-sign * (column.value - other) >= 0, needed, np.nan)
    else:
        chance = confidence / others
        for other in opposite:
            below = probability_below(column, other)
            chance = chance + (1 - below if sign > 0 else below)
        needed = admitting_limit(column, sign, limit, chance)
    return np.where(needed == limit, np.nan, needed)


def _relaxing_shares(columns: CandidateColumns, budget: Budget) -> Floats:
    """The share of itself by which every bound must widen to admit each candidate at its value."""
    share = np.zeros(len(columns))
    for bound in budget.bounds:
        value = columns.metrics[bound.metric].value
        for limit, sign in bound.sides:
            missing = np.where(sign * (limit - value) > 0, sign * (limit - value), 0 * value)
            with np.errstate(over="ignore"):
                needed = missing / limit if limit else np.where(missing > 0, np.nan, missing)
            share = np.maximum(share, needed)
    return share


def _bisected_relaxation(columns: CandidateColumns, budget: Budget) -> JointRelaxation | None:
    """With a confidence, the share has no closed form; what it admits only grows with it."""
    rows = np.arange(len(columns))

    def admitted(factor: float) -> tuple[Budget, Ints]:
        wider = Budget(tuple(_widened(bound, factor) for bound in budget.bounds), budget.confidence)
        return wider, rows[fit_budget(wider, columns.take(rows)).fits]

    low, high = 0.0, _FIRST_SHARE
    while not len(found := admitted(high)[1]):
        low, high = high, high * 2
        if high > _WIDEST:
            return None
    while high - low > _SHARE_PRECISION * high:
        rows = found  # a smaller share admits none but of these
        middle = (low + high) / 2
        if len(fewer := admitted(middle)[1]):
            high, found = middle, fewer
        else:
            low = middle
    wider, found = admitted(high)
    return JointRelaxation(high, wider.bounds, int(found[0]))


def _admitting(bound: Bound, number: MetricColumn, share: float | None) -> Bound:
    """`bound`, moved so that it holds the one `number`, with the probability `share` where one is given."""
    chance = None if share is None else 1 - (1 - share) / len(bound.sides)
    sides = {
        sign: float(np.maximum(0.0, admitting_limit(number, sign, limit, chance)[0]))
        for limit, sign in bound.sides
    }
    return Bound(bound.metric, sides.get(1), sides.get(-1))


def _widened(bound: Bound, factor: float) -> Bound:
    """`bound` with both sides moved out by the share `factor` of themselves."""
    minimum = None if bound.minimum is None else max(0.0, bound.minimum * (1 - factor))
    maximum = None if bound.maximum is None else min(float_info.max, bound.maximum * (1 + factor))
    return Bound(bound.metric, minimum, maximum)


def _reaching(bound: Bound, value: float) -> Bound:
    """`bound`, which holds `value` but for rounding, made to hold it."""
    minimum = None if bound.minimum is None else min(bound.minimum, value)
    maximum = None if bound.maximum is None else max(bound.maximum, value)
    return Bound(bound.metric, minimum, maximum)
