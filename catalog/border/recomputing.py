"""Whether a measurement's numbers are those that its own samples make.

How samples become numbers is the profiler's knowledge, and `catalog` imports no profiler. So the profiler
names a function for each protocol whose numbers can be computed again, as an entry point of the group
`archrank.recomputing`. Its name is the version of the protocol.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from math import isclose
from typing import Any

from catalog.border.fault import Fault
from catalog.entities.configurations import Configuration
from catalog.entities.measurements import Measurement, Success
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric

_GROUP = "archrank.recomputing"
# Sums in another order, on another processor, differ by less.
_TOLERANCE = 1e-6

_Numbers = Callable[[tuple[ProcessSample, ...], Configuration], Mapping[Metric, float]]


def contradiction(measurement: Measurement) -> Fault | None:
    """The first number that is not the one its samples make. None where there is none, where the measurement
    has no samples, and where nobody can compute the numbers of its protocol again."""
    success = measurement.outcome
    if not isinstance(success, Success) or not success.samples:
        return None
    numbers_of = _recomputing(measurement.protocol_version)
    if numbers_of is None:
        return None
    try:
        numbers = numbers_of(success.samples, measurement.configuration)
    except ValueError as error:
        return Fault("outcome.samples", f"No numbers can be made of them: {error}.")
    for index, value in enumerate(success.values):
        made = numbers.get(value.metric)
        if made is not None and (value.value is None or not isclose(value.value, made, rel_tol=_TOLERANCE)):
            stated = "nothing" if value.value is None else f"{value.value:g}"
            return Fault(
                f"outcome.values.{index}.value",
                f"It states {stated}, and its samples make a {value.metric} of {made:g}.",
            )
    return None


@cache
def _recomputing(protocol_version: int | None) -> _Numbers | None:
    for entry in entry_points(group=_GROUP, name=str(protocol_version)):
        loaded: Any = entry.load()
        function: _Numbers = loaded
        return function
    return None
