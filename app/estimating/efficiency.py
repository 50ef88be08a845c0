"""How efficient operators usually are: what reference machines found. Pure: arrays in, arrays out.

A few networks measured on a new machine lack most operators. How much longer than its roofline an operator
takes is much the same on another machine: a convolution of few groups is slow on each. So the new machine
need only teach how it differs.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catalog.candidates.category import Floats
from catalog.inventory import Operators


@dataclass(frozen=True, eq=False)
class Efficiency:
    """The logarithms of time over roofline of these `operators` on reference machines."""

    operators: Operators
    logs: Floats

    def of(self, operators: Operators) -> Floats:
        """Those of other operators. Of an operator that no reference machine knows, it is the mean of its
        kind, and 0 where the kind is unknown too."""
        if operators is self.operators:
            return self.logs
        keys = operators.keys()
        places = np.array([self._places.get(key, -1) for key in keys], dtype=np.int64)
        known = places >= 0
        means = np.array([self._of_kind.get(kind, 0.0) for kind in operators.kind.values], dtype=np.float64)
        found = means[operators.kind.codes] if len(operators) else np.empty(0)
        found[known] = self.logs[places[known]]
        return np.asarray(found, dtype=np.float64)

    @cached_property
    def _places(self) -> dict[tuple[object, ...], int]:
        return {key: place for place, key in enumerate(self.operators.keys())}

    @cached_property
    def _of_kind(self) -> dict[str, float]:
        kinds = self.operators.kind
        count = len(kinds.values)
        sums = np.bincount(kinds.codes, weights=self.logs, minlength=count)
        means = sums / np.maximum(1, np.bincount(kinds.codes, minlength=count))
        return dict(zip(kinds.values, means.tolist(), strict=True))
