"""What the API does under load, beside a canned answer: `make bench-api`.

python -m tests.benchmarks.api [--report docs/bench-api.md] [--quick]

wrk asks one uvicorn worker, over loopback, for distinct recommendations from the shipped catalog, and beside
them for the same route with its ranking replaced by one answer, with its response model built once too, and
for a route that does nothing. Rounds go over the routes in turn; a ratio is taken within a round. Then the
same requests with a hundred times the history of every case of a target, and with ten times the candidates;
what the first request after a write costs; what a worker's memory comes to; and whether two workers answer
from the catalog as it is after each write.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.api_catalogs import (
    Reference,
    add_copies,
    add_history,
    build_one_target,
    build_reference,
    request_bodies,
)
from tests.benchmarks.api_load import (
    CANNED,
    PREBUILT,
    RECOMMENDATIONS,
    ROUTES,
    BenchmarkFailed,
    Contender,
    Load,
    after_writes,
    ask_all,
    load_in_turn,
    say,
    serving,
    typical,
    visibility,
)
from tests.benchmarks.api_report import Extent, OnCatalog, Results, report, surroundings

_REPORT = Path(__file__).parents[2] / "docs" / "bench-api.md"
_TARGET = "i9-10940x"
_ARCHITECTURES = 1370
_WARM_UP = 200  # requests, which name every target with and without filters on evidence

_FULL = Extent(rounds=5, seconds=5, bodies=2500, history=100, copies=10, writes=5)
_QUICK = Extent(rounds=2, seconds=1, bodies=400, history=5, copies=2, writes=3)


class Benchmark:
    """Its catalogs, in `folder`, and what is measured on them."""

    def __init__(self, folder: Path, extent: Extent) -> None:
        self._folder = folder
        self._extent = extent
        self._plain = folder / "plain.sqlite"

    def results(self) -> Results:
        """All of it.

        Raises:
            BenchmarkFailed: a request was not answered as it should be.
        """
        say("building the catalogs")
        reference = build_reference(self._plain)
        if len(reference.architectures) < _ARCHITECTURES:
            raise BenchmarkFailed(f"{len(reference.architectures)} architectures are not the full catalog")
        shutil.copy(self._plain, shared := self._folder / "shared.sqlite")
        large = self._large(reference)
        one, old = self._one_target(reference)
        bodies = request_bodies(reference, reference.targets, self._extent.bodies)
        of_one = request_bodies(reference, [_TARGET], self._extent.bodies)
        file = self._file("bodies", bodies)
        with serving(self._plain) as server:
            say("asking every request once")
            answered = ask_all(server, bodies)
            ask_all(server, of_one)
            for route in (CANNED, PREBUILT):
                server.recommend(typical(bodies, answered), route)
            routes = self._load([Contender(route.title, server, route, file) for route in ROUTES])
            memory_mb = server.memory_mb()
        everything, cases = len(reference.measurements), len(reference.of_target(_TARGET))
        copies, history = self._extent.copies, self._extent.history
        plain_side, large_side = self._side_by_side(
            reference,
            bodies,
            {
                f"all targets, {everything:,} measurements": self._plain,
                f"{copies}x the candidates, {everything * copies:,} measurements": large,
            },
        )
        one_side, old_side = self._side_by_side(
            reference,
            of_one,
            {
                f"{_TARGET} alone, {cases:,} measurements": one,
                f"{history}x its history, {cases * history:,} measurements": old,
            },
        )
        say("writing beside two workers")
        return Results(
            extent=self._extent,
            reference=reference,
            target=_TARGET,
            answered=answered,
            routes=routes,
            ranked=routes[RECOMMENDATIONS.title],
            canned=routes[CANNED.title],
            memory_mb=memory_mb,
            plain=plain_side,
            large=large_side,
            one=one_side,
            old=old_side,
            visibility=visibility(shared, reference.of_target(_TARGET)[0], self._extent.writes),
        )

    def _large(self, reference: Reference) -> Path:
        large = self._folder / "large.sqlite"
        shutil.copy(self._plain, large)
        add_copies(large, reference, self._extent.copies)
        return large

    def _one_target(self, reference: Reference) -> tuple[Path, Path]:
        """The catalog of one target, and with a longer history."""
        one, old = self._folder / "one.sqlite", self._folder / "old.sqlite"
        build_one_target(self._plain, one, reference, _TARGET)
        shutil.copy(one, old)
        add_history(old, reference.of_target(_TARGET), self._extent.history)
        return one, old

    def _side_by_side(
        self, reference: Reference, bodies: Sequence[str], catalogs: dict[str, Path]
    ) -> list[OnCatalog]:
        """Two catalogs, each with a server, loaded in turn."""
        file = self._file("side", bodies)
        (first, first_path), (second, second_path) = catalogs.items()
        with serving(first_path) as one, serving(second_path) as other:
            servers = {first: one, second: other}
            for title, server in servers.items():
                say(f"{title}: warming up")
                ask_all(server, bodies[:_WARM_UP])
            loads = self._load(
                [Contender(title, server, RECOMMENDATIONS, file) for title, server in servers.items()]
            )
            memory_mb = {title: server.memory_mb() for title, server in servers.items()}
            written = after_writes(
                {first: (one, first_path), second: (other, second_path)},
                reference.of_target(_TARGET)[0],
                self._extent.writes,
            )
        return [OnCatalog(title, loads[title], written[title], memory_mb[title]) for title in catalogs]

    def _load(self, contenders: Sequence[Contender]) -> dict[str, list[Load]]:
        extent = self._extent
        return load_in_turn(contenders, extent.rounds, extent.seconds, extent.bodies // extent.rounds)

    def _file(self, name: str, bodies: Sequence[str]) -> Path:
        path = self._folder / f"{name}.jsonl"
        path.write_text("".join(f"{body}\n" for body in bodies))
        return path


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--report", type=Path, help="default: docs/bench-api.md; with --quick, none")
    parser.add_argument("--quick", action="store_true", help="a smoke run: short rounds, small catalogs")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        say("wrk is not installed: apt-get install wrk, or build it from https://github.com/wg/wrk")
        return 2
    where = surroundings("a smoke run (no results)" if arguments.quick else "`make bench-api`")
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = Benchmark(Path(folder), _QUICK if arguments.quick else _FULL).results()
        except BenchmarkFailed as error:
            say(f"bench-api: {error}")
            return 1
    text = report(found, where)
    path = arguments.report or (None if arguments.quick else _REPORT)
    if path is not None:
        path.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
