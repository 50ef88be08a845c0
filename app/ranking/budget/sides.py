"""The two sides of a bound."""

from enum import StrEnum


class Side(StrEnum):
    """Side of a bound that a value must keep: at least the minimum, at most the maximum."""

    MIN = "min"
    MAX = "max"

    @property
    def sign(self) -> int:
        """1 for a minimum, -1 for a maximum.

        `sign * (value - limit)` is positive where the value is inside.
        """
        return 1 if self is Side.MIN else -1
