"""How well the error of a sum is known."""

from collections.abc import Iterable
from math import fsum, inf


def of_sum(parts: Iterable[tuple[float, float]]) -> float:
    """The degrees of freedom of a sum of independent errors (Satterthwaite 1946). Each part has a variance
    and its degrees of freedom. Infinite where no part is uncertain."""
    held = list(parts)
    total = fsum(variance for variance, _ in held)
    uncertain = fsum(variance**2 / freedom for variance, freedom in held)
    return total**2 / uncertain if uncertain else inf
