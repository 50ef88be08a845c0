"""A host whose processes take no time, where commands are run as a user would run them."""

import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.presentation.answers.recommendations import recommendation_response
from app.presentation.requests.questions import question_of, request_of
from app.questions.answers.recommend import recommend
from catalog.command import build
from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement
from catalog.host import local_target
from catalog.opening import open_catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts.cache import ArtefactCache
from profiler.campaign.campaign import Campaign
from profiler.cli import running
from profiler.sensors import environment
from tests.fakes.campaign import FakeMachine, fake_environment, no_lock
from tests.fakes.preparation import FakePreparation


@dataclass
class FakeHost:
    """Commands and questions reach the catalog at `url`. What commands measure is measured by `machine`."""

    url: str
    folder: Path
    machine: FakeMachine = field(default_factory=FakeMachine)
    unexportable: tuple[str, ...] = ()

    def run(self, command: str) -> Result:
        """Run a command as it is printed. It may fail."""
        name, *arguments = shlex.split(command)
        assert name == "archrank"
        if arguments[0] == "calibrate":  # in the place of its processes: some networks are measured
            arguments = ["profile", "--preset", "starter"]
        return CliRunner().invoke(build(), arguments)

    def done(self, command: str | None) -> str:
        """Run a command that must succeed. Returns what it prints."""
        assert command is not None
        result = self.run(command)
        assert result.exit_code == 0, (command, result.output, result.exception)
        return result.output

    def ask(self, **fields: Any) -> dict[str, Any]:
        """The answer of the API to a question."""
        with open_catalog(self.url) as catalog:
            response = recommendation_response(recommend(catalog, question_of(request_of(fields))))
        return response.model_dump(mode="json", exclude_none=True)

    def measurements(self) -> list[Measurement]:
        """What this machine measured, the newest first."""
        with open_catalog(self.url) as catalog, catalog.read() as session:
            return find_measurements(session, MeasurementQuery(target=local_target().id))

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Let `archrank profile` measure on this host."""
        machine = self.machine

        def without_variables(open_: Callable[..., Any]) -> Callable[..., Any]:
            def opened(*arguments: Any, variables: object) -> Any:
                return open_(*arguments)

            return opened

        def environment_of(runtime: RuntimeName, **_: object) -> Environment:
            return fake_environment(runtime)

        def lock(waiting: object) -> AbstractContextManager[None]:
            return no_lock()

        patch.setenv("ARCHRANK_CATALOG_URL", self.url)
        patch.setenv("ARCHRANK_CACHE_DIR", str(self.folder))
        patch.setattr(running, "open_process", without_variables(machine.open_process))
        patch.setattr(running, "open_canary", without_variables(machine.open_canary))
        patch.setattr(environment, "current", environment_of)
        patch.setattr(running, "host_lock", lock)
        patch.setattr(
            running,
            "Preparation",
            lambda *_, **__: FakePreparation(ArtefactCache(self.folder, 1e9), unexportable=self.unexportable),
        )
        patch.setattr(
            running,
            "Campaign",
            partial(
                Campaign,
                available_bytes=machine.available_bytes,
                clock=machine.time.clock,
                sleep=machine.time.sleep,
            ),
        )


def host_at(url: str, folder: Path, patch: pytest.MonkeyPatch, **fields: Any) -> FakeHost:
    """A host with the catalog at `url`, whose commands measure from now on."""
    host = FakeHost(url, folder, **fields)
    host.install(patch)
    return host
