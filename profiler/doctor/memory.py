"""Whether there is memory for preparing and measuring networks."""

from profiler.doctor.check import Check, Verdict

LITTLE_GB = 4
"""Drawing the weights of vit_large_patch16_224 took 3.9 GB, and running it in ONNX Runtime took 1.7 GB
(2026-11-27). 89 % of the architectures that ship have no more parameters."""


def check_memory(available_bytes: int | None) -> Check:
    """Enough memory is available. Limits of `ulimit -v` are in it too."""
    if available_bytes is None:
        return Check("memory", Verdict.OK, "The system does not say how much memory is available.")
    gigabytes = min(available_bytes, _address_space()) / 1e9
    finding = f"{gigabytes:.1f} GB of memory are available."
    if gigabytes < LITTLE_GB:
        remedy = "End other processes, or raise the limit (`ulimit -v`). Large networks need more."
        return Check("memory", Verdict.DOUBTFUL, finding, remedy)
    return Check("memory", Verdict.OK, finding)


def check_memory_limit(limit_bytes: int | None) -> Check:
    """The control group's limit of memory leaves room for large networks."""
    subject = "memory limit"
    if limit_bytes is None:
        return Check(subject, Verdict.OK, "No control group limits memory.")
    limit_gb = limit_bytes / 1e9
    finding = f"A control group limits memory to {limit_gb:.1f} GB."
    if limit_gb < LITTLE_GB:
        remedy = "Raise the limit, as with `docker --memory`. Large networks will fail with out_of_memory."
        return Check(subject, Verdict.DOUBTFUL, finding, remedy)
    return Check(subject, Verdict.OK, finding)


def _address_space() -> float:
    """How much memory this process may map, in bytes."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return float("inf") if soft == resource.RLIM_INFINITY else soft
