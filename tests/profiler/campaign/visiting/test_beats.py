"""The canary beside each block."""

from collections.abc import Iterator
from itertools import count

import pytest

from catalog.entities.samples import ProcessSample
from catalog.words.vocabulary import Device
from profiler.cases import Case
from profiler.errors import CanaryFailed
from tests.fakes.campaign import FakeCanary, FakeMachine
from tests.profiler.campaign.visiting.visits import ALPHA, BETA, Visiting, case_of


@pytest.fixture
def slowing(machine: FakeMachine) -> FakeMachine:
    """A machine whose beats all differ: each takes longer than the one before."""
    beats: Iterator[int] = count(1)
    machine.slowdown = lambda: float(next(beats))
    return machine


def beats_of(taken: list[ProcessSample | None]) -> list[tuple[int, int]]:
    """The numbers of the beats before and after each visit."""
    blocks = [one.blocks[0] for one in taken if one is not None]
    return [(round(block.before.ns / 1e6), round(block.after.ns / 1e6)) for block in blocks]


def test_the_beat_after_a_block_is_the_one_before_the_next_at_once(slowing: FakeMachine) -> None:
    assert beats_of(Visiting(slowing)(ALPHA, ALPHA)) == [(1, 2), (2, 3)]
    visiting = Visiting(slowing)
    visiting(ALPHA, BETA)
    assert beats_of(visiting(ALPHA, BETA)) == [(7, 8), (8, 9)]


def test_a_beat_does_not_serve_a_later_block_or_one_after_a_process_was_opened(slowing: FakeMachine) -> None:
    visiting = Visiting(slowing)
    visiting(ALPHA)
    slowing.time.sleep(0.06)
    assert beats_of(visiting(ALPHA)) == [(3, 4)]
    assert beats_of(visiting(BETA)) == [(5, 6)]


def test_a_beat_serves_only_blocks_on_as_many_cpus(slowing: FakeMachine) -> None:
    slowing.opening_s = 0.0
    alone, two, clients = ALPHA, case_of("alpha", threads=2), case_of("beta", threads=1, clients=2)
    assert beats_of(Visiting(slowing)(alone, two, clients)) == [(1, 2), (3, 4), (4, 5)]
    assert [canary.case for canary in slowing.canaries] == [alone, two]


def test_a_gpu_has_a_canary_of_its_own(machine: FakeMachine) -> None:
    taken = Visiting(machine)(ALPHA, case_of("alpha", device=Device.CUDA))
    assert [one is not None and one.blocks[0].before.device_ns is not None for one in taken] == [False, True]


def test_the_quiet_level_learns_every_block_once(slowing: FakeMachine) -> None:
    visiting = Visiting(slowing)
    taken = visiting(*[ALPHA] * 4)
    (canary,) = slowing.canaries
    assert visiting.quiet.learnt == [block for one in taken if one is not None for block in one.blocks]
    assert len(canary.beats) == 6  # one more than blocks, and one more after the second process was opened


def test_a_block_beside_which_the_canary_died_is_made_again_between_beats_of_a_new_one(
    machine: FakeMachine,
) -> None:
    beats: Iterator[int] = count(1)

    def slowdown() -> float:
        beat = next(beats)
        if beat == 2:  # after the first block
            raise CanaryFailed("SIGSEGV")
        return float(beat)

    machine.slowdown = slowdown
    assert beats_of(Visiting(machine)(ALPHA)) == [(3, 4)]
    assert [canary.closed for canary in machine.canaries] == [True, False]


def test_a_canary_that_cannot_be_opened_is_not_tried_again(machine: FakeMachine) -> None:
    opened: list[Case] = []

    def refuse(case: Case) -> FakeCanary:
        opened.append(case)
        raise CanaryFailed("ImportError: no numpy")

    visiting = Visiting(machine)
    visiting.visitor.open_canary = refuse
    with pytest.raises(CanaryFailed):
        visiting(ALPHA)
    assert opened == [ALPHA]
