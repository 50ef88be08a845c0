"""What each number of a record can plausibly be.

The ranges are far wider than what was ever seen. They keep out what nobody measured: a latency of 0, a date
as a number, a count of bytes where MB are asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.entities.configurations import Artefact, Configuration
from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, Counts, Stage, Workload
from catalog.entities.node_profiles import AttributedOperators, NodeProfile, ProfiledNode
from catalog.entities.samples import Beat, Block, Canary, CpuClock, DeviceReading, ProcessSample
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Range:
    """Numbers from `least` to `most`. Where it is `open`, these two are not among them."""

    least: float
    most: float
    open: bool = False

    def holds(self, number: float) -> bool:
        """Whether the number is in the range. NaN is in none."""
        return self.least < number < self.most if self.open else self.least <= number <= self.most

    def __str__(self) -> str:
        return f"{self.least:g} to {self.most:g}" + (", both excluded" if self.open else "")


# One call takes from a nanosecond to eleven days.
_CALL_NS = Range(1, 1e15)
_CALL_MS = Range(1e-6, 1e9)
_SECONDS = Range(0, 1e9)
_IMAGES_PER_S = Range(1e-6, 1e12)
# Up to a petabyte.
_BYTES = Range(0, 1e15)
_MEMORY_MB = Range(1e-3, 1e9)
_SHARE = Range(0, 1e9)
_CPUS = Range(0, 1e6)
_CPU_NUMBER = Range(0, 1e6)
_MHZ = Range(0, 1e6)
# What a column of 64 bits holds, and what one of 32 bits holds.
_MANY = Range(0, 2**62)
_SOME = Range(0, 2**31 - 1)
# A network without a classifier has no classes. The largest published classifier has 21,843.
_CLASSES = Range(0, 10_000_000)
_PIXELS = Range(1, 100_000)
# Hyperspectral images have some hundreds.
_CHANNELS = Range(1, 100_000)
# In millions of parameters, in billions of multiply-accumulates: from a single one.
_PARAMS_M = Range(1e-6, 1e7)
_GMACS = Range(1e-9, 1e9)
_PERCENT = Range(0, 100)

_OF_UNIT: Mapping[str, Range] = {
    "ms": _CALL_MS,
    "images/s": _IMAGES_PER_S,
    "MB": _MEMORY_MB,
    "x": Range(1e-3, 1e6),
    "M": _PARAMS_M,
    "G": _GMACS,
    "%": _PERCENT,
    "%/G": Range(0, 1e12),
    "%/M": Range(0, 1e9),
}
OF_METRIC: Mapping[Metric, Range] = {metric: _OF_UNIT[metric.unit] for metric in Metric}
"""What each metric can be, in its unit."""

_SIDE = Range(0, 1e15)

OF_FIELD: Mapping[type[Any], Mapping[str, Range]] = {
    Workload: {"num_classes": _CLASSES, "input_size": _PIXELS, "in_chans": _CHANNELS},
    Architecture: {"year": Range(1950, 2200), "native_size": _PIXELS, "num_classes": _CLASSES},
    Stage: {"stride": Range(1, 100_000), "channels": Range(1, 1_000_000)},
    Checkpoint: {"num_classes": _CLASSES, "native_size": _PIXELS},
    Accuracy: {"input_size": _PIXELS, "crop_pct": Range(0.01, 100), "top1": _PERCENT, "top5": _PERCENT},
    Counts: {
        "params_m": _PARAMS_M,
        "gmacs": _GMACS,
        "activations_m": _PARAMS_M,
        "operators": Range(0, 1e9),
        "operator_calls": _SOME,
        "weights_bytes": Range(1, 1e15),
    },
    Configuration: {
        "batch_size": Range(1, 10_000_000),
        "threads": Range(1, 1_000_000),
        "clients": Range(1, 1_000_000),
    },
    Artefact: {"bytes": Range(1, 1e15), "deviation": _SHARE},
    Measurement: {"protocol_version": Range(0, 1_000_000)},
    MetricValue: {
        # These three are tested by their metric.
        "value": Range(-1e300, 1e300),
        "low": Range(-1e300, 1e300),
        "high": Range(-1e300, 1e300),
        "level": Range(0, 1, open=True),
        "processes": Range(1, 1_000_000),
        "degrees_of_freedom": Range(0, 1e15, open=True),
    },
    ProcessSample: {
        "wall_ns": _CALL_NS,
        "cpu_ns": Range(0, 1e15),
        "warm_up_calls": _SOME,
        "imported_bytes": _BYTES,
        "loaded_bytes": _BYTES,
        "peak_bytes": _BYTES,
        "foreign_cpus": _CPUS,
        "threads": Range(0, 1e6),
        "deviation": _SHARE,
        "affinity": _CPU_NUMBER,
        "seconds": _SECONDS,
        "span_ns": _CALL_NS,
        "quiet_ns": _CALL_NS,
    },
    Block: {
        "at_s": _SECONDS,
        "calls": Range(1, 1e12),
        "foreign_cpus": _CPUS,
        "span_ns": _CALL_NS,
        "waited": _CPUS,
    },
    Beat: {
        "cpus": Range(1, 1e6),
        "product_ns": _CALL_NS,
        "network_ns": _CALL_NS,
        "hand_off_ns": _CALL_NS,
        "device_ns": _CALL_NS,
    },
    Canary: {
        "compute_ns": _CALL_NS,
        "memory_ns": _CALL_NS,
        "quiet_compute_ns": _CALL_NS,
        "quiet_memory_ns": _CALL_NS,
    },
    ProfiledNode: {
        "inputs": _SIDE,
        "outputs": _SIDE,
        "times_us": Range(0, 1e12),
        # ONNX writes the end of a slice that has none as the largest whole number of 64 bits.
        "attributes": Range(-(2.0**63), 2.0**63),
    },
    AttributedOperators: {
        "numbers": Range(0, 1e18),
        "group": Range(-1, 1e9),
        "group_ns": Range(0, 1e15),
        "matched": Range(0, 1),
    },
    NodeProfile: {"calls_us": Range(0, 1e12)},
    CpuClock: {"mhz": _MHZ, "throttles": _MANY},
    DeviceReading: {
        "allocated_bytes": _BYTES,
        "reserved_bytes": _BYTES,
        "used_bytes": _BYTES,
        "sm_clocks_mhz": _MHZ,
        "event_ns": Range(0, 1e15),
    },
}
"""What the numbers of a record can be, by the field. In a list or a mapping, each number."""
