"""Which measurements of a case may be compared, and what its campaigns differ by. Only like is compared with
like."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.gate.numbers import Change, Number, change, combined, number_of, spread_in
from catalog.entities.configurations import Configuration
from catalog.entities.measurements import Measurement, MetricValue, Success
from catalog.statistics.between_campaigns import Spread
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Scenario

# What campaigns differ by beyond their intervals, before a target's own history says it. The sets of
# docs/bench-profiler-first.md differed by 0.2 to 1.8 %. The gate was measured with this prior. That of a
# single measurement is half as wide (`profiler.protocol`), because there it only widens an interval.
PRIOR = Spread(0.01, 8)
# Of one environment, the newest campaigns are pooled. More are older than what a machine is today.
_POOLED = 5
# The doubts that say that something disturbed a number. `imprecise` is in its interval already.
DISTURBED = frozenset((Doubt.CONTENDED, Doubt.OFF_CPU, Doubt.CANARY_MOVED, Doubt.CLOCK_DRIFT))
# A number that was taken once and in few quiet moments may be that of a neighbour who stayed.
DOUBTED_ALONE = DISTURBED | {Doubt.FEW_QUIET_MOMENTS}

CaseKey = tuple[str, str, str]
"""The ids of target, workload and configuration."""


def key_of(measurement: Measurement) -> CaseKey:
    """The case of a measurement."""
    return measurement.target.id, measurement.workload.id, measurement.configuration.id


@dataclass(frozen=True)
class Pair:
    """A case that both sides have measured: the measurements of each side that may be pooled, the older
    first. The last of each side represents it."""

    baseline: tuple[Measurement, ...]
    candidate: tuple[Measurement, ...]

    @property
    def before(self) -> Measurement:
        return self.baseline[-1]

    @property
    def now(self) -> Measurement:
        return self.candidate[-1]

    @property
    def metric(self) -> Metric:
        """What is compared: the speed that the case is ranked by."""
        return speed_metric(self.now.configuration)

    @property
    def differences(self) -> tuple[str, ...]:
        """What of the environment and of the file is another one now, each as a sentence without its end."""
        fields = ("runtime_version", "driver", "kernel", "governor")
        pairs = [
            (name, getattr(self.before.environment, name), getattr(self.now.environment, name))
            for name in fields
        ]
        pairs.append(("toolchain", _toolchain(self.before), _toolchain(self.now)))
        return tuple(
            f"{name.replace('_', ' ')} was {before or 'unknown'} and is {now or 'unknown'}"
            for name, before, now in pairs
            if before != now
        )

    @property
    def is_doubted(self) -> bool:
        """Whether a number of either side has a doubt whether it was disturbed."""
        return any(not DOUBTED_ALONE.isdisjoint(doubts_of(one)) for one in (self.before, self.now))


def speed_metric(configuration: Configuration) -> Metric:
    """The metric of what is repeated: time, images per second of several clients, or of training."""
    if configuration.scenario is Scenario.TRAINING:
        return Metric.TRAIN_THROUGHPUT_IPS
    return Metric.THROUGHPUT_IPS if configuration.scenario is Scenario.CONCURRENT else Metric.LATENCY_MS


def pair_of(baseline: Sequence[Measurement], candidate: Sequence[Measurement]) -> Pair:
    """The pair of a case, from all of its measurements on each side, the older first."""
    return Pair(_like_the_last(baseline), _like_the_last(candidate))


def why_not_compared(pair: Pair) -> str | None:
    """Why the numbers of a pair must not be compared, as a sentence. None where they may be."""
    before, now = pair.before, pair.now
    if before.protocol_version != now.protocol_version:
        return (
            f"The baseline was measured by protocol {before.protocol_version}, the candidate by protocol "
            f"{now.protocol_version}."
        )
    for side, one in (("baseline", before), ("candidate", now)):
        if not isinstance(one.outcome, Success):
            return f"The {side} has no number, because the case failed."
        if not any(_numbers([one], pair.metric)):
            return f"The {side} has no interval of {pair.metric}."
    return None


def value_of(measurement: Measurement, metric: Metric) -> MetricValue | None:
    """The number of a metric. None where the measurement has none."""
    values = measurement.outcome.values if isinstance(measurement.outcome, Success) else ()
    return next((value for value in values if value.metric is metric and value.value is not None), None)


def first_change(pair: Pair, spread: Spread) -> Change:
    """What the candidate is worse by."""
    return change_from(pair, pair.candidate, spread)


def change_from(pair: Pair, candidate: Sequence[Measurement], spread: Spread) -> Change:
    """What these measurements of the candidate are worse by than the baseline of the pair."""
    before, now = (_numbers(side, pair.metric) for side in (pair.baseline, candidate))
    return change(combined(before, spread), combined(now, spread), pair.metric.direction)


def spreads_of(measurements: Iterable[Measurement]) -> Mapping[str, Spread]:
    """What campaigns differ by, by the id of the configuration.

    It is learnt from the same case in the same environment, in successive campaigns. With more threads, and
    with some runtimes, campaigns differ by more. So each configuration learns for itself.
    """
    of_thing: defaultdict[tuple[object, ...], list[Measurement]] = defaultdict(list)
    for one in measurements:
        of_thing[key_of(one), _made_by(one)].append(one)
    series: defaultdict[str, list[list[Number]]] = defaultdict(list)
    for same in of_thing.values():
        pair = Pair(tuple(same), tuple(same))
        series[same[0].configuration.id].append(_numbers(same, pair.metric))
    return {configuration: spread_in(numbers, PRIOR) for configuration, numbers in series.items()}


def _numbers(measurements: Iterable[Measurement], metric: Metric) -> list[Number]:
    values = [value_of(one, metric) for one in measurements]
    numbers = [number_of(value) for value in values if value is not None]
    return [number for number in numbers if number is not None]


def _like_the_last(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Those that differ from the last in nothing but their moments."""
    last = _made_by(measurements[-1])
    return tuple(one for one in measurements if _made_by(one) == last)[-_POOLED:]


def _made_by(measurement: Measurement) -> tuple[object, ...]:
    return (
        measurement.environment.id,
        _toolchain(measurement),
        measurement.protocol_version,
        measurement.status,
    )


def _toolchain(measurement: Measurement) -> str | None:
    return measurement.artefact.toolchain if measurement.artefact else None


def was_disturbed(measurements: Iterable[Measurement]) -> bool:
    """Whether a measurement that was taken again has a doubt that something disturbed it."""
    return any(not DISTURBED.isdisjoint(doubts_of(one)) for one in measurements)


def doubts_of(measurement: Measurement) -> tuple[Doubt, ...]:
    """The doubts about the numbers of a measurement."""
    return measurement.outcome.doubts if isinstance(measurement.outcome, Success) else ()
