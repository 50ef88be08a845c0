"""A preparation over processes that take no time."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from profiler.preparation import Preparation
from profiler.processes.serving import Json
from tests.fakes.examining import make_examined, make_failed

NAMES = ("alpha", "bravo", "charlie", "delta", "echo")


@dataclass(eq=False)
class FakeProcess:
    """Answers as `reply` does; a process that was closed may not be asked."""

    reply: Callable[[Json], Json]
    requests: list[Json] = field(default_factory=list)
    closed: bool = False

    def ask(self, request: Json, timeout_s: float) -> Json:
        assert not self.closed
        assert timeout_s > 0
        self.requests.append(request)
        return self.reply(request)

    def close(self) -> None:
        self.closed = True


class Bench:
    """A preparation over fake processes, all that it started in `processes`."""

    def __init__(self, folder: Path, parallel: int = 1) -> None:
        self.processes: list[FakeProcess] = []
        self.failures: dict[str, BaseException] = {}
        self.is_timm_broken = False
        self.preparation = Preparation(folder, parallel, self._start)

    def _start(self, module: str) -> FakeProcess:
        self.processes.append(FakeProcess(self._reply))
        return self.processes[-1]

    def _reply(self, request: Json) -> Json:
        if "registry" in request:
            return {"architectures": list(NAMES), "aliases": {"old": "alpha.v1"}}
        name = request["architecture"]
        if request["failure"] is not None and not self.is_timm_broken:
            return asdict(make_failed(name, request["failure"]))
        if name in self.failures:
            raise self.failures[name]
        pairs = [(classes, size) for classes, size in request["wanted"]]
        answer: dict[str, Any] = asdict(make_examined(name, pairs))
        return answer

    def requests(self) -> list[Json]:
        return [request for process in self.processes for request in process.requests]
