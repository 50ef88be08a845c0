"""What a caller may get wrong. The tree:

ArchrankError
    AppError
        UnknownName    a name in the request is not in the catalog; carries the field and what is
            UnknownTarget
            UnknownArchitecture
            UnknownCheckpoint
            UnknownFamily
            UnknownTag
            UnknownTrainingData
        InvalidBound   a bound on the command line that is none
        InvalidObjective   what to rank by is neither a metric nor weights
        InvalidCursor  a page cursor that no answer gave
"""

from collections.abc import Sequence

from catalog.errors import ArchrankError


class AppError(ArchrankError):
    """Base of the app's errors. `field` is the request's field, `allowed` what it may be."""

    field: str = ""
    allowed: Sequence[str] = ()


class UnknownName(AppError):
    """A name that the catalog does not hold."""

    def __init__(self, message: str, field: str, allowed: Sequence[str], remedy: str | None = None) -> None:
        super().__init__(message, remedy)
        self.field = field
        self.allowed = tuple(allowed)


class UnknownTarget(UnknownName):
    """No target of this id."""


class UnknownArchitecture(UnknownName):
    """No architecture of this name; `allowed` holds close matches."""


class UnknownCheckpoint(UnknownName):
    """No checkpoint or architecture of this name; `allowed` holds close matches."""


class UnknownFamily(UnknownName):
    """No family of this name."""


class UnknownTag(UnknownName):
    """No tag of this name."""


class UnknownTrainingData(UnknownName):
    """No data set of this name."""


class InvalidBound(AppError):
    """A bound on the command line that is none."""

    field = "budget"


class InvalidObjective(AppError):
    """What to rank by, that is neither a metric, a scheme nor weights."""

    field = "objective"


class InvalidCursor(AppError):
    """A page cursor that no answer gave."""

    field = "cursor"
