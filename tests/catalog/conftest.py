from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.reference import tables as reference

# Taken on import: later the fixture `small_reference` puts a part of the tables in their place.
SHIPPED = reference.DATA


@pytest.fixture(scope="module")
def shipped_tables() -> Iterator[Path]:
    """The whole of the tables that ship, in their place for the rest of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "DATA", SHIPPED)
        yield SHIPPED
