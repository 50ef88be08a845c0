"""Doubts about numbers, and reasons why cases fail. Each has a meaning and a remedy."""

from enum import StrEnum

from catalog.words.metrics import MEMORY_METRICS, Metric
from catalog.words.vocabulary import Provenance


class _Explained(StrEnum):
    """A name with its `meaning` and `remedy`, each as complete sentences."""

    meaning: str
    remedy: str

    def __new__(cls, name: str, meaning: str = "", remedy: str = "") -> "_Explained":
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        member.remedy = remedy
        return member


class FailureReason(_Explained):
    """Reason why a case has no numbers."""

    OUT_OF_MEMORY = (
        "out_of_memory",
        "The process ran out of memory.",
        "Use a smaller batch or input size, or free memory and retry the failed case.",
    )
    TIMED_OUT = (
        "timed_out",
        "The process did not finish within the time limit.",
        "Raise the time limit and retry the failed case.",
    )
    CRASHED = ("crashed", "The process died.", "Read the detail, and report it to the runtime's authors.")
    UNSUPPORTED_INPUT_SIZE = (
        "unsupported_input_size",
        "The architecture does not accept this input size.",
        "Use the architecture's native input size.",
    )
    UNSUPPORTED_CHANNELS = (
        "unsupported_channels",
        "The architecture cannot be built for images of so many channels.",
        "Use images of 3 channels, or another architecture.",
    )
    UNSUPPORTED_PRECISION = (
        "unsupported_precision",
        "The runtime or the processor does not support this precision.",
        "Use fp32.",
    )
    UNSUPPORTED_COMPILATION = (
        "unsupported_compilation",
        "The network cannot become one graph for torch.compile.",
        "Measure without compilation.",
    )
    UNSUPPORTED_DEVICE = (
        "unsupported_device",
        "The runtime cannot compute on this device here.",
        "Install the runtime's build for the device (onnxruntime-gpu, or a CUDA build of torch), or use "
        "another runtime.",
    )
    UNSUPPORTED_EXPORT = (
        "unsupported_export",
        "The network cannot be built or exported for this runtime.",
        "Use the runtime pytorch.",
    )
    EXPORT_MISMATCH = (
        "export_mismatch",
        "The exported network computes a different output than the original.",
        "Use the runtime pytorch, and report the architecture.",
    )
    NON_FINITE_OUTPUT = (
        "non_finite_output",
        "The output contains infinities or NaN.",
        "Use a precision with a wider range, and report the architecture.",
    )
    WRONG_OUTPUT = (
        "wrong_output",
        "The runtime's output differs too much from the expected output.",
        "Use another runtime or precision, and report the architecture.",
    )
    RUNTIME_ERROR = (
        "runtime_error",
        "The runtime could not run the network.",
        "Read the detail for the cause, or use another runtime.",
    )


class Doubt(_Explained):
    """Reason to distrust a number that was stored nevertheless."""

    CONTENDED = (
        "contended",
        "Other processes used the processor during the samples.",
        "Measure the case again on a quiet machine.",
    )
    OFF_CPU = (
        "off_cpu",
        "One thread's wall time exceeded its CPU time, because the thread waited for the processor.",
        "Measure the case again on a quiet machine.",
    )
    CANARY_MOVED = (
        "canary_moved",
        "Fixed work timed beside the calls was never as fast as on the same machine when it is quiet.",
        "Measure the case again on a quiet machine. Look for heat and for neighbours on the same host.",
    )
    FEW_QUIET_MOMENTS = (
        "few_quiet_moments",
        "The machine was quiet in few moments of the measurement.",
        "Measure the case again at another hour, or allow more blocks.",
    )
    CLOCK_DRIFT = (
        "clock_drift",
        "The processor's clock changed during the samples, or heat or power limits slowed it.",
        "Measure the case again when the processor is cool, or after a longer warm-up.",
    )
    WARM_UP_UNSETTLED = (
        "warm_up_unsettled",
        "The last two windows of the warm-up still disagreed. Only measurements until protocol 2 have it.",
        "Measure the case again. The present protocol spreads the calls over minutes.",
    )
    FEW_CALLS = (
        "few_calls",
        "The network is slow: fewer than 6 calls were made.",
        "The interval still holds. Measure with more blocks to narrow it.",
    )
    NO_INTERVAL = (
        "no_interval",
        "The number comes from a single block of calls, or one alone was quiet, so it has no interval.",
        "Measure with two blocks or more.",
    )
    LEARNT_INTERVAL = (
        "learnt_interval",
        "The interval was learnt from pairs of published runs of one machine, and not from this number's own "
        "samples.",
        "Measure the network on your own hardware.",
    )
    IMPRECISE = (
        "imprecise",
        "Measured quickly: the interval is wider than the campaign required.",
        "Measure the case again on a quiet machine, or allow more blocks or more time.",
    )
    FEW_FOR_PERCENTILE = (
        "few_for_percentile",
        "Too few calls were made for the requested percentile.",
        "Measure the case again and allow more blocks.",
    )
    MEMORY_UNKNOWN = (
        "memory_unknown",
        "The peak memory could not be read.",
        "Let the process read /proc, or the management library of the GPU's driver.",
    )
    MEMORY_LEVELS = (
        "memory_levels",
        "Processes of this case peaked at different levels of memory. The number is the largest level.",
        "Leave room above the number. The samples of the measurement list the peak of every process.",
    )
    FEWER_THREADS = (
        "fewer_threads",
        "Fewer threads computed than the configuration has.",
        "Measure the case with fewer threads, or look for a limit of threads on the machine.",
    )
    UNPINNED = (
        "unpinned",
        "The system cannot pin a process to CPUs, and reports peak memory in a way of its own.",
        "Measure the case again on Linux.",
    )
    MEAN_OF_CALLS = (
        "mean_of_calls",
        "The published number is the mean over the calls of one process, not a median.",
        "Measure the network on your own hardware.",
    )
    UNDATED = (
        "undated",
        "The number was published without a date. The date shown is the release of its framework, the "
        "earliest possible one.",
        "Compare the framework's version with yours.",
    )
    IMPORTED = (
        "imported",
        "The number is said to be published. An import added it, and archrank does not ship it.",
        "Check its source, or forget what imports added.",
    )
    ACCURACY_TRANSFERRED = (
        "accuracy_transferred",
        "The accuracy was published for fp32, but the case runs in a lower precision.",
        "Compare both precisions on your own labelled images. No accuracy is evaluated by archrank.",
    )


def doubts_of_origin(provenance: Provenance, imported_from: str | None) -> tuple[Doubt, ...]:
    """The doubts about a number that nobody measured, where the import named `imported_from` added it."""
    return (Doubt.IMPORTED,) if imported_from and provenance is not Provenance.MEASURED else ()


_OF_MEMORY_ALONE = (Doubt.MEMORY_UNKNOWN, Doubt.MEMORY_LEVELS)
_PERCENTILES = (Metric.LATENCY_P90_MS, Metric.LATENCY_P95_MS, Metric.LATENCY_P99_MS)


def bears_on(doubt: Doubt, metric: Metric) -> bool:
    """Whether a doubt about a measurement is a reason to distrust its number of `metric`.

    What disturbs the time of calls disturbs no memory, and the other way round.
    """
    if metric in MEMORY_METRICS:
        return doubt in (*_OF_MEMORY_ALONE, Doubt.UNPINNED, Doubt.IMPORTED)
    if doubt is Doubt.FEW_FOR_PERCENTILE:
        return metric in _PERCENTILES
    return doubt not in _OF_MEMORY_ALONE
