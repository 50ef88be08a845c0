"""What numbers of the same case differ by from campaign to campaign, beyond their own intervals."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum, sqrt


@dataclass(frozen=True)
class Spread:
    """A standard deviation of logarithms, known with so many degrees of freedom."""

    sd: float
    freedom: float


def learnt_spread(pairs: Iterable[tuple[float, float]], prior: Spread) -> Spread:
    """What campaigns differ by, learnt from pairs of them.

    A pair has the difference of the logarithms of a case's numbers in two campaigns, and the variance that
    their own intervals give that difference. Half of what the square of the difference exceeds the variance
    by is what one campaign adds. A few pairs say little about a variance, so `prior` moderates it (Smyth
    2004, doi:10.2202/1544-6115.1027).

    The sum of the excesses is cut at zero, and no single one: by chance, half of them lie below it. All pairs
    count as independent, also those of many cases in the same two campaigns.
    """
    excesses = [(difference**2 - variance) / 2 for difference, variance in pairs]
    freedom = prior.freedom + len(excesses)
    return Spread(
        sqrt((prior.freedom * prior.sd**2 + max(0.0, fsum(excesses))) / freedom),
        freedom,
    )
