"""What can go wrong while measuring. The tree:

ArchrankError
    ProfilerError
        UnknownArchitecture
        UnsupportedInputSize
        UncountableOperator
        ExportMismatch
        NothingToProfile
"""

from collections.abc import Sequence

from catalog.errors import ArchrankError


class ProfilerError(ArchrankError):
    """Base of the profiler's errors."""


class UnknownArchitecture(ProfilerError):
    """timm has no architecture of this name."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        self.name = name
        self.close = tuple(close)
        remedy = f"close matches: {', '.join(close)}" if close else "see `archrank profile --list`"
        if "." in name:
            remedy = f"name the architecture without its checkpoint tag; {remedy}"
        super().__init__(f"unknown architecture {name!r}", remedy)


class UnsupportedInputSize(ProfilerError):
    """The architecture cannot take images of this size."""

    def __init__(self, name: str, size: int, native: int, cause: str) -> None:
        super().__init__(
            f"{name} does not accept {size} px: {cause}", f"its native input size is {native} px"
        )


class UncountableOperator(ProfilerError):
    """MACs cannot be counted without leaving something out."""


class ExportMismatch(ProfilerError):
    """The exported network does not compute what the original computes."""


class NothingToProfile(ProfilerError):
    """Neither names nor a preset were given."""
