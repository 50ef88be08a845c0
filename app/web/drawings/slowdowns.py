"""How quiet a machine was over time, as a drawing. Pure."""

from collections.abc import Sequence
from math import exp

from app.contract.targets import SlowdownView
from app.web.drawings.charts import WIDTH, Dot, Plot
from app.web.drawings.scales import scale_over
from catalog.statistics.quietness import QUIET

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 52, 16, 28, 40, 224
_QUIET = exp(QUIET)
_FEWEST = 2


def slowdown_plot(slowdowns: Sequence[SlowdownView]) -> Plot | None:
    """The slowdown of each of the newest measurements, the oldest first. None where there are too few."""
    if len(slowdowns) < _FEWEST:
        return None
    ordered = sorted(slowdowns, key=lambda one: one.measured_at)
    x = scale_over([float(place) for place in range(len(ordered))], _LEFT, WIDTH - _RIGHT)
    y = scale_over([1.0, _QUIET, *(one.slowdown for one in ordered)], _HEIGHT - _BOTTOM, _TOP)
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
        _apart([(place, day) for day, place in days.items()]),
        [(y(tick), f"{tick:g}") for tick in y.ticks(5)],
        [],
        dots,
        height=_HEIGHT,
        bottom=_HEIGHT - _BOTTOM,
    )


def _apart(ticks: Sequence[tuple[float, str]], least: float = 56.0) -> list[tuple[float, str]]:
    """Those of the ticks that are far enough apart to be read."""
    kept: list[tuple[float, str]] = []
    for place, text in ticks:
        if not kept or place - kept[-1][0] >= least:
            kept.append((place, text))
    return kept
