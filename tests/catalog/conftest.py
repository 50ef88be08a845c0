from itertools import islice
from pathlib import Path

import pytest

from catalog import reference


@pytest.fixture
def small_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short reference table in place of the shipped one; filling a new catalog with that takes a second."""
    path = tmp_path / "accuracy.csv"
    with reference.ACCURACY_TABLE.open() as file:
        path.write_text("".join(islice(file, 11)))
    monkeypatch.setattr(reference, "ACCURACY_TABLE", path)
    return path
