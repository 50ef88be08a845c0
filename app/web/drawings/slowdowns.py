"""How quiet a machine was over time, as a drawing. Pure."""

from collections.abc import Sequence
from math import exp

from app.contract.evidence.targets import SlowdownView
from app.web.drawings.charts import PLOT_BOTTOM, PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, WIDTH, Dot, Plot
from app.web.drawings.scales import readable, scale_over
from catalog.statistics.quietness import QUIET

_HEIGHT = 224
_DAYS_APART = 56.0  # drawing units
_QUIET = exp(QUIET)
_FEWEST = 2


def slowdown_plot(slowdowns: Sequence[SlowdownView]) -> Plot | None:
    """The slowdown of each of the newest measurements, the oldest first. None where there are too few."""
    if len(slowdowns) < _FEWEST:
        return None
    ordered = sorted(slowdowns, key=lambda one: one.measured_at)
    x = scale_over([float(place) for place in range(len(ordered))], PLOT_LEFT, WIDTH - PLOT_RIGHT)
    y = scale_over([1.0, _QUIET, *(one.slowdown for one in ordered)], _HEIGHT - PLOT_BOTTOM, PLOT_TOP)
    dots = [
        Dot(
            x(place),
            y(one.slowdown),
            f"{one.measured_at:%Y-%m-%d %H:%M} UTC: {one.slowdown:.2f} times as slow as when quiet",
            "quiet" if one.slowdown <= _QUIET else "busy",
        )
        for place, one in enumerate(ordered)
    ]
    days: dict[str, float] = {}
    for place, one in enumerate(ordered):
        days.setdefault(f"{one.measured_at:%b %d}", x(place))
    return Plot(
        "measurements, in their order",
        "slowdown",
        readable(((place, day) for day, place in days.items()), _DAYS_APART),
        [(y(tick), f"{tick:g}") for tick in y.ticks(5)],
        [],
        dots,
        height=_HEIGHT,
        bottom=_HEIGHT - PLOT_BOTTOM,
    )
