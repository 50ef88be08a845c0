"""The drawings of a profile card: bars of speed, curves against batch and size, and the peers. Pure.

A drawing is 640 units wide. The templates write it as SVG, so it needs no script.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.contract.answers.candidates import CandidateView
from app.contract.common.fields import MetricSchema
from app.contract.networks.cards import BatchCurveView, CardView, SizeCurveView, StandingView
from app.presentation.wording.numbers import number
from app.ranking.speed import metric_of_time, time_per_image
from app.web.drawings.scales import Scale, readable, scale_over
from catalog.entities.naming import in_words
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

WIDTH = 640
_BAR, _BARS_LEFT, _BARS_RIGHT = 44, 6, 120
# The title of the upright axis is above the topmost number.
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 52, 16, 28, 40
_PLOT_HEIGHT = 264
_LABEL_APART = 34.0  # of numbers below a plot
_LETTER, _LINE = 6.4, 13  # the size of a letter of a label
_COLOURS = 5  # of lines, as the style sheet has them


@dataclass(frozen=True)
class Bar:
    """A bar of images per second, with its `name` and what it is `about`. The whiskers are the interval."""

    y: int
    name: str
    about: str
    text: str
    width: float
    low: float | None
    high: float | None
    hollow: bool


@dataclass(frozen=True)
class Bars:
    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, str]]
    height: int


@dataclass(frozen=True)
class Dot:
    """A number in a plot, with what a pointer shows of it. A `label` is written beside it."""

    x: float
    y: float
    title: str
    kind: str = ""
    label: str = ""
    href: str = ""
    is_left: bool = False


@dataclass(frozen=True)
class Line:
    name: str
    colour: int
    points: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Plot:
    """Lines or dots between two axes."""

    x_title: str
    y_title: str
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]
    dots: Sequence[Dot]
    height: int = _PLOT_HEIGHT
    left: int = PLOT_LEFT
    right: int = WIDTH - PLOT_RIGHT
    bottom: int = _PLOT_HEIGHT - PLOT_BOTTOM
    top: int = PLOT_TOP


def speed_bars(card: CardView) -> Bars | None:
    """A bar for each speed of the card: the images per second, on an axis of factors of ten."""
    rows = card.speeds
    if not rows:
        return None
    ends = [1000 / row.image_ms for row in rows]
    low = 10 ** _floor_power(min(ends))
    scale = Scale(low, max(ends) * 1.05, _BARS_LEFT, WIDTH - _BARS_RIGHT, by_logarithm=True)
    bars = [
        Bar(
            y=24 + _BAR * place,
            name=f"{row.target}, {row.configuration.precision}",
            about=f"{in_words(row.configuration)}, {row.input_size} px",
            text=f"{_short(end)}/s",
            width=scale(end) - _BARS_LEFT,
            low=_interval_end(scale, row.image_ms, row.speed, low=True),
            high=_interval_end(scale, row.image_ms, row.speed, low=False),
            hollow=row.speed.provenance is Provenance.ESTIMATED,
        )
        for place, (row, end) in enumerate(zip(rows, ends, strict=True))
    ]
    ticks = [(scale(tick), _short(tick)) for tick in scale.ticks(7)]
    return Bars(bars, ticks, 24 + _BAR * len(bars) + 8)


def _interval_end(scale: Scale, image_ms: float, speed: MetricSchema, *, low: bool) -> float | None:
    """Where the interval of the images per second ends. The interval of a time runs the other way."""
    if speed.low is None or speed.high is None or speed.value <= 0:
        return None
    end, center = (speed.low if low else speed.high), 1000 / image_ms
    factor = end / speed.value
    return scale(max(center * factor, scale.low))


def batch_plot(curves: Sequence[BatchCurveView]) -> Plot | None:
    """The throughput against the batch size, a line for each configuration."""
    lines = [
        (
            f"{curve.target}, {in_words(curve.configuration, ['batch_size'])}",
            [
                (float(point.batch_size), point.throughput.value, number(curve.metrics[0], point.throughput))
                for point in curve.points
                if point.throughput is not None and point.throughput.value > 0
            ],
        )
        for curve in curves
    ]
    return _plot(lines, "images in a call", "images/s")


def size_plot(curves: Sequence[SizeCurveView]) -> Plot | None:
    """The time per image against the input size, a line for each target."""
    lines = [
        (
            f"{curve.target}, {in_words(curve.configuration)}",
            [
                (float(point.input_size), point.image_ms, f"{point.image_ms:.3g} ms per image")
                for point in curve.points
            ],
        )
        for curve in curves
    ]
    return _plot(lines, "input size (px)", "ms per image")


def peer_plot(standing: StandingView) -> Plot | None:
    """The architecture, who is better and who is alike, by time per image and accuracy."""
    shown = [("own", standing.candidate)]
    shown += [("better", rival.candidate) for rival in standing.dominated_by]
    names = {candidate.architecture for _, candidate in shown}
    shown += [
        ("alike", rival.candidate) for rival in standing.rivals if rival.candidate.architecture not in names
    ]
    placed = [
        (kind, candidate, time, candidate.metrics[Metric.TOP1].value)
        for kind, candidate in shown
        if (time := _image_ms(candidate)) is not None and Metric.TOP1 in candidate.metrics
    ]
    if len(placed) < 2:  # noqa: PLR2004 - one dot is no comparison
        return None
    x = scale_over([time for *_, time, _ in placed], PLOT_LEFT, WIDTH - PLOT_RIGHT, by_logarithm=True)
    y = scale_over([top1 for *_, top1 in placed], _PLOT_HEIGHT - PLOT_BOTTOM, PLOT_TOP + 8)
    dots = [
        Dot(
            x(time),
            y(top1),
            f"{candidate.checkpoint or candidate.architecture}: {time:.3g} ms per image, top-1 {top1:.2f} %",
            kind,
            candidate.architecture,
            f"/architectures/{candidate.architecture}",
        )
        for kind, candidate, time, top1 in placed
    ]
    return Plot(
        "ms per image",
        "top-1 (%)",
        [(x(tick), _short(tick)) for tick in x.ticks(6)],
        [(y(tick), f"{tick:g}") for tick in y.ticks(5)],
        [],
        _readable(dots),
    )


def _readable(dots: Sequence[Dot]) -> list[Dot]:
    """The dots, each with its label to the right or left where that covers no dot and no label before it."""
    taken = [(dot.x - 5, dot.x + 5, dot.y) for dot in dots]  # from, to, height
    shown = []
    for dot in dots:
        width = _LETTER * len(dot.label) + 12
        sides = {False: (dot.x + 8, dot.x + width), True: (dot.x - width, dot.x - 8)}
        free = [
            is_left
            for is_left, (begin, end) in sides.items()
            if begin >= PLOT_LEFT
            and end <= WIDTH
            and not any(begin < to and end > since and abs(dot.y - at) < _LINE for since, to, at in taken)
        ]
        if free:
            taken.append((*sides[free[0]], dot.y))
            shown.append(replace(dot, is_left=free[0]))
        else:
            shown.append(replace(dot, label=""))
    return shown


def _plot(
    lines: Sequence[tuple[str, Sequence[tuple[float, float, str]]]], x_title: str, y_title: str
) -> Plot | None:
    lines = [(name, points) for name, points in lines if len(points) > 1][:_COLOURS]
    if not lines:
        return None
    everything = [point for _, points in lines for point in points]
    x = scale_over([place for place, *_ in everything], PLOT_LEFT, WIDTH - PLOT_RIGHT, by_logarithm=True)
    y = scale_over(
        [value for _, value, _ in everything], _PLOT_HEIGHT - PLOT_BOTTOM, PLOT_TOP, by_logarithm=True
    )
    places = sorted({place for place, *_ in everything})
    return Plot(
        x_title,
        y_title,
        readable(((x(place), f"{place:g}") for place in places), _LABEL_APART),
        [(y(tick), _short(tick)) for tick in y.ticks(5)],
        [
            Line(
                name,
                colour,
                " ".join(f"{x(place)},{y(value)}" for place, value, _ in points),
                [
                    Dot(x(place), y(value), f"{name}: {x_title} {place:g}, {text}")
                    for place, value, text in points
                ],
            )
            for colour, (name, points) in enumerate(lines)
        ],
        [],
    )


def _image_ms(candidate: CandidateView) -> float | None:
    metric = metric_of_time(candidate.metrics, candidate.configuration)
    if metric is None:
        return None
    return time_per_image(metric, candidate.metrics[metric].value, candidate.configuration)


def _floor_power(value: float) -> int:
    power = 0
    while 10.0**power > value:
        power -= 1
    while 10.0 ** (power + 1) <= value:
        power += 1
    return power


def _short(value: float) -> str:
    """A number with three digits that count, and thousands as k."""
    if value >= 10_000:  # noqa: PLR2004 - five digits are hard to read
        return f"{value / 1000:.3g}k"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - no decimals there
