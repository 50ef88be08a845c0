"""Where numbers are on an axis of a drawing. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

_STEPS = (1, 2, 5)
# Room beside the outermost numbers, as a share of the axis.
_MARGIN = 0.06
# A short piece of a logarithmic axis has fewer powers of ten and their multiples than that.
_FEWEST = 3


@dataclass(frozen=True)
class Scale:
    """An axis from `begin` to `end` (drawing units), for numbers from `low` to `high`."""

    low: float
    high: float
    begin: float
    end: float
    by_logarithm: bool = False

    def __call__(self, value: float) -> float:
        """The place of a number, to a tenth of a unit."""
        low, high, at = (self._even(one) for one in (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.begin + share * (self.end - self.begin), 1)

    def _even(self, value: float) -> float:
        return log10(value) if self.by_logarithm else value

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers within the axis, `most` at most."""
        if self.by_logarithm:
            ticks = [
                step * 10**power
                for power in range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
                for step in _STEPS
            ]
            inside = [tick for tick in ticks if self.low <= tick <= self.high]
            if len(inside) >= _FEWEST:
                return inside if len(inside) <= most else inside[:: ceil(len(inside) / most)]
        step = _round_step((self.high - self.low) / most)
        first = ceil(self.low / step)
        return [place * step for place in range(first, floor(self.high / step) + 1)]


def scale_over(values: Sequence[float], begin: float, end: float, *, by_logarithm: bool = False) -> Scale:
    """The axis on which all `values` are, with a little room beside the outermost. There is one at least."""
    low, high = min(values), max(values)
    if by_logarithm:
        factor = max((high / low) ** _MARGIN, 1.15)
        return Scale(low / factor, high * factor, begin, end, by_logarithm=True)
    room = max((high - low) * _MARGIN, abs(high) * 0.01, 1e-9)
    return Scale(low - room, high + room, begin, end)


def readable(ticks: Iterable[tuple[float, str]], least: float) -> list[tuple[float, str]]:
    """Those of the ticks, which ascend, whose labels are `least` drawing units apart or more."""
    kept: list[tuple[float, str]] = []
    for place, text in ticks:
        if not kept or place - kept[-1][0] >= least:
            kept.append((place, text))
    return kept


def _round_step(least: float) -> float:
    power = 10.0 ** floor(log10(least)) if least > 0 else 1.0
    return next(step * power for step in (*_STEPS, 10) if step * power >= least * (1 - 1e-9))
