"""What can go wrong while measuring. The tree:

ArchrankError
    ProfilerError
        UnknownArchitecture        timm has no architecture of this name
        TimmUnavailable            timm cannot be asked
        TorchMissing               what is asked for needs torch, which is not installed
        InvalidRequest             the command asks for something impossible
            NothingToMeasure       it names no architecture
            CasesMalformed         the file of cases holds something else
            UnknownPreset          there is no such preset
            UnknownPercentile      the percentile is not measured
            TooManyThreads         there are fewer CPUs
            ConflictingOptions     two options exclude one another
            UnsupportedByRuntime   a runtime cannot do what is asked of it
        CanaryFailed               the canary's process died or cannot run
        HostFault                  the host keeps a case from being measured (profiler.faults)
        CaseFailed                 a case has no numbers. Its reason is stored (profiler.failures)
        Uncountable                a network's MACs cannot be counted (profiler.networks.complexity)
"""

from collections.abc import Sequence

from catalog.errors import ArchrankError


class ProfilerError(ArchrankError):
    """Base of the profiler's errors."""


class UnknownArchitecture(ProfilerError):
    """timm has no architecture of this name. `close` are names that it has."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        remedy = f"Close matches: {', '.join(close)}." if close else "`timm.list_models()` lists every name."
        super().__init__(f"Unknown architecture {name!r}.", remedy)
        self.name = name
        self.close = tuple(close)


class TimmUnavailable(ProfilerError):
    """timm cannot be asked, because it cannot be imported or its process died."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"timm does not answer: {detail}", "Run `archrank doctor`.")


class TorchMissing(ProfilerError):
    """What is asked for needs torch, which is not installed. `reason` says what does. `close` are names of
    architectures that need none."""

    def __init__(self, reason: str, missing: Sequence[str], close: Sequence[str] = ()) -> None:
        remedy = f"Close matches that need no torch: {', '.join(close)}. " if close else ""
        super().__init__(
            f"{reason} These packages are needed, and not installed: {', '.join(missing)}.",
            f"{remedy}Run `pip install 'archrank[profiler]'` to measure any network of timm.",
        )


class CanaryFailed(ProfilerError):
    """The canary's process died or cannot run. That says nothing of the case beside it."""

    def __init__(self, detail: str, remedy: str | None = None) -> None:
        again = "Run the same command again to continue. If it fails again, run `archrank doctor`."
        super().__init__(f"The canary does not answer: {detail}", remedy or again)


class InvalidRequest(ProfilerError):
    """Base of what a command cannot be asked for."""


class NothingToMeasure(InvalidRequest):
    """The command names no architecture."""


class CasesMalformed(InvalidRequest):
    """The file of cases holds something else."""


class UnknownPreset(InvalidRequest):
    """There is no preset of this name."""


class UnknownPercentile(InvalidRequest):
    """The percentile is not measured."""


class TooManyThreads(InvalidRequest):
    """More threads are asked for than this host has CPUs."""


class ConflictingOptions(InvalidRequest):
    """Two options exclude one another."""


class UnsupportedByRuntime(InvalidRequest):
    """A runtime cannot do what is asked of it, on any host."""
