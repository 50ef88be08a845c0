"""What is known because it was planted: a buffer of known size, a call of known time."""

from statistics import median

from catalog.words.metrics import Metric
from profiler.protocol.intervals import t_interval
from tests.benchmarks.profiler import resampling
from tests.benchmarks.profiler.extent import ONNXRUNTIME, Extent
from tests.benchmarks.profiler.findings import Finding, Section, table, unmeasured, worst
from tests.benchmarks.profiler.journal import Data, Series, medians_ms

BUFFER_BYTES = 256 << 20
_MEMORY_WITHIN, _SLOPE_WITHIN = 0.02, 0.005
_MEMORY_GOAL = (f"a planted buffer of {BUFFER_BYTES / 1e6:.1f} MB shows in peak_memory_mb", "within 2 %")
_SLOPE_GOAL = ("slope of the measured time on a known one", "1 within 0.5 %")


def memory_series(extent: Extent) -> dict[Series, int]:
    """Each case with the buffer and without."""
    return {
        Series(*case, variant=variant): extent.memory_processes
        for case in extent.memory_cases
        for variant in ("", f"holding:{BUFFER_BYTES}")
    }


def memory_section(extent: Extent, data: Data) -> Section:
    """What the buffer adds to the peak."""
    title = "A planted buffer"
    rows, parts = [], {}
    for case in extent.memory_cases:
        plain = data.samples(Series(*case))
        planted = data.samples(Series(*case, variant=f"holding:{BUFFER_BYTES}"))
        if not plain or not planted:
            continue
        plain_mb, planted_mb = (
            t_interval(Metric.PEAK_MEMORY_MB, [(one.peak_bytes or 0) / 1e6 for one in samples]).value or 0.0
            for samples in (plain, planted)
        )
        name = Series(*case).case
        parts[name] = (planted_mb - plain_mb) * 1e6 / BUFFER_BYTES - 1
        loaded_mb = median((one.loaded_bytes or 0) / 1e6 for one in plain)
        rows.append(
            [
                name,
                *(f"{mb:.1f}" for mb in (loaded_mb, plain_mb, planted_mb, planted_mb - plain_mb)),
                f"{parts[name]:+.2%}",
            ]
        )
    if not parts:
        return unmeasured(title, _MEMORY_GOAL)
    most = max(parts.values(), key=abs)
    causes = [
        (abs(part), f"{name} {part:+.1%}") for name, part in parts.items() if abs(part) > _MEMORY_WITHIN
    ]
    why = (
        f"{worst(causes)}; a peak of loading that is over when calls begin hides as much of the buffer."
        if causes
        else ""
    )
    head = ("case", "loaded, MB", "peak", "peak with the buffer", "difference", "off")
    return Section(
        title,
        [Finding(*_MEMORY_GOAL, f"{most:+.2%} at most", abs(most) <= _MEMORY_WITHIN, why)],
        table(head, rows),
        [
            "The network is wrapped so that each call maps 256 MiB, writes to every page, holds them for 5 "
            f"ms and gives them back. {extent.memory_processes} processes with and without; MB are 10^6 "
            "bytes.",
        ],
    )


def duration_series(extent: Extent) -> dict[Series, int]:
    """A call that takes each of the known times."""
    return {_lasting(extent, known_ms): extent.duration_processes for known_ms in extent.durations_ms}


def duration_section(extent: Extent, data: Data) -> Section:
    """Measured against known."""
    title = "A known time"
    known, measured = [], []
    for known_ms in extent.durations_ms:
        for found in medians_ms(data.samples(_lasting(extent, known_ms))):
            known.append(known_ms)
            measured.append(found)
    if len(set(known)) < 2:
        return unmeasured(title, _SLOPE_GOAL)
    line = resampling.fitted(known, measured)
    errors = {
        at: median(two / one - 1 for one, two in zip(known, measured, strict=True) if one == at)
        for at in dict.fromkeys(known)
    }
    far = max(errors, key=lambda at: abs(errors[at]))
    slope = f"{line.slope:.5f} (standard error {line.error:.5f})"
    reached = abs(line.slope - 1) <= _SLOPE_WITHIN
    why = f"Farthest: {far:g} ms by {errors[far]:+.2%}."
    return Section(
        title,
        [Finding(*_SLOPE_GOAL, slope, reached, why)],
        table(
            ("known, ms", *(f"{at:g}" for at in errors)),
            [["measured less known", *(f"{error:+.3%}" for error in errors.values())]],
        ),
        [
            "The network is replaced by a loop that watches the clock until the time is over; "
            f"{extent.duration_processes} processes each. Line by least squares of relative errors; its "
            f"offset is {1000 * line.offset:+.2f} us.",
        ],
    )


def _lasting(extent: Extent, known_ms: float) -> Series:
    return Series(extent.duration_architecture, ONNXRUNTIME, variant=f"lasting:{known_ms / 1000:g}")
