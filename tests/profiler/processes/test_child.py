import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
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


def fault_by(child: Child, **request: object) -> HostFault:
    with pytest.raises(HostFault) as caught:
        child.ask(request, PATIENT_S)
    return caught.value


def test_a_fault_of_the_host_keeps_its_kind_and_its_remedy_and_the_child_lives_on(process: Child) -> None:
    fault = fault_by(process, do="fault")
    assert (fault.kind, fault.detail, fault.remedy) == (FaultKind.NO_SPACE, "/cache is full", "Empty it.")
    assert process.ask({"do": "echo", "value": 1}, PATIENT_S) == {"echo": 1}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, FaultKind.NO_SPACE),
        (errno.EACCES, FaultKind.UNUSABLE_PLACE),
        (errno.EROFS, FaultKind.UNUSABLE_PLACE),
        (errno.EMFILE, FaultKind.TOO_MANY_FILES),
        (errno.EIO, FaultKind.STORAGE_FAILED),
    ],
)
def test_an_error_of_the_system_is_no_failure_of_the_case(
    process: Child, number: int, kind: FaultKind
) -> None:
    fault = fault_by(process, do="system", errno=number)
    assert fault.kind is kind
    assert "/cache/model.onnx" in fault.detail


def test_an_allocation_that_the_system_refuses_is_out_of_memory(process: Child) -> None:
    assert failure_of(process, do="system", errno=errno.ENOMEM).reason is FailureReason.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("libgomp.so.1: cannot open shared object file", FaultKind.NOT_IMPORTABLE),
        ("No module named 'onnxruntime'", FaultKind.NOT_IMPORTABLE),
        ("libtorch_cpu.so: failed to map segment from shared object", FaultKind.NO_MEMORY),
        ("libtorch_cpu.so: cannot allocate memory in static TLS block", FaultKind.NOT_IMPORTABLE),
    ],
)
def test_a_library_that_cannot_be_loaded_is_no_failure_of_the_case(
    process: Child, message: str, kind: FaultKind
) -> None:
    assert fault_by(process, do="import", message=message).kind is kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (signal.SIGKILL, FaultKind.KILLED),
        (signal.SIGTERM, FaultKind.KILLED),
        (signal.SIGXCPU, FaultKind.KILLED),
        (signal.SIGBUS, FaultKind.STORAGE_FAILED),
    ],
)
def test_who_is_killed_from_outside_did_not_crash(process: Child, number: int, kind: FaultKind) -> None:
    fault = fault_by(process, do="signal", number=number)
    assert fault.kind is kind
    assert signal.Signals(number).name in fault.detail


def test_a_module_that_cannot_be_imported_is_a_fault_of_the_host() -> None:
    with Child("profiler.there_is_no_such_module") as child:
        assert fault_by(child, do="echo").kind is FaultKind.NOT_IMPORTABLE


LIMITED = """
import resource, sys
from profiler.faults import HostFault
from profiler.processes.child import Child
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))
children = []
try:
    for _ in range(40):
        children.append(Child("tests.profiler.processes.child_under_test"))
except HostFault as fault:
    print(fault.kind, len(children))
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
before = len(children)
with Child("tests.profiler.processes.child_under_test") as child:
    print(child.ask({"do": "echo", "value": 1}, 60))
for child in children:
    child.close()
"""


def test_a_process_that_the_system_does_not_start_is_a_fault_of_the_host() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    fault, answer = done.stdout.splitlines()
    assert fault.startswith("too_many_files ")
    assert 5 <= int(fault.split()[1]) <= 15
    assert answer == "{'echo': 1}"


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
