"""A host of its own for each test: its catalog and cache are in a temporary folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog.entities.measurements import Measurement
from catalog.host import local_target
from catalog.opening import open_catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements

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
        }

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {**self.environment, **variables}
        return subprocess.run(
            [ARCHRANK, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def start(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [ARCHRANK, *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def measurements(self) -> list[Measurement]:
        """What was measured here; the catalog holds what was published beside it."""
        catalog = open_catalog(f"sqlite:///{self.database}")
        with catalog.read() as session:
            query = MeasurementQuery(target=local_target().id)
            found = find_measurements(session, query, with_samples=True)
        catalog.close()
        return found


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports are made once a session: they take seconds and never differ."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def reference_catalog(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A catalog that the command filled with the whole reference: that takes seconds."""
    made = Host(tmp_path_factory.mktemp("reference_catalog"), shared_cache)
    listed = made.run("targets")
    assert listed.returncode == 0, listed.stderr
    return made.database


@pytest.fixture
def new_host(tmp_path: Path, shared_cache: Path) -> Host:
    """A host without a catalog."""
    return Host(tmp_path, shared_cache)


@pytest.fixture
def host(new_host: Host, reference_catalog: Path) -> Host:
    """A host whose catalog holds the reference and nothing else."""
    shutil.copy(reference_catalog, new_host.database)
    return new_host
