"""What can go wrong while measuring. The tree:

ArchrankError
    ProfilerError
        UnknownArchitecture    the name is not timm's
        InvalidRequest         the command asks for something that cannot be
        CaseFailed             a case has no numbers; carries the reason that is stored
"""

from collections.abc import Sequence

from catalog.errors import ArchrankError


class ProfilerError(ArchrankError):
    """Base of the profiler's errors."""


class UnknownArchitecture(ProfilerError):
    """timm has no architecture of this name."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        remedy = f"close matches: {', '.join(close)}" if close else "timm.list_models() lists them all"
        if "." in name:
            remedy = f"name the architecture without its checkpoint tag; {remedy}"
        super().__init__(f"unknown architecture {name!r}", remedy)


class InvalidRequest(ProfilerError):
    """The command asks for something that cannot be."""
