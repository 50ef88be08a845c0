import pytest

from catalog.errors import (
    ArchrankError,
    CatalogError,
    CatalogOutdated,
    CatalogTooNew,
    CatalogUnavailable,
    ExchangeError,
    FileInaccessible,
    SourceTableError,
)


@pytest.mark.parametrize("kind", [CatalogUnavailable, CatalogOutdated, CatalogTooNew, SourceTableError])
def test_every_error_of_the_catalog_has_a_message_and_a_remedy(kind: type[CatalogError]) -> None:
    error = kind("what happened", "what to do")
    assert isinstance(error, CatalogError)
    assert isinstance(error, ArchrankError)
    assert (error.message, error.remedy, str(error)) == ("what happened", "what to do", "what happened")


def test_a_file_that_cannot_be_read_is_no_fault_of_the_catalog() -> None:
    assert not issubclass(FileInaccessible, CatalogError)
    assert issubclass(FileInaccessible, ArchrankError)


def test_a_remedy_is_not_always_known() -> None:
    assert ArchrankError("what happened").remedy is None


def test_an_exchange_error_names_its_line() -> None:
    error = ExchangeError(7, "not JSON.")
    assert isinstance(error, CatalogError)
    assert (error.line, error.complaint) == (7, "Line 7: not JSON.")
    assert error.message == str(error) == "Line 7: not JSON. Nothing of the file was imported."
    assert error.remedy == "Correct the line and import again."
