"""Throughput against batch size: which batches make a curve, and where it ends."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from catalog.words.doubts import FailureReason
from profiler.cases import Case
from profiler.failures import CaseFailed

# Powers of two: what users choose from, and even steps on the logarithmic axis that such a curve has.
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
# What a larger batch cannot escape. Other failures may go away with the batch: batch normalisation does not
# learn from one image.
_ENDS = (FailureReason.OUT_OF_MEMORY, FailureReason.TIMED_OUT)


def beyond(failed: Case, failure: CaseFailed, cases: Iterable[Case]) -> list[Case]:
    """Those of `cases` that end with `failed`: the same configuration with a larger batch."""
    return [case for case in cases if _is_larger(case, failed)] if failure.reason in _ENDS else []


def smallest(cases: Collection[Case]) -> list[Case]:
    """The cases of which no smaller batch is among them."""
    return [case for case in cases if not any(_is_larger(case, other) for other in cases)]


def _is_larger(case: Case, other: Case) -> bool:
    """Whether a case is the same as the other with a larger batch."""
    batch_size = other.configuration.batch_size
    return (
        case.workload == other.workload
        and case.configuration.batch_size > batch_size
        and replace(case.configuration, batch_size=batch_size) == other.configuration
    )


def not_run(failed: Case, failure: CaseFailed) -> CaseFailed:
    """How a case beyond `failed` ends: for the same reason, with the detail that it was not run."""
    batch_size = failed.configuration.batch_size
    return CaseFailed(failure.reason, f"Not run, because a batch of {batch_size} failed in the same way.")
