import pytest

from profiler.doctor import Verdict, settings
from profiler.sensors.host_settings import HostSettings, ProcessorTime

BOOT = ProcessorTime(ticks=10_000, stolen=100)


def test_only_a_governor_that_follows_the_load_is_a_doubt() -> None:
    assert settings.check_governor("performance").verdict is Verdict.OK
    assert settings.check_governor(None).verdict is Verdict.OK
    assert settings.check_governor("powersave").verdict is Verdict.DOUBTFUL


def test_the_quota_of_this_host_is_told() -> None:
    assert "CPU" in settings.check_quota().finding


@pytest.mark.parametrize(
    ("after", "verdict", "words"),
    [
        (ProcessorTime(10_200, 101), Verdict.OK, "0.5% of CPU time just now, 1.0% since boot"),
        (ProcessorTime(10_200, 110), Verdict.DOUBTFUL, "5.0% of CPU time just now, 1.1% since boot"),
        (ProcessorTime(10_200, 500), Verdict.DOUBTFUL, "4.9% since boot"),
        (BOOT, Verdict.OK, "does not report"),
    ],
)
def test_stolen_time_is_told_of_now_and_since_boot(
    after: ProcessorTime, verdict: Verdict, words: str
) -> None:
    check = settings.check_steal(BOOT, after)
    assert check.verdict is verdict
    assert words in check.finding
    assert (check.remedy is None) is (verdict is Verdict.OK)


def test_a_host_without_proc_does_not_report_stolen_time() -> None:
    assert settings.check_steal(ProcessorTime(), ProcessorTime()).verdict is Verdict.OK


def test_smt_is_a_doubt_whose_remedy_names_a_cpu_of_each_core() -> None:
    check = settings.check_smt(HostSettings(smt_active=True, one_cpu_of_each_core=(0, 2)))
    assert check.verdict is Verdict.DOUBTFUL
    assert check.remedy is not None
    assert "`taskset -c 0,2 archrank profile ...`" in check.remedy
    assert "`--threads` half" in check.remedy


def test_smt_is_a_doubt_where_the_kernel_does_not_say_who_shares_a_core() -> None:
    assert settings.check_smt(HostSettings(smt_active=True)).verdict is Verdict.DOUBTFUL


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (HostSettings(), "does not say"),
        (HostSettings(smt_active=False), "no CPUs share a core."),
        (HostSettings(smt_active=False, is_virtual=True), "A virtual machine may not see"),
    ],
)
def test_no_smt_is_fine_and_a_virtual_machine_may_be_deceived(found: HostSettings, words: str) -> None:
    check = settings.check_smt(found)
    assert check.verdict is Verdict.OK
    assert words in check.finding
    assert ("virtual" in check.finding) is found.is_virtual


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [("always", Verdict.DOUBTFUL), ("madvise", Verdict.OK), ("never", Verdict.OK), (None, Verdict.OK)],
)
def test_only_huge_pages_for_everybody_are_a_doubt(setting: str | None, verdict: Verdict) -> None:
    assert settings.check_huge_pages(setting).verdict is verdict


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (HostSettings(), "There are none"),
        (HostSettings(has_counters=True), "has hardware counters. archrank"),
        (HostSettings(has_counters=True, perf_event_paranoid=2), "perf_event_paranoid is 2."),
    ],
)
def test_no_host_needs_hardware_counters(found: HostSettings, words: str) -> None:
    check = settings.check_counters(found)
    assert check.verdict is Verdict.OK
    assert words in check.finding
