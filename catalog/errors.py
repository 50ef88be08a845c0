"""What can go wrong with the catalog. The tree:

ArchrankError                  base of every error that a user may cause or must see
    FileInaccessible           a file that the user named cannot be read or written
    CatalogError
        CatalogUnavailable     the catalog cannot be opened, reached or read
        CatalogOutdated        the schema is older than this software, and is not upgraded by itself
        CatalogTooNew          the schema is newer than this software
        ExchangeError          an export file is malformed; names the line
        RecordRefused          a record cannot be stored
        SourceTableError       a published table is malformed; names the file and line
"""


class ArchrankError(Exception):
    """An error with a `message` for people and a `remedy`: what to do next. Both are complete sentences."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class FileInaccessible(ArchrankError):
    """A file that the user named cannot be read or written."""


class CatalogError(ArchrankError):
    """Base of the catalog's errors."""


class CatalogUnavailable(CatalogError):
    """The database the catalog cannot be opened, reached or read."""


class CatalogOutdated(CatalogError):
    """The schema is older than this software."""


class CatalogTooNew(CatalogError):
    """The schema is newer than this software."""


class ExchangeError(CatalogError):
    """A line of an export file is malformed."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(
            f"Line {line}: {message}", "Nothing of the file was imported. Correct the line and import again."
        )
        self.line = line


class RecordRefused(CatalogError):
    """A record refers to something unknown, or holds a value that the database cannot store."""


class SourceTableError(CatalogError):
    """A published table cannot be read."""
