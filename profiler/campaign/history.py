"""What the target's last measurements teach a campaign: its quiet level, and what its campaigns differ by."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite

from catalog.entities.measurements import Measurement, Success
from catalog.entities.samples import ProcessSample
from catalog.statistics.between_campaigns import Spread, learnt_spread
from catalog.storage.database import ReadSession
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, find_places
from catalog.words.vocabulary import Provenance, Status
from profiler.protocol.latency import ALONE, CAMPAIGNS, latency_of
from profiler.protocol.plan import PROTOCOL_VERSION
from profiler.protocol.quiet import QuietLevel
from profiler.protocol.summary import moments_of

# Two campaigns of the starter preset.
_REMEMBERED = 60


def last_measurements(session: ReadSession, target: str) -> list[Measurement]:
    """The newest measurements taken on `target` under this protocol, of each device and number of CPUs: the
    machine has a quiet level for each. The older of them come first."""
    query = MeasurementQuery(
        target=target,
        status=Status.OK,
        provenance=Provenance.MEASURED,
        protocol_version=PROTOCOL_VERSION,
    )
    places = (replace(query, device=device, cpus=cpus) for device, cpus in find_places(session, query))
    return [
        measurement
        for place in places
        for measurement in find_measurements(session, place, limit=_REMEMBERED, with_samples=True)[::-1]
    ]


def quiet_level(measurements: Sequence[Measurement]) -> QuietLevel:
    """The level that these measurements knew, the older first."""
    return QuietLevel(sample for one in measurements for sample in _samples(one))


def spread_between_campaigns(measurements: Sequence[Measurement]) -> Spread:
    """What the measurements of the same case differ by, beyond what their own blocks explain."""
    of_case: defaultdict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for one in measurements:
        moments = moments_of(_samples(one))
        if not moments:  # it was imported without its samples
            continue
        found = latency_of(moments, campaigns=ALONE)
        if isfinite(found.error):
            key = one.workload.id, one.configuration.id, one.environment.id
            of_case[key].append((found.value, found.error))
    pairs = (
        (later - earlier, later_error**2 + earlier_error**2)
        for values in of_case.values()
        for (earlier, earlier_error), (later, later_error) in pairwise(values)
    )
    return learnt_spread(pairs, CAMPAIGNS)


def _samples(measurement: Measurement) -> tuple[ProcessSample, ...]:
    return measurement.outcome.samples if isinstance(measurement.outcome, Success) else ()
