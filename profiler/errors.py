"""What can go wrong while measuring. The tree:

ArchrankError
    ProfilerError
        UnknownArchitecture    timm has no architecture of this name
        InvalidRequest         the command asks for something impossible
        CaseFailed             a case has no numbers. Its reason is stored
"""

from collections.abc import Sequence

from catalog.entities.identity import is_checkpoint_name
from catalog.errors import ArchrankError


class ProfilerError(ArchrankError):
    """Base of the profiler's errors."""


class UnknownArchitecture(ProfilerError):
    """timm has no architecture of this name."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        remedy = f"Close matches: {', '.join(close)}." if close else "`timm.list_models()` lists every name."
        if is_checkpoint_name(name):
            remedy = f"Name the architecture without its checkpoint tag. {remedy}"
        super().__init__(f"Unknown architecture {name!r}.", remedy)


class InvalidRequest(ProfilerError):
    """The command asks for something impossible."""
