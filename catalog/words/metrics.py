"""The metrics that a budget may bound.

Names, units and directions are the contract's (docs/glossary.md). MB is 10^6 bytes throughout.
"""

from collections.abc import Mapping
from enum import StrEnum

from catalog.words.vocabulary import Dataset

# More than any metric can plausibly be (`catalog.border.ranges`).
_LONG = 1e13
_SHOWN_DIGITS = 4


class Direction(StrEnum):
    """Direction in which a metric gets better."""

    LOWER = "lower"
    HIGHER = "higher"


class Subject(StrEnum):
    """Thing that a metric is a property of. The catalog keeps the number with this thing."""

    WORKLOAD = "workload"
    ARTEFACT = "artefact"
    CASE = "case"
    CHECKPOINT = "checkpoint"


class Metric(StrEnum):
    """Quantity that a candidate has and a budget may bound. MB is 10^6 bytes."""

    unit: str
    direction: Direction
    subject: Subject
    decimals: int
    meaning: str

    def __new__(
        cls,
        name: str,
        unit: str = "",
        direction: str = Direction.LOWER,
        subject: str = Subject.CASE,
        decimals: int = 2,
        meaning: str = "",
    ) -> "Metric":
        member = str.__new__(cls, name)
        member._value_ = name
        member.unit = unit
        member.direction = Direction(direction)
        member.subject = Subject(subject)
        member.decimals = decimals
        member.meaning = meaning
        return member

    LATENCY_MS = "latency_ms", "ms", "lower", "case", 2, "time of one call while the machine is quiet"
    LATENCY_MET_MS = "latency_met_ms", "ms", "lower", "case", 2, "median time of one call as it was met"
    LATENCY_P90_MS = "latency_p90_ms", "ms", "lower", "case", 2, "90th percentile of the time of one call"
    LATENCY_P95_MS = "latency_p95_ms", "ms", "lower", "case", 2, "95th percentile of the time of one call"
    LATENCY_P99_MS = "latency_p99_ms", "ms", "lower", "case", 2, "99th percentile of the time of one call"
    THROUGHPUT_IPS = "throughput_ips", "images/s", "higher", "case", 1, "images per second"
    PEAK_MEMORY_MB = (
        "peak_memory_mb",
        "MB",
        "lower",
        "case",
        0,
        "peak resident memory of the process",
    )
    DEVICE_MEMORY_MB = "device_memory_mb", "MB", "lower", "case", 0, "peak memory on the device"
    SIZE_MB = "size_mb", "MB", "lower", "artefact", 1, "size on disk of the deployed artefact"
    PARAMS_M = "params_m", "M", "lower", "workload", 2, "number of parameters"
    GMACS = "gmacs", "G", "lower", "workload", 2, "multiply-accumulates of one image"
    GFLOPS = "gflops", "G", "lower", "workload", 2, "floating-point operations of one image"
    ACTIVATIONS_M = "activations_m", "M", "lower", "workload", 2, "activations of one image"
    TRAIN_THROUGHPUT_IPS = (
        "train_throughput_ips", "images/s", "higher", "case", 1, "images per second of training",
    )  # fmt: skip
    TRAIN_MEMORY_MB = "train_memory_mb", "MB", "lower", "case", 0, "peak memory of the training process"
    SLOWDOWN = (
        "slowdown",
        "x",
        "lower",
        "case",
        2,
        "time of calls or fixed work over that on a quiet machine",
    )
    TOP1 = "top1", "%", "higher", "checkpoint", 2, "ImageNet validation top-1 accuracy"
    TOP5 = "top5", "%", "higher", "checkpoint", 2, "ImageNet validation top-5 accuracy"
    TOP1_REAL = "top1_real", "%", "higher", "checkpoint", 2, "ImageNet-ReaL top-1 accuracy"
    TOP1_V2 = "top1_v2", "%", "higher", "checkpoint", 2, "ImageNetV2 matched-frequency top-1 accuracy"
    TOP1_SKETCH = "top1_sketch", "%", "higher", "checkpoint", 2, "ImageNet-Sketch top-1 accuracy"
    TOP1_A = "top1_a", "%", "higher", "checkpoint", 2, "ImageNet-A top-1 accuracy"
    TOP1_R = "top1_r", "%", "higher", "checkpoint", 2, "ImageNet-R top-1 accuracy"
    TOP1_PER_GMAC = (
        "top1_per_gmac",
        "%/G",
        "higher",
        "checkpoint",
        2,
        "top-1 accuracy per billion multiply-accumulates",
    )
    TOP1_PER_MPARAM = (
        "top1_per_mparam",
        "%/M",
        "higher",
        "checkpoint",
        2,
        "top-1 accuracy per million parameters",
    )

    @property
    def cost_sign(self) -> int:
        """1 where lower is better, -1 where higher is. `cost_sign * value` is a cost: lower is better."""
        return 1 if self.direction is Direction.LOWER else -1

    def show(self, value: float) -> str:
        """`value` with as many decimals as `decimals_of` says, without its unit.

        It is short, whatever it is: a bound may be any number. What is longer than any plausible number has
        an exponent, and so has what its decimals would show as nothing.
        """
        if abs(value) >= _LONG or 0 < abs(value) < 0.5 * 10**-self.decimals:
            return f"{value:.3g}"
        return f"{value:.{self.decimals_of(value)}f}"

    def decimals_of(self, value: float) -> int:
        """How many decimals `value` is shown with: this metric's, and fewer where they would be more than
        the fourth digit, which no measurement carries."""
        whole_digits = len(f"{abs(value):f}".partition(".")[0])
        return max(0, min(self.decimals, _SHOWN_DIGITS - whole_digits))


RATIO_COSTS: Mapping[Metric, Metric] = {
    Metric.TOP1_PER_GMAC: Metric.GMACS,
    Metric.TOP1_PER_MPARAM: Metric.PARAMS_M,
}
"""The count that top1 is divided by in a ratio."""

DATASETS: Mapping[Metric, Dataset] = {
    Metric.TOP1: Dataset.IMAGENET_VAL,
    Metric.TOP5: Dataset.IMAGENET_VAL,
    Metric.TOP1_REAL: Dataset.IMAGENET_REAL,
    Metric.TOP1_V2: Dataset.IMAGENET_V2,
    Metric.TOP1_SKETCH: Dataset.IMAGENET_SKETCH,
    Metric.TOP1_A: Dataset.IMAGENET_A,
    Metric.TOP1_R: Dataset.IMAGENET_R,
    **dict.fromkeys(RATIO_COSTS, Dataset.IMAGENET_VAL),
}
"""The data set of an accuracy, or of a ratio of an accuracy."""

MEMORY_METRICS = (Metric.PEAK_MEMORY_MB, Metric.DEVICE_MEMORY_MB, Metric.TRAIN_MEMORY_MB)
"""What is read once of each process, and not in blocks of calls."""

SPEED_METRICS = (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.TRAIN_THROUGHPUT_IPS)
"""The speed of a candidate is the first of these metrics that it has."""

TRAINING_METRICS = (Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB)
"""What is measured of a training run, and not of inference."""
