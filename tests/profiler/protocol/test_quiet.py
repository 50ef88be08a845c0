from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from catalog.entities.samples import Block, ProcessSample
from profiler.protocol.quiet import QuietLevel, place_of
from tests.builders import QUIET_NS, make_beat, make_sample

ONE_CPU = place_of(make_beat())
TWO_CPUS = place_of(make_beat(cpus=2))
ON_DEVICE = place_of(make_beat(on_device=True))


def block(slowdown: float = 1.0, *, on_device: bool = False) -> Block:
    """A block between two beats that took so many times as long as the quiet ones."""
    beat = make_beat(slowdown, on_device=on_device)
    return Block(0.0, 3, beat, beat)


def learnt(slowdowns: Iterable[float]) -> QuietLevel:
    level = QuietLevel()
    for slowdown in slowdowns:
        level.learn(block(slowdown))
    return level


def seen(*slowdowns: float, cpus: int = 1) -> ProcessSample:
    """A sample of an earlier campaign, in whose blocks the canary beat so, before and after each."""
    beats = [make_beat(slowdown, cpus=cpus) for slowdown in slowdowns]
    sample = make_sample(blocks=len(beats) // 2)
    pairs = zip(sample.blocks, beats[::2], beats[1::2], strict=True)
    blocks = [replace(block, before=before, after=after) for block, before, after in pairs]
    return replace(sample, blocks=tuple(blocks))


def test_nothing_is_known_of_a_machine_where_nothing_beat() -> None:
    level = QuietLevel()
    assert level.now_ns(ONE_CPU) is None
    assert level.known_ns(ONE_CPU) is None
    assert level.level_ns(ONE_CPU) is None


def test_samples_without_blocks_teach_nothing() -> None:
    older = replace(make_sample(), blocks=())
    assert QuietLevel([older]).level_ns(ONE_CPU) is None


@pytest.mark.parametrize("blocks", [1, 4, 14, 20, 100])
def test_the_quiet_level_is_that_of_the_quietest_tenth(blocks: int) -> None:
    falling = [1 + step / 100 for step in reversed(range(blocks))]
    expected = QUIET_NS * np.quantile(falling, 0.1, method="median_unbiased")
    assert learnt(falling).now_ns(ONE_CPU) == pytest.approx(expected)


def test_a_lucky_block_among_many_does_not_make_the_level() -> None:
    assert learnt([0.5, *[1.0] * 40]).now_ns(ONE_CPU) == pytest.approx(QUIET_NS)


def test_a_busy_hour_does_not_hide_the_quiet_one_within_a_campaign() -> None:
    assert learnt([*[1.0] * 40, *[1.4] * 60]).now_ns(ONE_CPU) == pytest.approx(QUIET_NS)


def test_each_number_of_cpus_and_each_device_has_a_level_of_its_own() -> None:
    level = QuietLevel([seen(3.0, 3.0, cpus=2)])
    level.learn(block())
    level.learn(block(2.0, on_device=True))
    assert level.level_ns(ONE_CPU) == pytest.approx(QUIET_NS)
    assert level.level_ns(ON_DEVICE) == pytest.approx(2 * QUIET_NS)
    assert level.level_ns(TWO_CPUS) == pytest.approx(3 * QUIET_NS)


def test_what_the_target_knew_is_the_quietest_tenth_of_all_blocks_that_were_seen() -> None:
    falling = [1 + step / 100 for step in reversed(range(40))]
    samples = [replace(seen(*falling[begin : begin + 4]), quiet_ns=None) for begin in range(0, 40, 4)]
    assert QuietLevel(samples).known_ns(ONE_CPU) == pytest.approx(1.03 * QUIET_NS, rel=0.01)


@pytest.mark.parametrize("hour", [0.8, 1.0, 1.3])
def test_the_level_that_earlier_samples_were_compared_with_is_taken_over(hour: float) -> None:
    """Three campaigns of three hours have one level: that of the first."""
    second = [replace(seen(*[hour] * 8), quiet_ns=QUIET_NS)] * 3
    assert QuietLevel(second).level_ns(ONE_CPU) == pytest.approx(QUIET_NS)


def test_of_the_levels_of_a_first_campaign_the_last_is_taken_over() -> None:
    samples = [replace(seen(1.2, 1.2), quiet_ns=level * QUIET_NS) for level in (1.2, 1.1, 1.1)]
    assert QuietLevel(samples).level_ns(ONE_CPU) == pytest.approx(1.1 * QUIET_NS)


@pytest.mark.parametrize("stored", [None, 0.1 * QUIET_NS, 9 * QUIET_NS])
def test_the_level_of_another_machine_is_not_taken_over(stored: float | None) -> None:
    sample = replace(seen(1.2, 1.2), quiet_ns=stored)
    assert QuietLevel([sample]).level_ns(ONE_CPU) == pytest.approx(1.2 * QUIET_NS)


def test_the_beats_before_and_after_a_block_teach_alike() -> None:
    quiet_before, quiet_after = QuietLevel([seen(1.0, 1.2)]), QuietLevel([seen(1.2, 1.0)])
    assert quiet_before.known_ns(ONE_CPU) == quiet_after.known_ns(ONE_CPU) == pytest.approx(QUIET_NS)


def test_a_campaign_on_a_busy_machine_is_compared_with_what_its_target_knew() -> None:
    level = QuietLevel([seen(1.0, 1.0), seen(1.1, 1.1)])
    level.learn(block(1.5))
    assert level.now_ns(ONE_CPU) == pytest.approx(1.5 * QUIET_NS)
    assert level.known_ns(ONE_CPU) == pytest.approx(QUIET_NS)
    assert level.level_ns(ONE_CPU) == level.known_ns(ONE_CPU)


@pytest.mark.parametrize("hour", [0.8, 1.3])
def test_a_campaign_of_another_hour_is_compared_with_the_level_of_the_target(hour: float) -> None:
    level = QuietLevel([seen(1.0, 1.0)])
    level.learn(block(hour))
    assert level.level_ns(ONE_CPU) == pytest.approx(QUIET_NS)
    assert level.change() == pytest.approx(hour)


@pytest.mark.parametrize(
    ("remembered", "expected"),
    [
        (1, [1.0, 1.5, 1.5, 1.5, 1.5, 1.5]),
        (3, [1.0, 1.0, 1.0, 1.5, 1.5, 1.5]),
        (5, [1.0, 1.0, 1.0, 1.0, 1.0, 1.5]),
    ],
)
def test_on_a_slower_host_the_old_level_is_forgotten_with_the_last_campaign_of_the_old_host(
    remembered: int, expected: list[float]
) -> None:
    campaigns = [[seen(*[1.0] * 8)] * 3] * remembered
    levels = []
    for _ in expected:
        level = QuietLevel(sample for campaign in campaigns[-remembered:] for sample in campaign)
        level.learn(block(1.5))
        levels.append(level.level_ns(ONE_CPU))
        # The samples keep the level that they were compared with.
        campaigns.append([replace(seen(*[1.5] * 8), quiet_ns=levels[-1])] * 3)
    assert levels == pytest.approx([QUIET_NS * slowdown for slowdown in expected])
