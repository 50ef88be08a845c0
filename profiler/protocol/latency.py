"""The time of a call at the quiet level, and its interval of three levels.

A block belongs to a moment of the machine and to a process. The latency is a quantile of the blocks' times.
Blocks count the less, the further the canary beside them was above what it usually took in that minute, and
the longer their threads waited for a CPU. These alone decide, never the time of the block itself.

Where the canary was above its quiet level for a minute and not for a moment, or below it, the times are
brought to that level first (`profiler.protocol.drift`).

The interval has three levels. Moments: Woodruff's interval of a weighted quantile (Woodruff 1952,
doi:10.1080/01621459.1952.10483443). Processes: what the processes of the case differ by beyond their moments.
Campaigns: what two campaigns differ by beyond both. What processes differ by is found as in a meta-analysis
(DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2). Few processes say little about it, so it is
moderated by a prior, as Smyth 2004 does (doi:10.2202/1544-6115.1027).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import exp, fsum, hypot, inf, isinf, sqrt

from catalog.entities.measurements import MetricValue
from catalog.statistics import degrees_of_freedom
from catalog.statistics.between_campaigns import Spread
from catalog.statistics.quietness import QUIET
from catalog.words.metrics import Metric
from profiler.protocol.drift import ELASTICITY_SD, STILL, Minute
from profiler.protocol.intervals import LEVEL, t_quantile

# Chosen on the blocks of decision 13, of 2026-11-26: the two halves of that run differ least by it.
# It is below the median, because neighbours slow some blocks that the canary missed, and speed up none.
QUANTILE = 0.3
# The canary's distance above what is usual, in logarithms, at which a block counts 1 / e.
_FADES = 0.12
# The share of a block's time, for which its threads waited, at which it counts 1 / e. Chosen on 192 blocks of
# 24 cases beside 8 kinds of neighbours, of 2026-11-27 (decision 23).
_WAITING_FADES = 0.2
# In how many networks it was seen how far they follow the canary.
_NETWORKS_SEEN = 12
# A spread needs two blocks. The worth of two that count alike is rounded.
_TWO = 2 - 1e-9
# Where every block was disturbed, they count alike.
_LEAST = 1e-100


@dataclass(frozen=True)
class Moment:
    """One block: its process, the logarithm of its time at the quiet level, and how far the canary was above
    that level, in logarithms. `above` is zero at that level, and where no level is known. `minute` is what it
    was around the block: the time was brought to the quiet level by its drift (`profiler.protocol.drift`).
    `waited` is how long the block's threads waited for a CPU, as a share of its time. It is zero where that
    is not known."""

    process: int
    log_time: float
    above: float = 0.0
    waited: float = 0.0
    minute: Minute = STILL

    @property
    def weight(self) -> float:
        disturbed = max(0.0, self.above - self.minute.usual)
        return max(_LEAST, exp(-disturbed / _FADES - self.waited / _WAITING_FADES))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing disturbed it."""
        return self.above <= QUIET and self.waited <= QUIET


# What is known before a case is measured. Processes differed by 0.2 to 1.8 % in the blocks of 2026-11-25 and
# 26. What campaigns differ by is a guess, until the target's history takes its place. Three campaigns of
# 2026-11-26 differed by no more than their intervals allow. The gate's own prior is twice as wide, because a
# spread that is too narrow lets it fail a build for nothing (`app.gate.history`).
PROCESSES = Spread(0.012, 8)
CAMPAIGNS = Spread(0.005, 8)
ALONE = Spread(0.0, inf)
"""The spread between campaigns, where an interval speaks of one campaign alone."""


@dataclass(frozen=True)
class Latency:
    """The logarithm of a time, with what it reaches down and up at `LEVEL`, and the degrees of freedom of
    its interval. `moments` and `processes` are what these levels alone reach."""

    value: float
    down: float
    up: float
    freedom: float
    moments: float = inf
    processes: float = inf

    def metric_value(self, metric: Metric, processes: int, scale: float) -> MetricValue:
        """The number in `scale` units of the time. It has no interval where that would be infinite."""
        return self._number(metric, processes, lambda log_time: exp(log_time) * scale)

    def rate(self, metric: Metric, processes: int, scale: float) -> MetricValue:
        """The number of `scale` units in the time. It has no interval where that would be infinite."""
        return self._number(metric, processes, lambda log_time: scale / exp(log_time))

    def _number(self, metric: Metric, processes: int, of: Callable[[float], float]) -> MetricValue:
        """The number is `of` the logarithm of the time. It rises or falls with it."""
        if isinf(self.up):
            return MetricValue(metric, of(self.value), processes=processes)
        low, high = sorted((of(self.value - self.down), of(self.value + self.up)))
        return MetricValue(
            metric,
            of(self.value),
            low,
            high,
            LEVEL,
            processes=processes,
            degrees_of_freedom=self.freedom,
        )

    @property
    def error(self) -> float:
        """The standard error of the logarithm."""
        return (self.up + self.down) / 2 / t_quantile(self.freedom)

    @property
    def half_width(self) -> float:
        """Half of the interval, as a share of the number."""
        return (exp(self.up) - exp(-self.down)) / 2


def latency_of(
    moments: Sequence[Moment], *, quantile: float = QUANTILE, campaigns: Spread = CAMPAIGNS
) -> Latency:
    """The weighted quantile of the moments. Its interval is infinite where they are worth fewer than two."""
    value = weighted_quantile(moments, quantile)
    effective = effective_number(moments)
    if effective < _TWO:
        return Latency(value, inf, inf, 1)
    share_error = sqrt(quantile * (1 - quantile) / effective)
    freedom = effective - 1
    reach = t_quantile(freedom) * share_error
    down = value - weighted_quantile(moments, quantile - reach)
    up = weighted_quantile(moments, quantile + reach) - value
    moment_error = (down + up) / 2 / t_quantile(freedom)
    between_processes = _between_processes(moments, value, quantile, moment_error / share_error)
    others = (between_processes, campaigns, _of_drift(moments))
    reaches = [t_quantile(part.freedom) * part.sd for part in others if part.sd]
    return Latency(
        value,
        hypot(down, *reaches),
        hypot(up, *reaches),
        degrees_of_freedom.of_sum(
            [(moment_error**2, freedom)] + [(part.sd**2, part.freedom) for part in others]
        ),
        moments=(down + up) / 2,
        processes=reaches[0],
    )


def _of_drift(moments: Sequence[Moment]) -> Spread:
    """The error of bringing the times to the quiet level: networks follow the canary more or less."""
    drift = fsum(one.weight * one.minute.drift for one in moments) / fsum(one.weight for one in moments)
    return Spread(ELASTICITY_SD * abs(drift), _NETWORKS_SEEN)


def _between_processes(moments: Sequence[Moment], value: float, quantile: float, slope: float) -> Spread:
    """The error that its processes give a latency, whose logarithm is `value`.

    It is found in the shares of each process's blocks that lie below it, because a share is not drawn
    away by one block that was disturbed. `slope` is how far the latency moves with the share.
    """
    labels = sorted({moment.process for moment in moments})
    of_process = [[one for one in moments if one.process == label] for label in labels]
    # A process with few quiet blocks has little part in the latency.
    parts = [fsum(one.weight for one in own) for own in of_process]
    below = [fsum(one.weight for one in own if one.log_time <= value) for own in of_process]
    numbers = [effective_number(own) for own in of_process]
    shares = [weight / part for weight, part in zip(below, parts, strict=True)]
    others = len(labels) - 1
    found = _variance_of_shares(numbers, shares, quantile * (1 - quantile)) * slope**2 if others else 0.0
    freedom = PROCESSES.freedom + others
    moderated = (PROCESSES.freedom * PROCESSES.sd**2 + others * found) / freedom
    return Spread(sqrt(moderated / _worth(parts)), freedom)


def _variance_of_shares(numbers: Sequence[float], shares: Sequence[float], binomial: float) -> float:
    """What shares of so many blocks differ by beyond `binomial`, the variance of one block (DerSimonian and
    Laird 1986)."""
    total = fsum(numbers)
    pairs = list(zip(numbers, shares, strict=True))
    mean = fsum(number * share for number, share in pairs) / total
    excess = fsum(number * (share - mean) ** 2 for number, share in pairs) - (len(pairs) - 1) * binomial
    return max(0.0, excess) / (total - fsum(number**2 for number in numbers) / total)


def weighted_quantile(moments: Sequence[Moment], quantile: float) -> float:
    """The quantile of the logarithms of the times, each counted by its weight. Between two blocks it is
    interpolated, and outside of the middles of the outermost it is theirs."""
    ordered = sorted(moments, key=lambda moment: moment.log_time)
    total = fsum(moment.weight for moment in ordered)
    below = 0.0
    previous: tuple[float, float] | None = None
    for moment in ordered:
        middle = (below + moment.weight / 2) / total
        if middle >= quantile:
            if previous is None:
                return moment.log_time
            share = (quantile - previous[0]) / (middle - previous[0])
            return previous[1] + share * (moment.log_time - previous[1])
        previous = middle, moment.log_time
        below += moment.weight
    return ordered[-1].log_time


def effective_number(moments: Sequence[Moment]) -> float:
    """How many blocks of full weight the moments are worth."""
    return _worth(moment.weight for moment in moments)


def _worth(weights: Iterable[float]) -> float:
    """How many equal weights these are worth (Kish 1965)."""
    held = list(weights)
    squares = fsum(weight**2 for weight in held)
    return fsum(held) ** 2 / squares if squares else 0.0
