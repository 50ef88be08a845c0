"""What the samples of a measurement saw of each metric: the least and the most.

The numbers of a measurement follow from its samples (profiler.protocol.summary). Whatever the protocol, each
is a quantile or a mean of what the samples hold, so that it lies between the least and the most of it.
"""

from collections.abc import Iterator, Mapping, Sequence

from catalog.entities.measurements import Measurement
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Provenance, Scenario

_NS_PER_MS = 1e6
_NS_PER_S = 1e9
_BYTES_PER_MB = 1e6
# Logarithms and their exponentials round.
_ROUNDING = 1e-6
# Until protocol 2, the memory of a device was what the runtime's allocator held.
_DEVICE_MEMORY_SINCE = 3
_LATENCIES = (
    Metric.LATENCY_MS,
    Metric.LATENCY_MET_MS,
    Metric.LATENCY_P90_MS,
    Metric.LATENCY_P95_MS,
    Metric.LATENCY_P99_MS,
)

Span = tuple[float, float]


def spans_of(measurement: Measurement, samples: Sequence[ProcessSample]) -> Mapping[Metric, Span]:
    """The least and the most that each metric of the measurement can be by its `samples`. A metric of which
    they say nothing is absent."""
    if not samples or measurement.provenance is not Provenance.MEASURED:
        return {}
    configuration = measurement.configuration
    calls = [time for sample in samples for time in sample.wall_ns]
    answers = list(_times_of_answers(samples)) if configuration.scenario is Scenario.CONCURRENT else calls
    slowdowns = list(_slowdowns(samples))

    def at_quiet_level(times: Sequence[float]) -> list[float]:
        """The least and the most that a time may have been brought to. It follows the canary, by no more than
        the canary itself was slowed down."""
        if not (times and slowdowns):
            return []
        return [min(times) / max(1.0, *slowdowns), max(times) / min(1.0, *slowdowns)]

    per_image = configuration.batch_size * _NS_PER_S
    rates = _span([per_image / time for time in (*answers, *at_quiet_level(answers))])
    of_process = _memory([sample.peak_bytes for sample in samples])
    spans = {
        **dict.fromkeys(_LATENCIES, _span([time / _NS_PER_MS for time in calls])),
        Metric.LATENCY_MS: _span([time / _NS_PER_MS for time in (*calls, *at_quiet_level(calls))]),
        **dict.fromkeys((Metric.THROUGHPUT_IPS, Metric.TRAIN_THROUGHPUT_IPS), rates),
        Metric.PEAK_MEMORY_MB: of_process,
        Metric.TRAIN_MEMORY_MB: of_process if configuration.device is Device.CPU else None,
        Metric.SLOWDOWN: _slowdown(samples, calls, slowdowns),
    }
    if (measurement.protocol_version or 0) >= _DEVICE_MEMORY_SINCE:
        of_device = _memory([sample.device.used_bytes if sample.device else None for sample in samples])
        spans[Metric.DEVICE_MEMORY_MB] = of_device
    return {metric: span for metric, span in spans.items() if span is not None}


def _span(numbers: Sequence[float]) -> Span | None:
    if not numbers:
        return None
    return min(numbers) * (1 - _ROUNDING), max(numbers) * (1 + _ROUNDING)


def _memory(peaks: Sequence[int | None]) -> Span | None:
    return _span([peak / _BYTES_PER_MB for peak in peaks if peak])


def _times_of_answers(samples: Sequence[ProcessSample]) -> Iterator[float]:
    """The times (ns) between two answers of clients that call at the same time."""
    for sample in samples:
        spans = [(block.span_ns, block.calls) for block in sample.blocks]
        for span_ns, calls in spans or [(sample.span_ns, len(sample.wall_ns))]:
            if span_ns is not None and calls:
                yield span_ns / calls


def _slowdowns(samples: Sequence[ProcessSample]) -> Iterator[float]:
    for sample in samples:
        if sample.quiet_ns is not None:
            yield from (block.canary_ns / sample.quiet_ns for block in sample.blocks)


def _slowdown(
    samples: Sequence[ProcessSample], calls: Sequence[int], slowdowns: Sequence[float]
) -> Span | None:
    """What the canary was slowed by. Where blocks went before other processes, it may be what the calls
    differ by, the quickest of them brought to the quiet level."""
    if not slowdowns or not any(block.real_time for sample in samples for block in sample.blocks):
        return _span(slowdowns)
    most = max(1.0, *slowdowns) * max(calls) / min(calls)
    return _span([*slowdowns, most])
