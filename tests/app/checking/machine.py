"""A machine whose `archrank profile` takes no time. It stores what it is told, in the catalog it is given."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from catalog import host
from catalog.entities.configurations import Configuration, Environment
from catalog.entities.documents import from_document
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Workload
from catalog.opening import open_catalog
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Status
from tests.app.gate.sides import NEW, OLD, measured
from tests.builders import store_measurements

BASELINE_PYTHON = "/old/bin/python"


@dataclass
class Machine:
    """The latency (ms) of every network by the Python that measures, None for this one."""

    latency_ms: Mapping[str | None, float] = field(
        default_factory=lambda: {None: 10.0, BASELINE_PYTHON: 10.0}
    )
    environments: Mapping[str | None, Environment] = field(
        default_factory=lambda: {None: NEW, BASELINE_PYTHON: OLD}
    )
    error: float = 0.01
    factors: Sequence[float] = (1.0,)  # of each campaign in its turn
    doubts: tuple[Doubt, ...] = ()
    status: Status = Status.OK
    code: int = 0
    idle_pythons: tuple[str | None, ...] = ()  # end with success, and store nothing
    pythons: list[str | None] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    _hours: Iterator[int] = field(default_factory=lambda: count(100))

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> int:
        python = BASELINE_PYTHON if command[0] == BASELINE_PYTHON else None
        self.pythons.append(python)
        self.urls.append(variables["ARCHRANK_CATALOG_URL"])
        if self.code:
            return self.code
        if python in self.idle_pythons:
            return 0
        path = Path(command[command.index("--cases") + 1])
        cases = [json.loads(line) for line in path.read_text().splitlines()]
        with open_catalog(variables["ARCHRANK_CATALOG_URL"]) as catalog:
            store_measurements(catalog, *(self._measured(case, python) for case in cases))
        return int(self.status is Status.FAILED)

    def _measured(self, case: Mapping[str, Any], python: str | None) -> Measurement:
        made = measured(
            str(case["workload"]["architecture"]),
            self.latency_ms[python] * self.factors[(len(self.pythons) - 1) % len(self.factors)],
            error=self.error,
            hour=next(self._hours),
            environment=self.environments[python],
            target=host.local_target(),
            doubts=self.doubts,
            status=self.status,
        )
        return replace(
            made,
            workload=from_document(Workload, case["workload"]),
            configuration=from_document(Configuration, case["configuration"]),
        )
