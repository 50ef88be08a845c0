from dataclasses import replace

import pytest

from catalog.entities.samples import Beat, Block
from tests.builders import make_beat, make_sample


def test_a_beat_is_the_geometric_mean_of_its_kernels() -> None:
    assert Beat(2, 1e6, 8e6, 27e6).ns == pytest.approx(6e6)


def test_on_a_device_a_beat_tells_of_the_device_and_of_the_cpu_that_starts_its_work() -> None:
    assert Beat(1, 1e6, 8e6, 27e6, device_ns=24e6).ns == pytest.approx(12e6)


def test_the_canary_of_a_block_is_the_geometric_mean_of_its_two_beats() -> None:
    before, after = Beat(1, 4e6, 4e6, 4e6), Beat(1, 9e6, 9e6, 9e6)
    assert Block(0.0, 3, before, after).canary_ns == pytest.approx(6e6)


def test_a_block_has_the_calls_that_follow_those_of_earlier_blocks() -> None:
    blocks = [Block(at_s, calls, make_beat(), make_beat()) for at_s, calls in ((0.0, 2), (2.0, 1), (4.0, 3))]
    sample = replace(make_sample(), wall_ns=(1, 2, 3, 4, 5, 6), blocks=tuple(blocks))
    assert list(sample.calls_of_blocks()) == list(zip(blocks, [(1, 2), (3,), (4, 5, 6)], strict=True))


def test_a_sample_of_an_earlier_protocol_has_no_blocks() -> None:
    assert list(replace(make_sample(), blocks=()).calls_of_blocks()) == []
