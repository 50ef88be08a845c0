"""What a caller may get wrong. The tree:

ArchrankError
    AppError
        UnknownName    a name in the request is not in the catalog
            UnknownTarget
                NoSuchTarget   the address names the target
            UnknownArchitecture   the address names the architecture
            UnknownCheckpoint
            UnknownFamily
            UnknownTag
            UnknownLicense
            UnknownTrainingData
            UnknownTrainingMethod
            NoSuchFamily   the address names the family
        InvalidRequest  a request that the contract refuses
        InvalidOption   an option that a command refuses
        InvalidBound   a bound that is malformed or impossible
        InvalidSize    a size of images that is malformed or impossible
        InvalidObjective   an objective that is neither a metric, a scheme nor weights
        InvalidCursor  a page cursor that no answer contained
        InvalidUpload     an upload with a record that cannot be stored
        ConflictingUpload   an upload with a record that would take the place of another
        ConflictingLimits   two limits of a calibration exclude each other
        ConflictingForms   an answer is asked for in two forms
        IdleOption     an option that changes nothing beside the others
        CannotDraw     a picture cannot be drawn: its file has another ending, or a package is missing
        CannotCalibrate   nothing can be measured, or too little was
        CannotVerify   nothing measures the target here, or measuring failed
        CannotCompare  a side of a comparison cannot be read, or nothing of it can be compared
            NoBaseline     the baseline has nothing of what the candidate has measured
        InvalidPolicy  a policy of the gate is malformed
        CannotMeasureAgain   a suspicious case cannot be measured again
        CannotServe    the address to serve on cannot be used
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

from catalog.errors import ArchrankError


class AppError(ArchrankError):
    """Base of the app's errors. `field` names the field of the request, `allowed` its possible values.

    The API answers an error with the `status` of its class: 404 where the address names nothing, 422 where
    a field is wrong.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.UNPROCESSABLE_ENTITY
    field: str = ""
    allowed: Sequence[str] = ()


class UnknownName(AppError):
    """A name that the catalog does not hold. `allowed` are the names that exist, or close matches."""

    def __init__(self, message: str, field: str, allowed: Sequence[str], remedy: str | None = None) -> None:
        super().__init__(message, remedy)
        self.field = field
        self.allowed = tuple(allowed)


class UnknownTarget(UnknownName):
    """No target of this id."""


class NoSuchTarget(UnknownTarget):
    """No target of the id in the address."""

    status = HTTPStatus.NOT_FOUND


class UnknownArchitecture(UnknownName):
    """No architecture of the name in the address. `allowed` holds close matches, or networks of the `family`
    that the name means."""

    status = HTTPStatus.NOT_FOUND

    def __init__(
        self, message: str, field: str, allowed: Sequence[str], remedy: str, family: str | None = None
    ) -> None:
        super().__init__(message, field, allowed, remedy)
        self.family = family


class UnknownCheckpoint(UnknownName):
    """No checkpoint or architecture of this name. `allowed` holds close matches."""


class UnknownFamily(UnknownName):
    """No family of this name."""


class NoSuchFamily(UnknownFamily):
    """No family of the name in the address. `allowed` holds close matches."""

    status = HTTPStatus.NOT_FOUND


class UnknownTag(UnknownName):
    """No tag of this name."""


class UnknownLicense(UnknownName):
    """No licence of this name, neither in the catalog nor among the readings."""


class UnknownTrainingData(UnknownName):
    """No data set of this name."""


class UnknownTrainingMethod(UnknownName):
    """No kind of training of this name."""


class InvalidRequest(AppError):
    """A request that the contract refuses. `field` is the path of the first field that is wrong."""

    def __init__(self, message: str, field: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.field = field
        self.allowed = tuple(allowed)


class InvalidOption(AppError):
    """An option of the command line whose value the contract refuses."""


class InvalidBound(AppError):
    """A bound that is malformed or impossible."""

    field = "budget"


class InvalidSize(AppError):
    """A size of images that is malformed or impossible."""

    field = "typical_image"


class InvalidObjective(AppError):
    """An objective that is neither a metric, a scheme nor weights."""

    field = "objective"


class InvalidCursor(AppError):
    """A page cursor that no answer contained."""

    field = "cursor"


class InvalidUpload(AppError):
    """An upload with a record that cannot be stored. `field` is its place, as `line 3` or `item 0`."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, "Nothing of the upload was stored.")
        self.field = field


class ConflictingUpload(InvalidUpload):
    """An upload with a record that would take the place of what the catalog holds."""

    status = HTTPStatus.CONFLICT


class ConflictingLimits(AppError):
    """Two limits of a calibration that exclude each other."""


class ConflictingForms(AppError):
    """One answer is asked for in two forms."""


class IdleOption(AppError):
    """An option that changes nothing beside the others."""


class CannotDraw(AppError):
    """A picture cannot be drawn: its file has another ending, or what draws is not installed."""


class CannotCalibrate(AppError):
    """Nothing can be measured here, measuring failed, or too little was measured."""


class CannotVerify(AppError):
    """Nothing measures the target here, or measuring failed."""


class CannotCompare(AppError):
    """A side of a comparison cannot be read, or nothing of both sides can be compared."""


class NoBaseline(CannotCompare):
    """The baseline has nothing of what the candidate has measured. A CI job ends so on a new machine."""

    exit_code = 3


class InvalidPolicy(AppError):
    """A policy of the gate is malformed. The message names the line."""


class CannotMeasureAgain(AppError):
    """A suspicious case cannot be measured again."""


class CannotServe(AppError):
    """The address to serve on cannot be used."""
