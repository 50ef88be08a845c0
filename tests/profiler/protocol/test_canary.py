from dataclasses import replace

import pytest

from catalog.entities.samples import Canary, ProcessSample
from profiler.protocol.canary import Kernels, QuietLevel
from tests.builders import make_sample
from tests.fakes.clock import FakeClock


def with_canary(compute: float, memory: float) -> ProcessSample:
    """A process whose two beats took `compute` and `memory` nanoseconds on average."""
    return replace(
        make_sample(),
        canary=Canary((int(compute) - 10, int(compute) + 10), (int(memory) - 10, int(memory) + 10)),
    )


def test_every_beat_times_each_kernel_once() -> None:
    clock = FakeClock()

    def passing() -> int:
        clock.pass_ms(1.0)
        return clock.wall_ns()

    kernels = Kernels(passing)
    for _ in range(3):
        kernels.beat()
    assert kernels.close() == Canary((1_000_000,) * 3, (1_000_000,) * 3)


def test_nothing_is_known_of_a_machine_where_nothing_ran() -> None:
    canary = Canary((1000,), (2000,))
    assert QuietLevel().beside(canary) == canary
    assert QuietLevel([make_sample()]).beside(canary) == canary


def test_the_quiet_level_is_that_of_the_quietest_tenth() -> None:
    level = QuietLevel(with_canary(1000 + 10 * step, 2000 - 10 * step) for step in range(20))
    canary = level.beside(Canary((5,), (6,)))
    assert (canary.compute_ns, canary.memory_ns) == ((5,), (6,))
    assert canary.quiet_compute_ns == 1010
    assert canary.quiet_memory_ns == 1820


def test_what_ran_beside_a_neighbour_says_nothing_of_the_quiet_machine() -> None:
    level = QuietLevel([replace(with_canary(900, 1800), foreign_cpus=0.5), with_canary(1000, 2000)])
    assert level.beside(Canary((1,), (1,))).quiet_compute_ns == 1000


def test_a_machine_that_became_slower_for_good_becomes_the_new_level() -> None:
    level = QuietLevel(with_canary(1000, 2000) for _ in range(100))
    for _ in range(95):
        level.learn(with_canary(1500, 3000))
    canary = level.beside(Canary((1,), (1,)))
    assert canary.quiet_compute_ns == pytest.approx(1500)
    assert canary.quiet_memory_ns == pytest.approx(3000)
