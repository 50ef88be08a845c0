"""How long `archrank profile` takes at most.

The numbers are those of the profiler's plan, which this package may not import. A test compares them
(tests/remedies).
"""

from collections.abc import Iterable
from math import ceil

_PROCESSES, _OPENING_S = 3, 2.0
# Two windows of two calls each.
_WARM_UP_CALLS = 4
_MAX_BLOCKS, _VISIT_S, _GAP_S = 60, 0.2, 2.0


def campaign_minutes(calls_ms: Iterable[float]) -> int:
    """The whole minutes that a campaign takes at most, once its networks are prepared.

    `calls_ms` are the times of a call of its cases. A block has a single call where a call takes long.
    """
    visits_s = [max(_VISIT_S, call_ms / 1000) for call_ms in calls_ms]
    opening_s = sum(_PROCESSES * (_OPENING_S + _WARM_UP_CALLS * (visit_s - _VISIT_S)) for visit_s in visits_s)
    return ceil((opening_s + _MAX_BLOCKS * max(sum(visits_s), _GAP_S)) / 60) if visits_s else 0
