"""Memory of this process, from /proc. VmHWM, not ru_maxrss: the latter inherits the parent's peak."""

from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_bytes(status: str | None = None) -> int:
    """The largest resident set of this process so far, from the text of /proc/self/status."""
    text = _STATUS.read_text() if status is None else status
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmHWM")
