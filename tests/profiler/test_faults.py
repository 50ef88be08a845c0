"""Which errors are faults of the host, and which are facts about a network."""

import errno
import os

import pytest

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault, fault_in, fault_of, raise_unless_of_network


def raised_from(outer: Exception, cause: BaseException) -> Exception:
    """`outer`, as it is where it was raised from `cause`."""
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, FaultKind.NO_SPACE),
        (errno.EDQUOT, FaultKind.NO_SPACE),
        (errno.EACCES, FaultKind.UNUSABLE_PLACE),
        (errno.EPERM, FaultKind.UNUSABLE_PLACE),
        (errno.EROFS, FaultKind.UNUSABLE_PLACE),
        (errno.EMFILE, FaultKind.TOO_MANY_FILES),
        (errno.ENFILE, FaultKind.TOO_MANY_FILES),
        (errno.EAGAIN, FaultKind.TOO_MANY_PROCESSES),
        (errno.ENOMEM, FaultKind.NO_MEMORY),
        (errno.EIO, FaultKind.STORAGE_FAILED),
        (errno.ENOENT, FaultKind.MISSING_FILE),
    ],
)
def test_an_error_of_the_system_is_a_fault_of_the_host(number: int, kind: FaultKind) -> None:
    fault = fault_of(OSError(number, os.strerror(number), "/cache/model.onnx"))
    assert fault is not None
    assert fault.kind is kind
    assert "/cache/model.onnx" in fault.message
    assert fault.remedy


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            RuntimeError("SafetensorError: I/O error: No space left on device (os error 28)"),
            FaultKind.NO_SPACE,
        ),
        (RuntimeError("[enforce fail] unexpected pos 64. Read-only file system"), FaultKind.UNUSABLE_PLACE),
        (
            RuntimeError(
                "[ONNXRuntimeError] : 1 : FAIL : Load model from /c/model.onnx failed:system error number 13"
            ),
            FaultKind.UNUSABLE_PLACE,
        ),
        (RuntimeError("Load model failed:system error number 24"), FaultKind.TOO_MANY_FILES),
        (RuntimeError("can't start new thread"), FaultKind.TOO_MANY_PROCESSES),
        (
            ImportError("libgomp.so.1: cannot open shared object file: No such file or directory"),
            FaultKind.NOT_IMPORTABLE,
        ),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), FaultKind.NO_MEMORY),
        (ModuleNotFoundError("No module named 'onnxscript'"), FaultKind.NOT_IMPORTABLE),
        (OSError("libmkl.so: undefined symbol: cblas_sgemm"), FaultKind.NOT_IMPORTABLE),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/']"),
            FaultKind.UNUSABLE_PLACE,
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/proc/stat"), FaultKind.NO_PROC),
    ],
)
def test_what_libraries_write_of_a_fault_is_recognised(error: Exception, kind: FaultKind) -> None:
    fault = fault_of(error)
    assert fault is not None
    assert fault.kind is kind


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("No ONNX function found for aten::fft"),
        ValueError("img_size 300 must be divisible by patch size 16"),
        NotImplementedError("on the meta device"),
        TypeError("forward() missing 1 required positional argument"),
        KeyError("model"),
    ],
)
def test_an_error_of_the_network_is_none(error: Exception) -> None:
    assert fault_of(error) is None
    raise_unless_of_network(error)


def test_what_an_error_was_raised_from_decides() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    wrapped = raised_from(RuntimeError("Failed to export the model"), raised_from(ValueError("step 3"), full))
    fault = fault_of(wrapped)
    assert fault is not None
    assert fault.kind is FaultKind.NO_SPACE


def test_what_was_merely_handled_meanwhile_decides_nothing() -> None:
    """A library tries an optional package, and fails later of the network."""
    error = RuntimeError("No such operator")
    error.__context__ = ImportError("No module named 'triton'")
    assert fault_of(error) is None


@pytest.mark.parametrize(
    "error",
    [
        CaseFailed(FailureReason.EXPORT_MISMATCH, "differs"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_what_is_named_already_and_want_of_memory_are_raised_again(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        raise_unless_of_network(error)
    assert caught.value is error


def test_a_fault_is_raised_with_its_cause() -> None:
    error = RuntimeError("No space left on device")
    with pytest.raises(HostFault) as caught:
        raise_unless_of_network(error)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Traceback:\nModuleNotFoundError: No module named 'profiler.preparer'", FaultKind.NOT_IMPORTABLE),
        ("OpenBLAS blas_thread_init: pthread_create failed for thread 1 of 2", FaultKind.TOO_MANY_PROCESSES),
        ("OSError: [Errno 28] No space left on device", FaultKind.NO_SPACE),
        ("corrupted size vs. prev_size", None),
        ("", None),
    ],
)
def test_the_last_words_of_a_process_may_name_a_fault(text: str, kind: FaultKind | None) -> None:
    fault = fault_in(text)
    assert (fault and fault.kind) == kind


def test_every_fault_says_what_to_do() -> None:
    for kind in FaultKind:
        assert kind.meaning.endswith(".")
        assert kind.remedy.endswith(".")
