from pathlib import Path

import pytest

from catalog.storage.database import Catalog
from tests.profiler.campaign.bench import Bench


@pytest.fixture
def bench(sqlite_catalog: Catalog, tmp_path: Path) -> Bench:
    return Bench(sqlite_catalog, tmp_path / "cache")
