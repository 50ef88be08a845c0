"""A host of its own for each test: its catalog and cache are in a temporary folder."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog import repository
from catalog.database import open_catalog
from catalog.entities import Measurement
from catalog.repository import MeasurementQuery

ARCHRANK = str(Path(sys.executable).with_name("archrank"))


@dataclass(frozen=True)
class Host:
    """Runs the command line as a user would."""

    folder: Path
    cache: Path

    @property
    def database(self) -> Path:
        return self.folder / "catalog.sqlite"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ARCHRANK_CATALOG_URL": f"sqlite:///{self.database}",
            "ARCHRANK_CACHE_DIR": str(self.cache),
            "COLUMNS": "80",
        }

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [ARCHRANK, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [ARCHRANK, *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def measurements(self) -> list[Measurement]:
        catalog = open_catalog(f"sqlite:///{self.database}")
        with catalog.read() as session:
            found = repository.find_measurements(session, MeasurementQuery(), with_samples=True)
        catalog.close()
        return found


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports are made once a session: they take seconds and never differ."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def host(tmp_path: Path, shared_cache: Path) -> Host:
    return Host(tmp_path, shared_cache)
