from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.remedies.host import FakeHost, host_at


@pytest.fixture
def host(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that has the reference tables, and has measured nothing."""
    return host_at(databases.full("sqlite"), tmp_path / "cache", monkeypatch)
