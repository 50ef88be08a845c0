"""Doubts about numbers, and reasons why cases fail. Each has a meaning and a remedy."""

from enum import StrEnum


class _Explained(StrEnum):
    """A word with what it means and what to do about it."""

    meaning: str
    remedy: str

    def __new__(cls, name: str, meaning: str = "", remedy: str = "") -> "_Explained":
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        member.remedy = remedy
        return member


class FailureReason(_Explained):
    """Why a case has no numbers."""

    OUT_OF_MEMORY = (
        "out_of_memory",
        "the process ran out of memory",
        "use a smaller batch or input size, or free memory, then --retry-failed",
    )
    TIMED_OUT = (
        "timed_out",
        "the process did not finish within the time limit",
        "raise --timeout, then --retry-failed",
    )
    CRASHED = ("crashed", "the process died", "read the detail; report it to the runtime's authors")
    UNSUPPORTED_INPUT_SIZE = (
        "unsupported_input_size",
        "the architecture does not accept this input size",
        "use its native input size",
    )
    UNSUPPORTED_PRECISION = (
        "unsupported_precision",
        "this runtime or processor does not carry this precision",
        "use fp32",
    )
    UNSUPPORTED_COMPILATION = (
        "unsupported_compilation",
        "torch.compile cannot make one graph of the network, or there is no C++ compiler",
        "install g++ if the detail asks for it, then --retry-failed, or measure without --compiled",
    )
    UNSUPPORTED_DEVICE = (
        "unsupported_device",
        "this runtime cannot compute on this device here",
        "install the runtime's build for the device (onnxruntime-gpu, a CUDA build of torch), "
        "or use another runtime",
    )
    UNSUPPORTED_EXPORT = (
        "unsupported_export",
        "the network cannot be built or exported for this runtime",
        "use the runtime pytorch",
    )
    EXPORT_MISMATCH = (
        "export_mismatch",
        "the exported network computes something else than the original",
        "use the runtime pytorch; report the architecture",
    )
    NON_FINITE_OUTPUT = (
        "non_finite_output",
        "the output holds infinities or NaN",
        "use a precision with a wider range; report the architecture",
    )
    WRONG_OUTPUT = (
        "wrong_output",
        "the runtime's output parts from the reference output",
        "use another runtime or precision; report the architecture",
    )
    RUNTIME_ERROR = ("runtime_error", "the runtime refused the network", "read the detail")


class Doubt(_Explained):
    """A reason to distrust a number that was nevertheless stored."""

    CONTENDED = (
        "contended",
        "other processes used the processor during the samples",
        "measure again on a quiet machine: archrank profile --force",
    )
    OFF_CPU = (
        "off_cpu",
        "one thread's wall time parted from its CPU time: it waited for the processor",
        "measure again on a quiet machine: archrank profile --force",
    )
    CANARY_MOVED = (
        "canary_moved",
        "fixed kernels timed beside the samples ran slower than they do on this machine when it is quiet",
        "measure again on a quiet machine; look for neighbours on the same host and for heat",
    )
    CLOCK_DRIFT = (
        "clock_drift",
        "the processor's clock changed, or heat or power limits slowed it, during the samples",
        "measure again when it is cool, or let it warm up for longer",
    )
    WARM_UP_UNSETTLED = (
        "warm_up_unsettled",
        "the last two warm-up windows still disagreed",
        "measure again; look for frequency scaling or a busy neighbour",
    )
    FEW_CALLS = (
        "few_calls",
        "a slow network: fewer than 6 calls in a process",
        "the interval between processes still holds; measure with more processes to narrow it",
    )
    NO_INTERVAL = (
        "no_interval",
        "a single sample carries no interval",
        "measure with two processes or more",
    )
    IMPRECISE = (
        "imprecise",
        "the interval is wider than was asked for, after as many processes or as long as was allowed",
        "measure again on a quiet machine, or with more --max-processes or --time-budget",
    )
    FEW_FOR_PERCENTILE = (
        "few_for_percentile",
        "too few calls for the percentile that was asked for",
        "measure with more --max-processes",
    )
    MEMORY_UNKNOWN = (
        "memory_unknown",
        "the peak memory could not be read",
        "give the process /proc, or the driver's management library, to read",
    )
    MEAN_OF_CALLS = (
        "mean_of_calls",
        "published as the mean over the calls of one process, not as a median",
        "measure it on your own hardware: archrank profile",
    )
    UNDATED = (
        "undated",
        "published without a date; the day shown is its framework's release, the earliest possible",
        "compare the framework's version with yours",
    )
    ACCURACY_TRANSFERRED = (
        "accuracy_transferred",
        "the accuracy was published for fp32, the case runs in a lower precision",
        "evaluate the checkpoint in the precision that you deploy",
    )
