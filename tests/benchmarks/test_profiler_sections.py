"""The report follows from the journal alone, and says of each goal what the data say."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from catalog.entities.samples import ProcessSample
from tests.benchmarks.profiler import cost, disturbed, planted, referee, same
from tests.benchmarks.profiler.extent import FULL, Extent, of_architectures, quick
from tests.benchmarks.profiler.findings import Section
from tests.benchmarks.profiler.journal import Data, Header, Series, Taken
from tests.benchmarks.profiler.report import EXPERIMENTS, report
from tests.benchmarks.profiler.running import union
from tests.benchmarks.profiler.samplers import median_of_log
from tests.builders import make_sample

EXTENT = replace(quick(FULL), pairs=40, same_processes=40, planted_processes=20)
Make = Callable[[Series, float], ProcessSample]


def usual(series: Series, noise: float) -> ProcessSample:
    """A profiler and a machine as they should be."""
    word, _, number = series.variant.partition(":")
    latency_ms = {"lasting": 1000 * float(number or 0), "slower": 10 * (1 + float(number or 0))}.get(
        word, 10.0
    )
    peak_mb = 100 + (planted.BUFFER_BYTES / 1e6 if word == "holding" else 0)
    if series.neighbour == "spinner":
        latency_ms *= 1 + series.duty
    return make_sample(latency_ms * noise, peak_mb=peak_mb, foreign_cpus=series.duty)


def data(extent: Extent, make: Make = usual, spread: float = 0.005) -> Data:
    """Every process that the experiments want."""
    noise = np.random.default_rng(1)
    counts = union([one.series(extent) for one in EXPERIMENTS.values()])
    taken = [
        Taken(series, index, float(index), 1.5, make(series, float(np.exp(noise.normal(0, spread)))))
        for series, count in counts.items()
        for index in range(count)
    ]
    return Data(taken)


def verdicts(section: Section) -> list[bool | None]:
    return [one.reached for one in section.findings]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_good_profiler_reaches_every_goal(name: str) -> None:
    section = EXPERIMENTS[name].section(EXTENT, data(EXTENT))
    assert all(verdicts(section)), section.findings


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_was_not_measured_is_no_verdict(name: str) -> None:
    section = EXPERIMENTS[name].section(EXTENT, Data([]))
    assert verdicts(section) == [None] * len(section.findings)
    assert not section.table


def test_a_slow_down_that_was_not_planted_is_not_caught() -> None:
    blind = data(EXTENT, lambda series, noise: make_sample(10.0 * noise))
    assert verdicts(same.power_section(EXTENT, blind)) == [False, False]


def test_wrong_runs_without_a_flag_are_silent_and_named() -> None:
    def unseen(series: Series, noise: float) -> ProcessSample:
        return replace(usual(series, noise), foreign_cpus=0.0)

    section = disturbed.section(EXTENT, data(EXTENT, unseen))
    beside, flagged, calm, silent = section.findings
    assert [one.reached for one in (beside, flagged, calm, silent)] == [False, False, True, False]
    assert "spinner 100%" in flagged.why


def test_quiet_runs_that_are_flagged_are_counted() -> None:
    def nervous(series: Series, noise: float) -> ProcessSample:
        return replace(usual(series, noise), foreign_cpus=1.0)

    assert verdicts(disturbed.section(EXTENT, data(EXTENT, nervous))) == [True, True, False, True]


def test_a_referee_that_disagrees_is_named_with_its_network() -> None:
    def biased(series: Series, noise: float) -> ProcessSample:
        return make_sample(10.0 * noise * (0.9 if series.variant == "loadgen" else 1.0))

    section = referee.section(EXTENT, data(EXTENT, biased))
    assert verdicts(section) == [False, True]
    assert EXTENT.referee_architectures[0] in section.findings[0].why


def test_a_buffer_that_the_peak_does_not_show_is_missed() -> None:
    hidden = data(EXTENT, lambda series, noise: make_sample(10.0 * noise, peak_mb=300.0))
    assert verdicts(planted.memory_section(EXTENT, hidden)) == [False]


def test_a_clock_that_runs_one_percent_fast_is_found() -> None:
    def fast(series: Series, noise: float) -> ProcessSample:
        return usual(series, 1.01)

    (finding,) = planted.duration_section(EXTENT, data(EXTENT, fast)).findings
    assert finding.reached is False
    assert finding.found.startswith("1.01")


def test_the_dearer_protocol_needs_more_processes() -> None:
    def unsteady(series: Series, noise: float) -> ProcessSample:
        return make_sample(10.0 * (noise**20 if series.variant == "timm" else noise))

    (finding,) = cost.section(EXTENT, data(EXTENT, unsteady)).findings
    assert finding.reached is True
    (finding,) = cost.section(EXTENT, data(EXTENT, lambda series, noise: make_sample(10.0))).findings
    assert finding.found.startswith("1.00")


def test_the_report_lists_what_was_missed_and_what_failed() -> None:
    found = data(EXTENT, lambda series, noise: make_sample(10.0 * noise))
    found.failures.append(
        Taken(Series(*EXTENT.same_cases[0]), 99, 0.0, 1.0, failure="crashed: SIGSEGV\nmore")
    )
    text = report(list(EXPERIMENTS), EXTENT, found, Header("code 1", "On a Sunday.", quick=True))
    assert "On a Sunday." in text
    assert "smoke run" in text
    assert "Not reached:" in text
    assert "crashed: SIGSEGV" in text
    assert "%%" not in text
    assert all(len(line) <= 110 for line in text.splitlines() if not line.startswith("|"))


def test_other_networks_take_the_place_of_all() -> None:
    assert of_architectures(FULL, ["test_resnet"]).architectures == ("test_resnet",)


def test_the_load_generators_median_is_read_from_its_log() -> None:
    log = "Mean latency (ns)               : 5036422\n50.00 percentile latency (ns)   : 5037335\n"
    assert median_of_log(log) == 5037335
    with pytest.raises(ValueError, match="has no"):
        median_of_log("nothing")
