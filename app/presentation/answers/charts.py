"""The chart of an answer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import isnan

import numpy as np

from app.contract.answers.charts import AxisView, ChartView, PointState, PointView
from app.presentation.answers.candidates import candidate_name
from app.presentation.wording.titles import METRIC_TITLES
from app.questions.answers.recommend import Answer
from app.questions.answers.representatives import representatives
from app.ranking.order.leading import within_error_of_previous
from app.ranking.order.margins import by_logarithm
from app.ranking.order.pareto import costs_of, non_dominated
from catalog.candidates.category import Bools, Ints
from catalog.candidates.columns import CandidateColumns, MeasurementFacts
from catalog.candidates.metric_columns import MetricColumn
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Provenance


def chart_view(answer: Answer, x: Metric, y: Metric) -> ChartView:
    """Each architecture of the answer as a point of the metrics `x` and `y`. Every recommended row is one."""
    columns = answer.columns
    known = ~np.isnan(columns.metrics[x].value) & ~np.isnan(columns.metrics[y].value)
    rows = representatives(answer, known)
    states = _states(answer, rows)
    # Of points that overlap, the last one is drawn on top.
    order = np.argsort([_LAYERS[state] for state in states], kind="stable")
    rows, states = rows[order], [states[position] for position in order]
    families = [columns.family[row] for row in rows.tolist()]
    by_size = [name for name, _ in Counter(filter(None, families)).most_common()]
    places = {name: position for position, name in enumerate(by_size)}
    hollow = _hollow(columns, rows, (x, y))
    numbers = zip(_numbers(columns.metrics[x], rows), _numbers(columns.metrics[y], rows), strict=True)
    params = columns.metrics[Metric.PARAMS_M].value[rows].tolist()
    frontier = _frontier(columns, rows, states, x, y)
    points = [
        PointView(
            name=candidate_name(columns, row),
            architecture=columns.architecture[row],
            family=places.get(family or "", -1),
            x=on_x,
            y=on_y,
            params=None if isnan(size) else size,
            state=state,
            hollow=reason,
            why=" ".join(filter(None, [why, neighbour])),
        )
        for row, family, (on_x, on_y), size, state, reason, why, neighbour in zip(
            rows.tolist(),
            families,
            numbers,
            params,
            states,
            hollow,
            _reasons(answer, rows, states),
            _neighbours(columns, rows, frontier, (x, y)),
            strict=True,
        )
    ]
    architectures = set(columns.architecture.codes.tolist())
    return ChartView(
        x=_axis(answer, x),
        y=_axis(answer, y),
        families=by_size,
        points=points,
        frontier=frontier,
        lacking=len(architectures - set(columns.architecture.codes[rows].tolist())),
    )


_LAYERS = {
    PointState.UNKNOWN: 0,
    PointState.ELIMINATED: 0,
    PointState.FITS: 1,
    PointState.RANKED: 2,
}


def _axis(answer: Answer, metric: Metric) -> AxisView:
    bounds = [bound for bound in answer.fit.budget.bounds if bound.metric is metric]
    return AxisView(
        metric=metric,
        title=METRIC_TITLES[metric],
        unit=metric.unit,
        decimals=metric.decimals,
        logarithmic=by_logarithm(metric),
        better=metric.direction,
        minimum=bounds[0].minimum if bounds else None,
        maximum=bounds[0].maximum if bounds else None,
    )


def _states(answer: Answer, rows: Ints) -> list[PointState]:
    ranked = {recommended.row for recommended in answer.recommendations}
    unknown = np.zeros(len(answer.columns), dtype=np.bool_)
    outside = np.zeros(len(answer.columns), dtype=np.bool_)
    for test in answer.fit.by_bound.values():
        unknown |= ~test.judged
        outside |= test.judged & ~test.within
    return [
        PointState.RANKED
        if row in ranked
        else PointState.FITS
        if answer.fit.fits[row]
        else PointState.UNKNOWN
        if unknown[row] and not outside[row]
        else PointState.ELIMINATED
        for row in rows.tolist()
    ]


def _numbers(column: MetricColumn, rows: Ints) -> list[list[float]]:
    """The value of each row, followed by the ends of its interval where it has one."""
    value, low, high = (end[rows].tolist() for end in (column.value, column.low, column.high))
    return [
        [_short(one)] if isnan(least) else [_short(one), _short(least), _short(most)]
        for one, least, most in zip(value, low, high, strict=True)
    ]


def _short(number: float) -> float:
    """`number` with the digits that a drawing can show."""
    return float(f"{number:.5g}")


def _hollow(columns: CandidateColumns, rows: Ints, metrics: Sequence[Metric]) -> list[str]:
    """Which numbers of each row are estimated or doubtful. A doubt that all rows share sets none apart."""
    reasons = [""] * len(rows)
    for metric in metrics:
        estimated = _estimated(columns, metric)[rows].tolist()
        doubts = [columns.doubts(metric, row) for row in rows.tolist()]
        everywhere = set(doubts[0]).intersection(*doubts) if doubts else set()
        for position, (is_estimate, of_row) in enumerate(zip(estimated, doubts, strict=True)):
            own = [doubt for doubt in of_row if doubt not in everywhere]
            if is_estimate or own:
                what = "estimated" if is_estimate else f"doubtful ({', '.join(own)})"
                sentence = f"Its {METRIC_TITLES[metric].lower()} is {what}."
                reasons[position] = f"{reasons[position]} {sentence}".strip()
    return reasons


def _estimated(columns: CandidateColumns, metric: Metric) -> Bools:
    if metric.subject is not Subject.CASE:
        return np.zeros(len(columns), dtype=np.bool_)
    return np.asarray(columns.measurement_of(metric).numbers(_is_estimated) > 0)


def _is_estimated(facts: MeasurementFacts) -> float:
    return float(facts.provenance is Provenance.ESTIMATED)


def _reasons(answer: Answer, rows: Ints, states: Iterable[PointState]) -> list[str]:
    """The rank of each row, or which bounds it is outside of."""
    ranks = {one.row: (one.rank, one.shares_rank_with) for one in answer.recommendations}
    after = f"{'Keeps the budget, and ranks' if answer.fit.by_bound else 'Ranks'} after the rows shown."
    return [
        _rank_in_words(*ranks[row])
        if state is PointState.RANKED
        else after
        if state is PointState.FITS
        else misses(answer, row)
        for row, state in zip(rows.tolist(), states, strict=True)
    ]


def _neighbours(
    columns: CandidateColumns, rows: Ints, frontier: Sequence[int], metrics: Sequence[Metric]
) -> list[str]:
    """For each row, in which metrics it is within the error of its left neighbour on the frontier.

    Empty where it is in none, or not on the frontier.
    """
    sentences = [""] * len(rows)
    on_line = rows[np.array(frontier, dtype=np.int64)]
    alike = within_error_of_previous(columns, metrics, on_line)
    for place, (position, which) in enumerate(zip(frontier, alike, strict=True)):
        if which:
            name = candidate_name(columns, int(on_line[place - 1]))
            titles = " and ".join(METRIC_TITLES[metric].lower() for metric in which)
            sentences[position] = f"Within the error of {name}, left of it on the frontier, in {titles}."
    return sentences


def _rank_in_words(rank: int, ties: int) -> str:
    return f"Rank {rank}{f', tied with {ties}' if ties else ''}."


def misses(answer: Answer, row: int) -> str:
    """Which bounds a row is outside of and by how much, and which cannot be judged."""
    sentences = []
    for bound, test in answer.fit.by_bound.items():
        metric, title = bound.metric, METRIC_TITLES[bound.metric]
        slack = float(test.slack[row])
        if not test.judged[row]:
            sentences.append(f"{title} is unknown.")
        elif not test.within[row]:
            amount = "" if isnan(slack) or slack >= 0 else f" by {metric.show(-slack)} {metric.unit}"
            how = (
                f" It keeps the bound with probability {test.probability[row]:.2f} only."
                if not amount
                else ""
            )
            sentences.append(f"{title} misses its bound{amount}.{how}")
    return " ".join(sentences) or "Keeps each bound, but not all with the required certainty."


def _frontier(
    columns: CandidateColumns, rows: Ints, states: Sequence[PointState], x: Metric, y: Metric
) -> list[int]:
    """The positions of fitting points that no fitting point dominates, by the first axis."""
    fitting = np.array([state in (PointState.RANKED, PointState.FITS) for state in states], dtype=np.bool_)
    positions = np.flatnonzero(fitting)
    if not len(positions):
        return []
    costs = np.stack([costs_of(columns, metric)[rows[positions]] for metric in (x, y)], axis=1)
    best = positions[non_dominated(costs)]
    on_x = columns.metrics[x].value[rows[best]]
    return [int(position) for position in best[np.argsort(on_x, kind="stable")]]
