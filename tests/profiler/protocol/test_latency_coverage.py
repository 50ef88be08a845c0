"""How often the interval of the latency holds the truth, in simulated campaigns."""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
import pytest
from scipy import stats

from catalog.statistics.between_campaigns import Spread
from profiler.protocol.latency import ALONE, CAMPAIGNS, QUANTILE, Latency, Moment, latency_of

_CASES = 300


@dataclass(frozen=True)
class Machine:
    """Standard deviations (of logarithms) of moments, processes and campaigns. A share of the moments is
    disturbed by 20 % on average, and the canary sees it."""

    moments: float = 0.01
    processes: float = 0.0
    campaigns: float = 0.0
    disturbed: float = 0.0

    @property
    def truth(self) -> float:
        """The quantile over all moments and processes that could be."""
        return float(stats.norm.ppf(QUANTILE)) * hypot(self.moments, self.processes)

    def measure(self, generator: np.random.Generator, processes: int, blocks: int) -> list[Moment]:
        campaign = generator.normal(0, self.campaigns)
        moments = []
        for process in range(processes):
            level = campaign + generator.normal(0, self.processes)
            for _ in range(blocks):
                slowed = generator.exponential(0.2) if generator.random() < self.disturbed else 0.0
                time = level + generator.normal(0, self.moments) + slowed
                moments.append(Moment(process, time, slowed))
        return moments


def latencies(machine: Machine, processes: int, blocks: int, campaigns: Spread) -> list[Latency]:
    generator = np.random.default_rng(17)
    return [
        latency_of(machine.measure(generator, processes, blocks), campaigns=campaigns) for _ in range(_CASES)
    ]


def coverage(found: list[Latency], truth: float) -> float:
    return float(np.mean([one.value - one.down <= truth <= one.value + one.up for one in found]))


@pytest.mark.parametrize(
    ("machine", "processes", "blocks", "campaigns"),
    [
        # Each level alone is larger than what is known of the others before.
        (Machine(moments=0.3), 3, 5, ALONE),
        (Machine(moments=0.3, disturbed=0.3), 3, 8, ALONE),
        (Machine(moments=0.001, processes=0.012), 3, 4, ALONE),
        (Machine(moments=0.001, processes=0.012), 8, 4, ALONE),
        (Machine(moments=0.001, campaigns=0.1), 3, 4, Spread(0.1, 40)),
        # All together, as a campaign meets them.
        (Machine(0.01, 0.012, 0.005), 3, 4, CAMPAIGNS),
        (Machine(0.01, 0.012, 0.005, disturbed=0.3), 3, 8, CAMPAIGNS),
        (Machine(0.03, 0.012, 0.005, disturbed=0.5), 5, 12, CAMPAIGNS),
    ],
)
def test_the_interval_covers_the_truth_as_often_as_it_says(
    machine: Machine, processes: int, blocks: int, campaigns: Spread
) -> None:
    found = latencies(machine, processes, blocks, campaigns)
    assert coverage(found, machine.truth) >= 0.92


def test_the_interval_is_not_much_wider_than_the_latencies_differ() -> None:
    machine = Machine(0.01, 0.012, 0.005, disturbed=0.3)
    found = latencies(machine, 4, 8, CAMPAIGNS)
    error = sqrt(np.mean([(one.value - machine.truth) ** 2 for one in found]))
    half = np.mean([(one.down + one.up) / 2 for one in found])
    assert 1.9 <= half / error <= 3.0  # a normal interval of 95 % has 1.96


def test_what_campaigns_differ_by_is_needed_to_cover_the_truth_of_another_day() -> None:
    machine = Machine(moments=0.001, campaigns=0.1)
    assert coverage(latencies(machine, 3, 4, ALONE), machine.truth) < 0.5


def test_the_quiet_level_is_found_on_a_machine_that_is_mostly_disturbed() -> None:
    machine = Machine(0.01, disturbed=0.7)
    found = latencies(machine, 4, 10, ALONE)
    met = [
        latency_of([Moment(one.process, one.log_time) for one in moments], quantile=0.5).value
        for moments in (machine.measure(np.random.default_rng(seed), 4, 10) for seed in range(50))
    ]
    assert np.mean([one.value for one in found]) == pytest.approx(machine.truth, abs=0.02)
    assert np.mean(met) > 0.05
