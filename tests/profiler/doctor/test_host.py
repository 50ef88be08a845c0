from profiler.doctor import Verdict, host
from profiler.sensors.linux import Linux
from profiler.sensors.portable import Portable


def test_a_system_that_cannot_pin_is_a_doubt_and_no_failure() -> None:
    assert host.check_system(Linux()).verdict is Verdict.OK
    check = host.check_system(Portable())
    assert check.verdict is Verdict.DOUBTFUL
    assert "unpinned" in check.finding


def test_busy_neighbours_are_a_doubt_not_a_failure() -> None:
    assert host.check_neighbours(0.02).verdict is Verdict.OK
    busy = host.check_neighbours(0.8)
    assert busy.verdict is Verdict.DOUBTFUL
    assert busy.remedy


def test_the_processor_and_the_disk_are_told() -> None:
    assert host.check_processor().verdict is Verdict.OK
    assert "GB are free" in host.check_disk().finding


def test_this_system_can_measure() -> None:
    assert host.check_system().verdict is Verdict.OK
