import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed
from profiler.processes.child import Child

MODULE = "tests.profiler.processes.child_under_test"
PATIENT_S = 60.0


@pytest.fixture
def process() -> Iterator[Child]:
    with Child(MODULE) as child:
        yield child


def failure_of(child: Child, timeout_s: float = PATIENT_S, **request: object) -> CaseFailed:
    with pytest.raises(CaseFailed) as caught:
        child.ask(request, timeout_s)
    return caught.value


def test_a_child_answers_many_requests_whatever_its_libraries_print(process: Child) -> None:
    for value in (1, "two", [3]):
        assert process.ask({"do": "echo", "value": value}, PATIENT_S) == {"echo": value}


def test_a_child_is_the_first_to_go_when_memory_runs_out(process: Child) -> None:
    assert process.ask({"do": "score"}, PATIENT_S) == {"oom_score_adj": 1000}


def test_a_reported_failure_keeps_its_reason_and_the_child_lives_on(process: Child) -> None:
    failure = failure_of(process, do="fail")
    assert (failure.reason, failure.detail) == (FailureReason.UNSUPPORTED_PRECISION, "no bf16 here")
    assert process.ask({"do": "echo", "value": 1}, PATIENT_S) == {"echo": 1}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("shape mismatch", FailureReason.RUNTIME_ERROR),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate", FailureReason.OUT_OF_MEMORY),
        ("Failed to allocate memory for requested buffer", FailureReason.OUT_OF_MEMORY),
        ("std::bad_alloc", FailureReason.OUT_OF_MEMORY),
        ("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has", FailureReason.OUT_OF_MEMORY),
        ("CUDA error: out of memory", FailureReason.OUT_OF_MEMORY),
        ("CUDA failure 2: out of memory ; GPU=0", FailureReason.OUT_OF_MEMORY),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`", FailureReason.OUT_OF_MEMORY),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", FailureReason.OUT_OF_MEMORY),
        ("CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED", FailureReason.OUT_OF_MEMORY),
        ("CUDA error: an illegal memory access was encountered", FailureReason.RUNTIME_ERROR),
    ],
)
def test_an_error_is_told_from_a_want_of_memory(process: Child, message: str, reason: FailureReason) -> None:
    failure = failure_of(process, do="raise", message=message)
    assert failure.reason is reason
    assert message in failure.detail


def test_a_memory_error_is_out_of_memory(process: Child) -> None:
    assert failure_of(process, do="memory").reason is FailureReason.OUT_OF_MEMORY


def test_a_crash_names_the_signal_and_keeps_the_last_words(process: Child) -> None:
    failure = failure_of(process, do="segfault")
    assert failure.reason is FailureReason.CRASHED
    assert failure.detail == "SIGSEGV\ncorrupted size vs. prev_size"


def test_an_exit_is_a_crash(process: Child) -> None:
    failure = failure_of(process, do="exit")
    assert failure.reason is FailureReason.CRASHED
    assert failure.detail.startswith("exit code 3")


def test_a_child_that_does_not_answer_is_killed(process: Child) -> None:
    process.ask({"do": "score"}, PATIENT_S)
    failure = failure_of(process, timeout_s=0.01, do="hang")
    assert failure.reason is FailureReason.TIMED_OUT
    assert process._process.returncode == -signal.SIGKILL


def test_asking_a_dead_child_is_a_failure_not_a_broken_pipe(process: Child) -> None:
    failure_of(process, do="exit")
    assert failure_of(process, do="echo", value=1).reason is FailureReason.CRASHED


def test_a_child_dies_with_its_parent() -> None:
    script = (
        f"from profiler.processes.child import Child; child = Child({MODULE!r});"
        "child.ask({'do': 'score'}, 60); print(child._process.pid, flush=True);"
        "child.ask({'do': 'hang'}, 600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watched = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    import select

    assert select.select([watched], [], [], PATIENT_S)[0]  # readable once the child has ended
    os.close(watched)


def test_the_terminal_s_interrupt_does_not_reach_a_child(process: Child) -> None:
    process.ask({"do": "score"}, PATIENT_S)
    child_group = os.getpgid(process._process.pid)
    assert child_group != os.getpgid(0)
