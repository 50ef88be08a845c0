from dataclasses import replace
from pathlib import Path

import pytest

from catalog.entities.measurements import MetricValue
from catalog.entities.samples import CpuClock, DeviceReading, ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.statistics.quietness import QUIET
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from profiler.protocol.doubts import FEW_CALLS, FEW_QUIET_BLOCKS, QUIET_SHARE, doubts, doubts_of_values
from profiler.protocol.summary import half_width
from tests.builders import make_sample


def test_quiet_samples_raise_no_doubt() -> None:
    assert doubts([make_sample()] * 3, 0.02) == ()


def test_a_neighbour_beside_most_processes_makes_a_case_contended() -> None:
    quiet, disturbed = make_sample(foreign_cpus=0.02), make_sample(foreign_cpus=0.9)
    assert doubts([quiet, disturbed, disturbed], 0.02) == (Doubt.CONTENDED,)
    assert doubts([quiet, quiet, disturbed], 0.02) == ()


def test_a_neighbour_counts_as_much_as_the_blocks_beside_it() -> None:
    """Half of the blocks wait for a neighbour, and the others go before it."""
    sample = make_sample(blocks=4, foreign_cpus=0.9)
    met, ahead = sample.blocks[0], replace(sample.blocks[0], real_time=True, foreign_cpus=0.0, waited=0.0)
    waiting = replace(sample, blocks=(replace(met, waited=0.8), ahead) * 2)
    assert Doubt.CONTENDED not in doubts([waiting] * 3, 0.02)
    unaware = replace(sample, blocks=(met, met, met, ahead))
    assert Doubt.CONTENDED in doubts([unaware] * 3, 0.02)


def test_of_samples_without_blocks_the_processes_are_asked() -> None:
    quiet, disturbed = (make_sample(foreign_cpus=cpus, blocks=0) for cpus in (0.02, 0.9))
    assert Doubt.CONTENDED in doubts([quiet, disturbed, disturbed], 0.02)
    assert Doubt.CONTENDED not in doubts([quiet, quiet, disturbed], 0.02)


def test_wall_time_that_parts_from_the_cpu_time_of_one_thread_is_a_doubt() -> None:
    waited = replace(make_sample(), wall_ns=(11_200_000,) * 30, cpu_ns=(10_000_000,) * 30)
    assert doubts([waited] * 3, 0.02) == (Doubt.OFF_CPU,)
    assert doubts([replace(waited, wall_ns=(10_800_000,) * 30)] * 3, 0.02) == ()
    # Two threads have twice the CPU time, and a device computes while the processor waits.
    assert doubts([replace(waited, affinity=(0, 1))] * 3, 0.02) == ()
    assert doubts([replace(waited, device=DeviceReading())] * 3, 0.02) == ()


def test_a_process_that_was_not_pinned_makes_a_case_doubtful() -> None:
    assert doubts([make_sample(), make_sample(), replace(make_sample(), affinity=())], 0.02) == (
        Doubt.UNPINNED,
    )


@pytest.mark.parametrize(
    ("threads", "cpus", "are_fewer"),
    [(2, 2, False), (3, 2, False), (1, 2, True), (1, 1, False), (None, 2, False), (2, 0, False)],
)
def test_fewer_threads_than_cpus_are_a_doubt(threads: int | None, cpus: int, are_fewer: bool) -> None:
    sample = replace(make_sample(), threads=threads, affinity=tuple(range(cpus)))
    assert (Doubt.FEWER_THREADS in doubts([sample] * 3, 0.02)) is are_fewer


def test_on_a_device_threads_of_the_processor_are_not_judged() -> None:
    sample = replace(make_sample(), threads=1, affinity=(0, 1), device=DeviceReading())
    assert Doubt.FEWER_THREADS not in doubts([sample] * 3, 0.02)


@pytest.mark.parametrize(
    ("peaks_mb", "has_levels"),
    [([498, 500, 503], False), ([498] * 7 + [641] * 2, True), ([498], False), ([100, 104], False)],
)
def test_memory_that_has_levels_is_a_doubt(peaks_mb: list[float], has_levels: bool) -> None:
    samples = [make_sample(peak_mb=peak) for peak in peaks_mb]
    assert (Doubt.MEMORY_LEVELS in doubts(samples, 1.0)) is has_levels
    assert Doubt.MEMORY_LEVELS not in doubts([replace(one, peak_bytes=None) for one in samples], 1.0)


def test_levels_of_a_device_s_memory_are_a_doubt_too() -> None:
    samples = [replace(make_sample(), device=DeviceReading(used_bytes=used)) for used in (400, 600)]
    assert Doubt.MEMORY_LEVELS in doubts(samples, 1.0)


@pytest.mark.parametrize(("slowdown", "moved"), [(1.0, False), (1.09, False), (1.12, True), (1.5, True)])
def test_a_canary_that_never_came_near_its_quiet_level_is_a_doubt(slowdown: float, moved: bool) -> None:
    sample = make_sample(slowdown=slowdown)
    assert doubts([sample] * 3, 1.0) == ((Doubt.CANARY_MOVED,) if moved else ())
    # Without a level nothing is known.
    assert doubts([replace(sample, quiet_ns=None)] * 3, 0.02) == ()


@pytest.mark.parametrize(
    ("quiet", "disturbed", "are_few"),
    [
        (2, 1, True),  # fewer than three
        (3, 40, False),
    ],
)
def test_few_quiet_moments_are_a_doubt(quiet: int, disturbed: int, are_few: bool) -> None:
    samples = _quiet_and_disturbed(quiet, disturbed)
    assert doubts(samples, 0.1) == ((Doubt.FEW_QUIET_MOMENTS,) if are_few else ())


@pytest.mark.parametrize(("quiet", "disturbed", "name_it"), [(20, 20, False), (20, 21, True)])
def test_a_busy_machine_is_named_where_the_interval_is_wide(
    quiet: int, disturbed: int, name_it: bool
) -> None:
    found = doubts(_quiet_and_disturbed(quiet, disturbed), 0.001)
    assert found == ((Doubt.FEW_QUIET_MOMENTS,) if name_it else ()) + (Doubt.IMPRECISE,)


def _quiet_and_disturbed(quiet: int, disturbed: int) -> list[ProcessSample]:
    return [
        make_sample(blocks=quiet, calls=90, slowdown=1.09),
        make_sample(blocks=disturbed, calls=90, slowdown=1.12),
    ]


def test_blocks_that_waited_for_a_cpu_are_not_quiet() -> None:
    sample = make_sample(blocks=5)
    waiting = replace(sample, blocks=tuple(replace(block, waited=0.5) for block in sample.blocks))
    assert doubts([waiting] * 3, 0.1) == (Doubt.FEW_QUIET_MOMENTS,)
    assert doubts([sample, waiting, waiting], 0.1) == ()  # five are enough


def test_where_no_moment_was_quiet_the_moved_canary_says_it_all() -> None:
    assert doubts([make_sample(slowdown=1.5, blocks=3)], 1.0) == (Doubt.CANARY_MOVED,)


def test_the_further_the_machine_was_from_its_quiet_level_the_less_precise_a_number_is() -> None:
    """Times are brought to the quiet level, and networks follow the canary more or less."""
    widths = [half_width([make_sample(slowdown=slowdown)] * 3) for slowdown in (1.0, 1.1, 1.5, 1 / 1.5)]
    assert widths[0] < widths[1] < widths[2]
    assert widths[3] == pytest.approx(widths[2], rel=0.01)


def test_moments_that_are_worth_fewer_than_two_have_no_interval_and_are_not_imprecise_too() -> None:
    hours = "2026-01-01T12:00:00+00:00", "2026-01-01T12:00:50+00:00"
    disturbed, quiet = make_sample(blocks=3, started_at=hours[0]), make_sample(blocks=1, started_at=hours[1])
    waiting = replace(disturbed, blocks=tuple(replace(block, waited=9.0) for block in disturbed.blocks))
    assert doubts([waiting, quiet], 0.02) == (Doubt.FEW_QUIET_MOMENTS, Doubt.NO_INTERVAL)
    assert doubts([make_sample(slowdown=3.0, blocks=1)], 0.02) == (Doubt.CANARY_MOVED, Doubt.NO_INTERVAL)


@pytest.mark.parametrize(
    ("clocks", "drifted"),
    [
        ([], False),
        ([(3500, 7), (3400, 7), (3450, 7)], False),  # a step of turbo
        ([(1200, 7), (3500, 7), (3450, 7)], True),
        ([(3500, 7), (3500, 7), (3100, 7)], True),
        ([(3500, 7), (3500, 7), (3500, 8)], True),
        ([(3500, None), (3500, None)], False),
        ([(None, 0), (None, 1)], True),
    ],
)
def test_a_clock_that_moved_or_was_throttled_is_a_doubt(
    clocks: list[tuple[float | None, int | None]], drifted: bool
) -> None:
    sample = replace(make_sample(), clocks=tuple(CpuClock(*clock) for clock in clocks))
    assert doubts([sample] * 3, 0.02) == ((Doubt.CLOCK_DRIFT,) if drifted else ())


def test_numbers_that_are_missing_are_doubts() -> None:
    missing = [
        MetricValue(Metric.PEAK_MEMORY_MB, None, absent_reason="no /proc"),
        MetricValue(Metric.LATENCY_P99_MS, None, absent_reason="too few"),
    ]
    assert doubts_of_values(missing, Metric.LATENCY_P99_MS) == (
        Doubt.FEW_FOR_PERCENTILE,
        Doubt.MEMORY_UNKNOWN,
    )
    # A percentile that nobody asked for is only absent.
    assert doubts_of_values(missing[1:], None) == ()


def test_few_calls_and_a_single_block_are_doubts() -> None:
    assert Doubt.FEW_CALLS in doubts([make_sample(calls=2), make_sample(calls=3)], 0.1)
    assert Doubt.FEW_CALLS not in doubts([make_sample(calls=3)] * 2, 0.1)
    assert doubts([make_sample(blocks=1)], 0.02) == (Doubt.FEW_QUIET_MOMENTS, Doubt.NO_INTERVAL)


def test_an_interval_wider_than_was_asked_for_is_a_doubt() -> None:
    samples = [make_sample(10.0), make_sample(10.1), make_sample(10.2)]
    width = half_width(samples)
    assert doubts(samples, width * 1.001) == ()
    assert doubts(samples, width * 0.999) == (Doubt.IMPRECISE,)
    # Campaigns of a target that differ much make every one of them less precise.
    assert doubts(samples, width * 1.001, Spread(0.1, 8)) == (Doubt.IMPRECISE,)


def test_every_doubt_says_what_it_means_and_what_to_do() -> None:
    assert all(doubt.meaning and doubt.remedy for doubt in Doubt)


# What the documents say of them

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("document", ["docs/measuring.md", "docs/glossary.md"])
def test_the_documents_name_the_thresholds_that_are_judged_by(document: str) -> None:
    rows = {line.split("|")[1].strip(" `"): line for line in lines_of(document) if line.startswith("|")}
    assert f"Fewer than {FEW_QUIET_BLOCKS} blocks" in rows["few_quiet_moments"]
    assert "fewer than half" in rows["few_quiet_moments"]
    assert QUIET_SHARE == 1 / 2
    assert f"within {100 * QUIET:g} %" in rows["canary_moved"]
    assert f"fewer than {FEW_CALLS} calls" in rows["few_calls"]


def test_the_doctor_s_quiet_moments_are_documented_as_those_of_a_campaign() -> None:
    assert f"its canary is within {100 * QUIET:g} % of it" in " ".join(lines_of("docs/commands.md"))


def lines_of(document: str) -> list[str]:
    return (ROOT / document).read_text().splitlines()
