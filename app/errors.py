"""What a caller may get wrong. The tree:

ArchrankError
    AppError
        UnknownName    a name in the request is not in the catalog; with the field and the known names
            UnknownTarget
            UnknownArchitecture
            UnknownCheckpoint
            UnknownFamily
            UnknownTag
            UnknownTrainingData
        InvalidBound   a bound that is malformed or impossible
        InvalidObjective   an objective that is neither a metric, a scheme nor weights
        InvalidCursor  a page cursor that no answer contained
"""

from collections.abc import Sequence

from catalog.errors import ArchrankError


class AppError(ArchrankError):
    """Base of the app's errors. `field` names the field of the request, `allowed` its possible
    values."""

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
    """A bound that is malformed or impossible."""

    field = "budget"


class InvalidObjective(AppError):
    """An objective that is neither a metric, a scheme nor weights."""

    field = "objective"


class InvalidCursor(AppError):
    """A page cursor that no answer contained."""

    field = "cursor"
