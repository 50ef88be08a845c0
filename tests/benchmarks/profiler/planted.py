"""What is known because it was planted: a buffer of known size, a call of known time."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

import numpy as np

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler.data import Data, Run
from tests.benchmarks.profiler.extent import BUFFER_BYTES, PLANTED, Extent, Series
from tests.benchmarks.profiler.findings import Finding, Section, because, table

_MEMORY_WITHIN, _SLOPE_WITHIN = 0.02, 0.005
_MEMORY_GOAL = (f"a planted buffer of {BUFFER_BYTES / 1e6:.1f} MB shows in peak_memory_mb", "within 2 %")
_SLOPE_GOAL = ("slope of the measured time on a known one", "1 within 0.5 %")


def sections(extent: Extent, data: Data, _: Data | None) -> list[Section]:
    """Memory and time."""
    return [_memory(extent, data), _duration(extent, data)]


def _memory(extent: Extent, data: Data) -> Section:
    """What the buffer adds to the peak."""
    rows, off = [], {}
    for series in extent.holding:
        plain, planted = (_samples(data, series.as_variant(one)) for one in ("", f"holding:{BUFFER_BYTES}"))
        if not plain or not planted:
            continue
        plain_mb, planted_mb = _peak_mb(plain), _peak_mb(planted)
        off[series.case] = (planted_mb - plain_mb) * 1e6 / BUFFER_BYTES - 1
        loaded_mb = median((one.loaded_bytes or 0) / 1e6 for one in plain)
        figures = (loaded_mb, plain_mb, planted_mb, planted_mb - plain_mb)
        rows.append([series.case, *(f"{mb:.1f}" for mb in figures), f"{off[series.case]:+.2%}"])
    title = "A planted buffer"
    if not off:
        return Section(title, [Finding(*_MEMORY_GOAL)])
    most = max(off.values(), key=abs)
    causes = [(abs(one), f"{case} {one:+.1%}") for case, one in off.items() if abs(one) > _MEMORY_WITHIN]
    why = because("A peak of loading that is over when calls begin hides as much", causes)
    head = ("case", "loaded, MB", "peak", "peak with the buffer", "difference", "off")
    note = (
        "The network is wrapped so that each call maps 256 MiB, writes to every page, holds them for 5 ms "
        "and gives them back. Two processes with it and two without. MB are 10^6 bytes."
    )
    found = Finding(*_MEMORY_GOAL, f"{most:+.2%} at most", abs(most) <= _MEMORY_WITHIN, why)
    return Section(title, [found], table(head, rows), [note])


def _samples(data: Data, series: Series) -> list[ProcessSample]:
    return Run(series, tuple(data.of_phase(series, PLANTED))).samples


def _peak_mb(samples: list[ProcessSample]) -> float:
    return max((one.peak_bytes or 0) / 1e6 for one in samples)


def _duration(extent: Extent, data: Data) -> Section:
    """Measured against known."""
    known, measured = [], []
    for known_ms in extent.durations_ms:
        for sample in _samples(data, extent.of_duration(known_ms)):
            known.append(known_ms)
            measured.append(median(sample.wall_ns) / 1e6)
    title = "A known time"
    if len(set(known)) < 2:
        return Section(title, [Finding(*_SLOPE_GOAL)])
    line = fitted(known, measured)
    errors = {
        at: median(two / one - 1 for one, two in zip(known, measured, strict=True) if one == at)
        for at in dict.fromkeys(known)
    }
    far = max(errors, key=lambda at: abs(errors[at]))
    slope = f"{line.slope:.5f} (standard error {line.error:.5f})"
    why = f"Farthest: {far:g} ms by {errors[far]:+.2%}."
    rows = [["measured less known", *(f"{error:+.3%}" for error in errors.values())]]
    note = (
        "The network is replaced by a loop that watches the clock until the time is over, in two processes "
        "each. The line goes through their medians by least squares of relative errors. Its offset "
        f"is {1000 * line.offset:+.2f} us."
    )
    return Section(
        title,
        [Finding(*_SLOPE_GOAL, slope, abs(line.slope - 1) <= _SLOPE_WITHIN, why)],
        table(("known, ms", *(f"{at:g}" for at in errors)), rows),
        [note],
    )


@dataclass(frozen=True)
class Line:
    """measured = offset + slope x known, with the slope's standard error."""

    slope: float
    error: float
    offset: float


def fitted(known: Sequence[float], measured: Sequence[float]) -> Line:
    """Least squares of the relative errors, because the errors of a clock grow with what it measures."""
    x, y = np.asarray(known), np.asarray(measured)
    design = np.stack([np.ones_like(x), x], axis=1) / x[:, None]
    solution, *_ = np.linalg.lstsq(design, y / x, rcond=None)
    residuals = y / x - design @ solution
    variance = float(residuals @ residuals) / max(1, len(x) - 2)
    covariance = variance * np.linalg.inv(design.T @ design)
    return Line(float(solution[1]), float(sqrt(covariance[1, 1])), float(solution[0]))
