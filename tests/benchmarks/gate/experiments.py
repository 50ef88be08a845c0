"""The experiments: the same code, one case that is slower, and a neighbour who comes and goes."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from app.gate.verdicts import Rules, Verdict
from tests.benchmarks.gate.builds import Planted, Scene, Settling, build
from tests.benchmarks.gate.recorded import Recording
from tests.benchmarks.profiler.extent import LEVELS
from tests.benchmarks.profiler.findings import Share, total


@dataclass(frozen=True)
class Result:
    """What came of a scene where suspicious cases were settled in one way.

    `false` are builds of the same code that failed, `culprits` the cases that were called worse then.
    `caught` has by level and case the builds in which the planted case was called worse, `beside` by
    neighbour the builds that failed. `suspicious` cases a build of the same code had, and `rounds` they took.
    """

    scene: Scene
    settling: Settling
    false: Share
    culprits: Mapping[str, int]
    caught: Mapping[float, Mapping[str, Share]]
    beside: Mapping[str, Share]
    suspicious: float
    rounds: float

    def power(self, level: float, threads: int | None = None) -> Share:
        """Of all planted cases, or of those with so many threads."""
        return total(
            [
                share
                for case, share in self.caught[level].items()
                if threads is None or f", {threads} thread" in case
            ]
        )


def scenes(recordings: Sequence[Recording]) -> list[Scene]:
    """Builds of one recording, of the other, and of both."""
    first, second = recordings
    return [
        Scene("first journal", first, first),
        Scene("second journal", second, second),
        Scene("second journal, with a history", second, second, first),
        Scene("both journals", first, second),
    ]


def run(recordings: Sequence[Recording], builds: int, seed: int, tell: Callable[[str], None]) -> list[Result]:
    """All experiments, each of so many builds."""
    results = []
    for scene, settling in product(scenes(recordings), Settling):
        results.append(_result(scene, settling, builds, random.Random(seed)))
        tell(f"{scene.name}, {settling}: {results[-1].false} false")
    return results


def _result(scene: Scene, settling: Settling, count: int, draw: random.Random) -> Result:
    rules = Rules()
    same = [build(scene, settling, rules, draw) for _ in range(count)]
    culprits = Counter(
        str(case)
        for one in same
        for case, verdict in zip(one.cases, one.verdicts, strict=True)
        if verdict is Verdict.REGRESSED
    )
    conditions = sorted(scene.candidate.beside)
    return Result(
        scene,
        settling,
        Share(sum(one.fails for one in same), count),
        culprits,
        {level: _caught(scene, settling, rules, count, draw, level) for level in LEVELS},
        {
            condition: Share(
                sum(
                    build(scene, settling, rules, draw, beside=condition).fails
                    for _ in range(count // len(conditions))
                ),
                count // len(conditions),
            )
            for condition in conditions
        },
        sum(one.suspicious for one in same) / count,
        sum(one.rounds for one in same) / max(1, sum(one.suspicious for one in same)),
    )


def _caught(
    scene: Scene, settling: Settling, rules: Rules, count: int, draw: random.Random, level: float
) -> dict[str, Share]:
    cases = scene.candidate.planted_cases(level)
    each = -(-count // len(cases))
    return {
        str(case): Share(
            sum(
                build(scene, settling, rules, draw, planted=Planted(case, level)).catches(case)
                for _ in range(each)
            ),
            each,
        )
        for case in cases
    }
