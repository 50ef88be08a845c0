"""The command `archrank` as a program, on a host whose processes take no time.

python -m tests.fakes.command ADDRESS       serves calls at this address (tests/fakes/forked.py)

FAKE_REFERENCE is the folder of the reference tables, FAKE_VERSION the runtime's version, FAKE_LATENCY_MS what
a call takes, and FAKE_PYTHON the program that the command takes for its own Python. Commands in FAKE_COMMANDS
are written to FAKE_LOG and do nothing else. Calibrating measures a network, and estimates nothing.
"""

import os
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import app.checking.gate
import app.checking.policy
import app.checking.sources
import app.presentation.documents.junit
import app.presentation.documents.measured_markdown  # noqa: F401 - so that no call imports them again
from catalog.command import GROUP, main
from catalog.entities.configurations import Environment
from catalog.reference.tables.reading import ReferenceTables
from catalog.settings import CatalogSettings
from catalog.words.vocabulary import RuntimeName
from profiler.sensors import environment
from profiler.settings import ProfilerSettings
from tests.fakes.campaign import FakeMachine, fake_environment
from tests.fakes.forked import serve
from tests.reference_tables import in_place_of_shipped
from tests.remedies.host import FakeHost


def run() -> None:
    """Run the command of this program's arguments."""
    if sys.argv[1] in os.environ.get("FAKE_COMMANDS", "").split():
        with Path(os.environ["FAKE_LOG"]).open("a") as log:
            log.write(f"{' '.join(sys.argv[1:])}\n")
        if sys.argv[1] != "calibrate":
            return
        sys.argv[1:] = ["profile", "resnet18"]
    latency_ms = float(os.environ.get("FAKE_LATENCY_MS", "10"))
    machine = FakeMachine(latency_ms=lambda _: latency_ms)

    def environment_of(runtime: RuntimeName, **_: object) -> Environment:
        return replace(fake_environment(runtime), runtime_version=os.environ.get("FAKE_VERSION", "1.0"))

    with pytest.MonkeyPatch.context() as patch:
        host = FakeHost(CatalogSettings().catalog_url, ProfilerSettings().cache_dir, machine)
        host.install(patch)
        patch.setattr(environment, "current", environment_of)
        patch.setattr(sys, "executable", os.environ["FAKE_PYTHON"])
        with in_place_of_shipped(ReferenceTables(Path(os.environ["FAKE_REFERENCE"]))):
            main()


def load() -> None:
    """Import what the commands import when they run."""
    for entry in entry_points(group=GROUP):
        if entry.name in ("gate", "profile", "report"):
            entry.load()


if __name__ == "__main__":
    load()
    serve(Path(sys.argv[1]), run)
