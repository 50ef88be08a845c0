"""What was measured on a target: the newest number of each case, and how it differs from the one before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.gate.history import (
    PRIOR,
    CaseKey,
    Pair,
    first_change,
    key_of,
    pair_of,
    spreads_of,
    why_not_compared,
)
from app.gate.numbers import Change
from catalog.entities.measurements import Measurement


@dataclass(frozen=True)
class ReportedCase:
    """The newest measurement of a case, and the pair with what was measured before. `change` is None where
    nothing was, or where the two may not be compared."""

    now: Measurement
    pair: Pair | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Report:
    """What was measured on the targets. `emptiness` says that there is no case, as a sentence."""

    source: str
    targets: tuple[str, ...]
    cases: tuple[ReportedCase, ...]
    emptiness: str


def report_on(
    source: str, measurements: Sequence[Measurement], emptiness: str, before: Iterable[str] = ()
) -> Report:
    """The report on measurements, the older first. What has an id of `before` is only compared with."""
    old = frozenset(before)
    by_case: defaultdict[CaseKey, list[Measurement]] = defaultdict(list)
    for one in measurements:
        by_case[key_of(one)].append(one)
    spreads = spreads_of(measurements)
    cases: list[ReportedCase] = []
    for taken in by_case.values():
        now = taken[-1]
        if now.id in old:
            continue
        pair = pair_of(taken[:-1], [now]) if len(taken) > 1 else None
        comparable = pair is not None and why_not_compared(pair) is None
        spread = spreads.get(now.configuration.id, PRIOR)
        cases.append(ReportedCase(now, pair, first_change(pair, spread) if pair and comparable else None))
    cases.sort(key=lambda case: (case.now.workload.architecture, case.now.configuration.id, case.now.id))
    targets = tuple(sorted({case.now.target.label for case in cases}))
    return Report(source, targets, tuple(cases), emptiness)
