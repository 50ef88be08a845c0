"""Faults of the host: what keeps a case from being measured and says nothing of the network.

A full disk is no failure of the network that was written to it. A fault is shown with its remedy, it is never
stored, and the next run tries the case again. What is a fact about the network is `profiler.failures`.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from profiler.errors import ProfilerError
from profiler.failures import CaseFailed, is_allocation_failure

_PLACES = "set ARCHRANK_CACHE_DIR, ARCHRANK_CATALOG_URL or TMPDIR to another place"


class FaultKind(StrEnum):
    """What is wrong with the host, with its `meaning` and `remedy` as complete sentences."""

    meaning: str
    remedy: str

    def __new__(cls, name: str, meaning: str = "", remedy: str = "") -> "FaultKind":
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        member.remedy = remedy
        return member

    NO_SPACE = "no_space", "A disk is full.", f"Free some space, or {_PLACES}."
    FILE_LIMIT = (
        "file_limit",
        "A file is longer than this process may write.",
        "Raise the limit, as with `ulimit -f unlimited`.",
    )
    UNUSABLE_PLACE = (
        "unusable_place",
        "A file or folder cannot be written or read.",
        f"Permit it to this user, or {_PLACES}.",
    )
    MISSING_FILE = (
        "missing_file",
        "A file or a program is missing.",
        "Run the same command again. Let nothing else delete files of the cache meanwhile.",
    )
    TOO_MANY_FILES = (
        "too_many_files",
        "Too many files are open.",
        "Raise the limit, as with `ulimit -n 4096`, or measure fewer cases at once.",
    )
    TOO_MANY_PROCESSES = (
        "too_many_processes",
        "No more processes or threads can be started.",
        "Raise the limit, as with `ulimit -u` or `docker --pids-limit`, or end other processes.",
    )
    STORAGE_FAILED = (
        "storage_failed",
        "A disk or a file system failed.",
        f"Look at the kernel's log with `dmesg`, or {_PLACES}.",
    )
    NO_MEMORY = (
        "no_memory",
        "Memory ran out before the network was run.",
        "Free memory, raise the limit of the control group or of `ulimit -v`, or use a larger machine.",
    )
    TIME_LIMIT = (
        "time_limit",
        "Preparing the network took longer than is allowed.",
        "Raise --prepare-timeout.",
    )
    NO_PROC = (
        "no_proc",
        "The system's own files cannot be read.",
        "Let this user read /proc, as with `mount -t proc proc /proc`.",
    )
    NOT_IMPORTABLE = (
        "not_importable",
        "A library is missing or cannot be loaded.",
        "Install what the detail names. `archrank doctor` tries every runtime.",
    )
    NO_COMPILER = (
        "no_compiler",
        "There is no C++ compiler, which torch.compile needs.",
        "Install g++, or add its folder to PATH, or measure without --compiled.",
    )
    OTHER_RUNTIME = (
        "other_runtime",
        "A process loaded another runtime than the one that is installed.",
        "Remove the other one, or run archrank in an environment of its own. `archrank doctor` shows both.",
    )
    IMPOSSIBLE_FILE = (
        "impossible_file",
        "The file that was made cannot be that of this network.",
        "Run `archrank doctor`, and report the network if it finds nothing.",
    )
    KILLED = (
        "killed",
        "Something ended the process from outside.",
        "Run the same command again. If it happens again, look for a limit of memory or of time.",
    )
    WRONG_CLOCK = (
        "wrong_clock",
        "The clock of this host is wrong, and no catalog takes what it dates.",
        "Set the clock, as with `timedatectl set-ntp true`, then run the same command again.",
    )
    OTHER_CPUS = (
        "other_cpus",
        "A process does not run on the CPUs that were chosen for it.",
        "Let nothing change the CPUs of archrank while it measures, and run the same command again.",
    )
    NO_GPU = (
        "no_gpu",
        "The process sees no GPU.",
        "Look at `nvidia-smi`, then at `archrank doctor`.",
    )


class HostFault(ProfilerError):
    """The host keeps a case from being measured. The campaign measures the others, and stores nothing."""

    def __init__(self, kind: FaultKind, detail: str, remedy: str | None = None) -> None:
        super().__init__(f"{kind.meaning} {detail}".strip(), remedy or kind.remedy)
        self.kind = kind
        self.detail = detail


_BY_ERRNO = {
    errno.ENOSPC: FaultKind.NO_SPACE,
    errno.EDQUOT: FaultKind.NO_SPACE,
    errno.EFBIG: FaultKind.FILE_LIMIT,
    errno.EACCES: FaultKind.UNUSABLE_PLACE,
    errno.EPERM: FaultKind.UNUSABLE_PLACE,
    errno.EROFS: FaultKind.UNUSABLE_PLACE,
    errno.ENOTDIR: FaultKind.UNUSABLE_PLACE,
    errno.ELOOP: FaultKind.UNUSABLE_PLACE,
    errno.ENAMETOOLONG: FaultKind.UNUSABLE_PLACE,
    errno.ENOENT: FaultKind.MISSING_FILE,
    errno.EMFILE: FaultKind.TOO_MANY_FILES,
    errno.ENFILE: FaultKind.TOO_MANY_FILES,
    errno.EAGAIN: FaultKind.TOO_MANY_PROCESSES,
    errno.ENOMEM: FaultKind.NO_MEMORY,
    errno.EIO: FaultKind.STORAGE_FAILED,
    errno.ESTALE: FaultKind.STORAGE_FAILED,
}
# What libraries write of such errors where they raise something of their own.
_PHRASES = {
    "no space left on device": FaultKind.NO_SPACE,
    "disk quota exceeded": FaultKind.NO_SPACE,
    "file too large": FaultKind.FILE_LIMIT,
    "no usable temporary directory": FaultKind.UNUSABLE_PLACE,
    "permission denied": FaultKind.UNUSABLE_PLACE,
    "operation not permitted": FaultKind.UNUSABLE_PLACE,
    "read-only file system": FaultKind.UNUSABLE_PLACE,
    "too many open files": FaultKind.TOO_MANY_FILES,
    "can't start new thread": FaultKind.TOO_MANY_PROCESSES,
    "pthread_create failed": FaultKind.TOO_MANY_PROCESSES,
    "resource temporarily unavailable": FaultKind.TOO_MANY_PROCESSES,
    "failed to map segment from shared object": FaultKind.NO_MEMORY,
    "input/output error": FaultKind.STORAGE_FAILED,
    "stale file handle": FaultKind.STORAGE_FAILED,
    "cannot open shared object file": FaultKind.NOT_IMPORTABLE,
    "undefined symbol": FaultKind.NOT_IMPORTABLE,
    "version `glib": FaultKind.NOT_IMPORTABLE,  # of glibc or libstdc++
    "dll load failed": FaultKind.NOT_IMPORTABLE,
}
# ONNX Runtime names the number alone.
_SYSTEM_ERROR = re.compile(r"system error number (\d+)")
# The last line of a traceback, or what the interpreter says of a module that it was to run.
_IMPORT_ERROR = re.compile(r"^(ImportError|ModuleNotFoundError):|: No module named ", re.MULTILINE)
_OF_THE_SYSTEM = ("/proc/", "/sys/")


def fault_of(error: BaseException) -> HostFault | None:
    """The fault of the host that an error, or what caused it, comes from. None where the host is well."""
    for cause in _causes(error):
        if isinstance(cause, HostFault):
            return cause
        if kind := _kind_of(cause):
            return HostFault(kind, f"{type(cause).__name__}: {cause}")
    return None


@contextmanager
def naming_faults() -> Iterator[None]:
    """Within the context, an error that comes from a fault of the host is raised as that fault."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # threading raises a RuntimeError where no thread can start
        if fault := fault_of(error):
            raise fault from error
        raise


def raise_unless_of_network(error: Exception) -> None:
    """Raise again what says nothing of the network: a failure that is named already, want of memory, or a
    fault of the host. It is for those who take any other error for a failure of the network.

    Raises:
        CaseFailed, MemoryError or another error of an allocator: the same.
        HostFault: the error comes from one.
    """
    if isinstance(error, CaseFailed | MemoryError) or is_allocation_failure(str(error)):
        raise error
    if fault := fault_of(error):
        raise fault from error


def fault_in(text: str) -> HostFault | None:
    """The fault of the host that the last words of a process name. The last line of a traceback is its
    detail."""
    if kind := _kind_in(text) or (FaultKind.NOT_IMPORTABLE if _IMPORT_ERROR.search(text) else None):
        return HostFault(kind, text.strip().rpartition("\n")[2])
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from. What merely was handled meanwhile says nothing."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__


def _kind_of(error: BaseException) -> FaultKind | None:
    if isinstance(error, OSError) and error.errno is not None:
        if str(error.filename or "").startswith(_OF_THE_SYSTEM):
            return FaultKind.NO_PROC
        return _kind_in(str(error)) or _BY_ERRNO.get(error.errno)
    if kind := _kind_in(str(error)):
        return kind
    return FaultKind.NOT_IMPORTABLE if isinstance(error, ImportError) else None


def _kind_in(text: str) -> FaultKind | None:
    lowered = text.lower()
    for phrase, kind in _PHRASES.items():
        if phrase in lowered:
            return kind
    number = _SYSTEM_ERROR.search(lowered)
    return _BY_ERRNO.get(int(number.group(1))) if number else None
