"""What the form shows: fields with their values, ranges of bounds, and how many candidates a bound leaves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import floor, log10

import numpy as np

from app.contract.answers.recommendations import RecommendationResponse
from app.presentation.wording.titles import METRIC_TITLES
from app.ranking.order.margins import by_logarithm
from app.web.form.bounds import BOUNDED, MAIN_BOUNDS
from app.web.form.fields import CONFIDENCE, GROUPS, Field, Kind
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.reference.texts.licenses import license_ids
from catalog.words.metrics import Direction, Metric

_OF_CONFIGURATION = {field.name for field in fields(Configuration)}
# A slider has as many steps as a hand can choose between.
_DIGITS = 2


@dataclass(frozen=True)
class Range:
    """The least and the largest value that a candidate of the hardware has, rounded outwards."""

    low: float
    high: float


@dataclass(frozen=True)
class BoundView:
    """A field of a bound. `left` is the number of candidates that the bound leaves, None without a bound."""

    name: str
    metric: Metric
    label: str
    value: str
    fault: str
    range: Range | None
    logarithmic: bool
    left: int | None


@dataclass(frozen=True)
class FieldView:
    """A field with its `values` and its `options`: each a value and a title."""

    field: Field
    values: Sequence[str]
    fault: str
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class GroupView:
    """A group with its shown fields. It is `open` where a field is chosen or wrong."""

    key: str
    title: str
    fields: Sequence[FieldView]
    chosen: int
    is_open: bool


@dataclass(frozen=True)
class FormView:
    """The whole form. `names` are lists of names to suggest, by their keys."""

    main: Sequence[BoundView]
    confidence: FieldView
    more: Sequence[tuple[str, Sequence[BoundView]]]
    more_chosen: int
    more_open: bool
    groups: Sequence[GroupView]
    names: Mapping[str, Sequence[str]]


def form_view(
    chosen: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    columns: CandidateColumns,
    response: RecommendationResponse | None,
) -> FormView:
    """The form for hardware with the candidates `columns`, and the answer's counts."""
    ranges = {metric: metric_range(columns, metric) for metric in Metric}

    def bound(name: str) -> BoundView:
        metric, side = BOUNDED[name]
        asked = " ".join(chosen.get(name, ()))
        return BoundView(
            name=name,
            metric=metric,
            label="at most" if side == "max" else "at least",
            value=asked,
            fault=faults.get(name, ""),
            range=ranges[metric],
            logarithmic=by_logarithm(metric),
            left=_left(response, metric) if asked and name not in faults else None,
        )

    main = [bound(m.value) for m in MAIN_BOUNDS if ranges[m] is not None or m.value in chosen]
    shown = {view.name for view in main}
    more = [
        (
            METRIC_TITLES[metric],
            [bound(name) for name, (of, _) in BOUNDED.items() if of is metric and name not in shown],
        )
        for metric in Metric
        if ranges[metric] is not None
        or any(name in chosen for name, (of, _) in BOUNDED.items() if of is metric)
    ]
    others = [view for _, views in more for view in views if view.value]
    return FormView(
        main=main,
        confidence=_field(CONFIDENCE, chosen, faults, columns),
        more=more,
        more_chosen=len(others),
        more_open=bool(others),
        groups=[_group(key, title, members, chosen, faults, columns) for key, title, members in _groups()],
        names=_names(columns),
    )


def metric_range(columns: CandidateColumns, metric: Metric) -> Range | None:
    """The range of a metric over the candidates, rounded outwards. None where nothing is known."""
    values = columns.metrics[metric].value
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    if not by_logarithm(metric):
        return Range(float(np.floor(low)), float(np.ceil(high)))
    return Range(_rounded(low, np.floor), _rounded(high, np.ceil))


def _rounded(value: float, rounding: np.ufunc) -> float:
    if value <= 0:
        return 0.0
    unit = 10.0 ** (floor(log10(value)) - _DIGITS + 1)
    return float(f"{float(rounding(value / unit)) * unit:.{_DIGITS}g}")


def _left(response: RecommendationResponse | None, metric: Metric) -> int | None:
    """How many of the considered candidates the bounds on a metric leave, other bounds apart."""
    if response is None:
        return None
    gone = response.eliminated.get(metric, 0) + response.unknown.get(metric, 0)
    return response.considered - response.failed - gone


def _groups() -> Iterable[tuple[str, str, Sequence[Field]]]:
    return ((group.key, group.title, group.fields) for group in GROUPS)


def _group(
    key: str,
    title: str,
    members: Sequence[Field],
    chosen: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    columns: CandidateColumns,
) -> GroupView:
    views = [_field(field, chosen, faults, columns) for field in members]
    # There is nothing to choose between fewer than two values.
    shown = [
        view for view in views if view.values or view.field.kind is not Kind.CHOICES or len(view.options) > 1
    ]
    count = sum(bool(view.values) for view in views)
    return GroupView(key, title, shown, count, is_open=bool(count))


def _field(
    field: Field,
    chosen: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    columns: CandidateColumns,
) -> FieldView:
    return FieldView(field, chosen.get(field.name, ()), faults.get(field.name, ""), _options(field, columns))


def _options(field: Field, columns: CandidateColumns) -> Sequence[tuple[str, str]]:
    """The options of a field. Of a configuration's field, and of the evidence, only what the hardware has."""
    name = field.path.removeprefix("configuration.")
    if field.path == "evidence":
        return [option for option in field.options if option[0] in columns.provenances]
    if name == field.path or name not in _OF_CONFIGURATION:
        return field.options
    present = {getattr(run, name) for run in columns.configuration.values} - {None}
    if not field.options:
        return [(str(value), str(value)) for value in sorted(present)]
    texts = {{True: "yes", False: "no"}.get(value, str(value)) for value in present}
    return [option for option in field.options if option[0] in texts]


def _names(columns: CandidateColumns) -> dict[str, list[str]]:
    """Names that a person may mean, by what they are names of."""
    from catalog.reference.facts import training_data  # noqa: PLC0415 - its tables take 0.07 s to read

    tags = {tag for several in columns.tags.values for tag in several}
    return {
        "families": sorted({family for family in columns.family.values if family}),
        "tags": sorted(tags),
        "licenses": sorted({*license_ids()} & {license_ for license_ in columns.license.values if license_}),
        "data": sorted({data for several in columns.training_data.values for data in several}),
        "methods": sorted(training_data.METHODS),
    }


def axis_metrics(columns: CandidateColumns) -> list[Metric]:
    """The metrics that the chart can draw: those with more than one value on the hardware."""
    return [
        metric
        for metric in Metric
        if (found := metric_range(columns, metric)) is not None
        and found.low < found.high
        and metric is not Metric.SLOWDOWN
    ]


def preferred(names: Sequence[Metric], *wanted: Metric) -> Metric | None:
    """The first of `wanted` that there is, or else the first of all."""
    return next((metric for metric in wanted if metric in names), next(iter(names), None))


def better_word(metric: Metric) -> str:
    """Which direction of an axis is better."""
    return "lower is better" if metric.direction is Direction.LOWER else "higher is better"
