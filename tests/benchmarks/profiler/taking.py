"""The one place that calls the profiler: to measure a process, to stop, to doubt."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt
from profiler.artefacts.cache import CachedArtefact
from profiler.campaign.measuring import measure_in_process
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol import doubts
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.summary import has_enough
from tests.benchmarks.profiler.journal import Series, Taken
from tests.benchmarks.profiler.variants import VARIABLE

STANDARD = SamplingPlan()
PLANS = {
    "standard": STANDARD,
    # Beside neighbours: many runs in little time.
    "short": replace(STANDARD, min_s=0.3, max_s=0.45),
}
# The doubts that say that something disturbed the samples.
DISTURBED = frozenset({Doubt.CONTENDED, Doubt.OFF_CPU, Doubt.CANARY_MOVED, Doubt.CLOCK_DRIFT})

_TIMEOUT_S = 120.0


def take(series: Series, index: int, case: Case, artefact: CachedArtefact) -> Taken:
    """One process of the series; a failure is a result."""
    module = "tests.benchmarks.profiler.variant_worker" if series.variant else "profiler.worker"
    began_s, began = time.time(), time.perf_counter()
    sample, failure = None, None
    try:
        with _environment(series.variant):
            sample = measure_in_process(case, artefact, PLANS[series.plan], _TIMEOUT_S, module)
    except CaseFailed as error:
        failure = f"{error.reason}: {error.detail}"
    return Taken(series, index, began_s, time.perf_counter() - began, sample, failure)


def enough(samples: Sequence[ProcessSample], plan: SamplingPlan = STANDARD) -> bool:
    """Whether a campaign without a time budget would take no further process of the case."""
    return len(samples) >= plan.max_processes or has_enough(samples, plan)


def disturbed(samples: Sequence[ProcessSample]) -> bool:
    """Whether a run of these samples would be stored with a doubt about its surroundings."""
    return bool(DISTURBED.intersection(doubts.doubts(samples, STANDARD.interval_target)))


@contextmanager
def _environment(variant: str) -> Iterator[None]:
    """The child inherits the variable."""
    os.environ[VARIABLE] = variant
    try:
        yield
    finally:
        del os.environ[VARIABLE]
