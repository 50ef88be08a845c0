"""Blocks that were recorded on a real machine, drawn into campaigns.

A journal of `make bench-profiler` holds sets: of each case three processes, visited in random order for some
minutes, one block of each case in every round. A round is a moment of the machine that all cases share. So
rounds are drawn and not blocks: what a neighbour does to one case in a round, it does to all.

`blocks.json.xz` holds what two journals say of their sets and neighbours: of each block what the profiler
computes a latency from (`profiler.protocol.latency.Moment`).
"""

import json
import lzma
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.gate.numbers import Number, number_of
from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName
from profiler.protocol.doubts import doubts
from profiler.protocol.drift import Minute
from profiler.protocol.latency import Moment, latency_of
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.summary import moments_of
from profiler.protocol.visits import merged
from tests.benchmarks.profiler.data import Data
from tests.benchmarks.profiler.extent import FULL, LEVELS, NEIGHBOURS, SET, Series
from tests.benchmarks.profiler.journal import Journal

CASES = FULL.same
BLOCKS = Path(__file__).with_name("blocks.json.xz")
_MS_PER_NS = 1e-6


@dataclass(frozen=True)
class Recorded:
    """The blocks of a series in a set or beside a neighbour, in the order of their rounds, and the doubts
    about all of them together."""

    moments: tuple[Moment, ...]
    doubts: frozenset[Doubt]


@dataclass(frozen=True)
class Recording:
    """One journal: every series in every set, and beside each neighbour. `begun` is when."""

    begun: str
    sets: Mapping[str, Mapping[Series, Recorded]]
    beside: Mapping[str, Mapping[Series, Recorded]]

    @cached_property
    def names(self) -> list[str]:
        return sorted(self.sets)

    def planted(self, case: Series, level: float) -> str | None:
        """The set in which the slow-down was planted into the case. None where it was planted in none."""
        slower = case.as_variant(f"slower:{level}")
        return next((name for name, of_set in self.sets.items() if slower in of_set), None)

    def planted_cases(self, level: float) -> list[Series]:
        return [case for case in CASES if self.planted(case, level) is not None]


def number(moments: Sequence[Moment]) -> Number | None:
    """The latency that the profiler would report, with its error."""
    processes = len({moment.process for moment in moments})
    return number_of(latency_of(moments).metric_value(Metric.LATENCY_MS, processes, _MS_PER_NS))


def rounds_of(length: int, blocks: int, draw: random.Random) -> list[int]:
    """So many rounds, drawn with replacement from a part of the recording as long as they would take."""
    part = min(length, blocks)
    begin = draw.randrange(length - part + 1)
    return [begin + draw.randrange(part) for _ in range(blocks)]


# from a journal to the file, and back


def extracted(journal: Path, earlier: Data | None = None) -> tuple[dict[str, Any], Data]:
    """What the file holds of a journal. The quiet level of `earlier` is known to it."""
    read = Journal(journal)
    data = Data(read.taken, earlier)
    wanted = [*CASES, *(case.as_variant(f"slower:{level}") for case in CASES for level in LEVELS)]
    phases = sorted({one.phase for one in data.taken if one.phase.startswith(SET)})
    conditions = sorted({one.beside for one in data.taken if one.phase == NEIGHBOURS and one.beside})
    document = {
        "begun": read.known_header().begun,
        "sets": {
            phase: [_extracted(data, one, phase) for one in wanted if data.of_phase(one, phase)]
            for phase in phases
        },
        "beside": {
            condition: [_extracted(data, one, NEIGHBOURS, condition) for one in CASES]
            for condition in conditions
        },
    }
    return document, data


def _extracted(data: Data, series: Series, phase: str, beside: str = "") -> dict[str, Any]:
    taken = [one.sample for one in data.of_phase(series, phase) if one.beside == beside]
    visits = [visit for visit in taken if visit is not None]
    samples = merged(visits)
    return {
        "series": [series.architecture, series.runtime, series.threads, series.variant],
        "doubts": sorted(doubts(samples, SamplingPlan().interval_target)),
        "blocks": [
            [moment.process, round(moment.log_time, 5), *(round(part, 4) for part in _of_canary(moment))]
            for moment in _in_rounds(visits, samples)
        ],
    }


def _in_rounds(visits: Sequence[ProcessSample], samples: Sequence[ProcessSample]) -> Iterator[Moment]:
    """The moment of each visit, in their order. `samples` are those of the processes that were visited."""
    moments = moments_of(samples)
    of_process = [iter([one for one in moments if one.process == place]) for place in range(len(samples))]
    place_of = {sample.started_at: place for place, sample in enumerate(samples)}
    for visit in visits:
        yield next(of_process[place_of[visit.started_at]])


def _of_canary(moment: Moment) -> tuple[float, float, float, float]:
    return moment.above, moment.waited, moment.minute.drift, moment.minute.usual


def write(documents: Sequence[Mapping[str, Any]]) -> None:
    """Write the file."""
    BLOCKS.write_bytes(lzma.compress(json.dumps(documents, separators=(",", ":")).encode(), preset=9))


def recordings() -> list[Recording]:
    """The recordings of the file, the older first."""
    return [
        Recording(
            document["begun"],
            *(
                {name: dict(map(_recorded, found)) for name, found in document[part].items()}
                for part in ("sets", "beside")
            ),
        )
        for document in json.loads(lzma.decompress(BLOCKS.read_bytes()))
    ]


def _recorded(document: Mapping[str, Any]) -> tuple[Series, Recorded]:
    architecture, runtime, threads, variant = document["series"]
    moments = tuple(
        Moment(process, log_time, above, waited, Minute(drift, usual))
        for process, log_time, above, waited, drift, usual in document["blocks"]
    )
    found = frozenset(Doubt(doubt) for doubt in document["doubts"])
    return Series(architecture, RuntimeName(runtime), threads, variant), Recorded(moments, found)
