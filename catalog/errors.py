"""What can go wrong with the catalog. The tree:

ArchrankError                  base of every error that a user may cause or must see
    FileInaccessible           a file that the user named cannot be read or written
    InvalidSetting             an environment variable of archrank has a value that it cannot have
    InvalidDuration            a duration on the command line is malformed
    NoGpu                      this machine has no GPU to measure on (catalog.machine.gpu_selection)
    OutputFailed               standard output cannot be written (catalog.console.terminal)
        OutputClosed           whoever read it has closed it
    CatalogError
        CatalogUnavailable     the catalog cannot be opened, reached or read
        CatalogOutdated        the schema is older than this software, and is not upgraded by itself
        CatalogTooNew          the schema is newer than this software
        ExchangeError          a line of an export file is malformed, or cannot be stored
            ExchangeConflict   what the catalog holds forbids to store a line
        RecordRefused          a record cannot be stored
            RecordConflict     what the catalog holds forbids to store it
        SourceTableError       a published table is malformed
        NoSuchTarget           a command names a target that the catalog does not hold
        PushFailed             a server did not take what was pushed
"""


class ArchrankError(Exception):
    """An error with a `message` for people and a `remedy`: what to do next. Both are complete sentences. A
    command that it ends has its `exit_code`."""

    exit_code = 2

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class FileInaccessible(ArchrankError):
    """A file that the user named cannot be read or written."""


class InvalidSetting(ArchrankError):
    """An environment variable of archrank has a value that it cannot have."""


class InvalidDuration(ArchrankError):
    """A duration on the command line is malformed."""


class CatalogError(ArchrankError):
    """Base of the catalog's errors."""


class CatalogUnavailable(CatalogError):
    """The catalog's database cannot be opened, reached or read."""


class CatalogOutdated(CatalogError):
    """The schema is older than this software."""


class CatalogTooNew(CatalogError):
    """The schema is newer than this software."""


class ExchangeError(CatalogError):
    """A line of an export file is malformed, or cannot be stored. It ends the import, unless the line is left
    out. `complaint` names the line, or the item of an array, and says what is wrong with it."""

    def __init__(self, line: int, complaint: str, unit: str = "Line") -> None:
        self.line = line
        self.place = f"{unit} {line}"
        self.complaint = f"{self.place}: {complaint}"
        super().__init__(
            f"{self.complaint} Nothing of the file was imported.", "Correct the line and import again."
        )


class ExchangeConflict(ExchangeError):
    """A line that is sound, and that may not be stored because of what the catalog holds."""


class RecordRefused(CatalogError):
    """A record refers to something unknown, or holds a value that the database cannot store."""


class RecordConflict(RecordRefused):
    """A record that is sound, and that may not be stored because of what the catalog holds."""


class SourceTableError(CatalogError):
    """A published table cannot be read."""


class NoSuchTarget(CatalogError):
    """A target that the catalog does not hold."""


class PushFailed(CatalogError):
    """A server did not take what was pushed."""
