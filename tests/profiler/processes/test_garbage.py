import gc
import weakref

import pytest

from profiler.processes.garbage import collector_paused


class Node:
    """Refers to itself, so that it is freed by the collector alone."""

    def __init__(self) -> None:
        self.itself = self


def test_nothing_is_collected_within_and_all_is_collected_afterwards() -> None:
    with collector_paused():
        assert not gc.isenabled()
        node = weakref.ref(Node())
        assert node() is not None
    assert node() is None
    assert gc.isenabled()


def test_an_error_within_leaves_the_collector_running() -> None:
    with pytest.raises(MemoryError), collector_paused():
        raise MemoryError
    assert gc.isenabled()


def test_a_collector_that_was_disabled_before_stays_disabled() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
