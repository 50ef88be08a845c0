"""How a case fails: the error that becomes a stored result, and how an allocation failure is recognised."""

from catalog.words.doubts import FailureReason
from profiler.errors import ProfilerError

_ALLOCATION_FAILURES = (
    "can't allocate memory",
    "cannot allocate memory",
    "bad_alloc",
    "bad allocation",
    "not enough memory",
    "out of memory",
    "failed to allocate",
    "memoryerror",
    "alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED
    "allocation_failed",  # CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED
)


def is_allocation_failure(detail: str) -> bool:
    """Whether the text of an error is that of an allocator that got no memory."""
    return any(phrase in detail.lower() for phrase in _ALLOCATION_FAILURES)


def first_line(error: BaseException) -> str:
    """The first line of the error's text, or the error's class where it has no text."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


class CaseFailed(ProfilerError):
    """A case has no numbers. The campaign stores the reason, and measures the other cases."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail, reason.remedy)
        self.reason = reason
        self.detail = detail
