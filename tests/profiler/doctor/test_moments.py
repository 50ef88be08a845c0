from collections.abc import Callable

import pytest

from profiler.doctor import Check, Verdict, moments
from profiler.doctor.listening import CampaignRuns, Heard
from profiler.errors import CanaryFailed
from tests.fakes.listening import busy
from tests.profiler.doctor.hours import heard_of


def examined(
    listen: Callable[[], Heard], missing: tuple[str, ...] = (), announced: list[str] | None = None
) -> list[Check]:
    told: list[str] = [] if announced is None else announced

    def listening(announce: Callable[[str], None]) -> Heard:
        announce("Listening ...")
        return listen()

    return list(moments.examine_moments(told.append, listening, lambda extra: list(missing)))


def test_a_quiet_machine_with_independent_cpus_is_fine() -> None:
    announced: list[str] = []
    checks = examined(heard_of, announced=announced)
    assert announced == ["Listening ..."]
    assert [check.verdict for check in checks] == [Verdict.OK] * 3
    siblings, quiet, intervals = (check.finding for check in checks)
    assert "1.00 times as long as on one alone. The CPUs are independent." in siblings
    assert "100% of 80 moments were within 10% of the quiet level" in quiet
    expected = f"{heard_of().expected_half_width():.1%}"
    assert f"28 cases in five minutes: intervals of about +-{expected}" in intervals


def test_siblings_are_a_doubt_with_ways_to_part_them() -> None:
    check = moments.check_siblings(heard_of(at_once=1.4))
    assert check.verdict is Verdict.DOUBTFUL
    assert "2 CPUs at once takes 1.40 times" in check.finding
    assert check.remedy is not None
    assert check.remedy.startswith("Pin archrank to one CPU of each core")


def test_a_busy_hour_is_a_doubt_with_what_to_do() -> None:
    quiet = moments.check_quiet(heard_of(busy))
    assert quiet.verdict is Verdict.DOUBTFUL
    assert "The machine is rarely quiet." in quiet.finding
    assert quiet.remedy is not None
    assert "another hour" in quiet.remedy


@pytest.mark.parametrize(("at_once", "words"), [(1.0, "may hide"), (1.4, "They share cores")])
def test_a_busy_hour_says_little_of_siblings(at_once: float, words: str) -> None:
    check = moments.check_siblings(heard_of(busy, at_once=at_once))
    assert check.verdict is Verdict.DOUBTFUL
    assert words in check.finding
    assert check.remedy is not None
    assert "at a quieter hour" in check.remedy


def test_wide_intervals_are_a_doubt() -> None:
    check = moments.check_interval(heard_of(lambda now_s: 1 + 3 * (now_s * 3.7 % 1)))
    assert check.verdict is Verdict.DOUBTFUL
    assert check.remedy is not None
    assert "`--threads`" in check.remedy


def test_a_machine_that_was_heard_once_promises_no_interval_and_does_not_fail() -> None:
    siblings, quiet, intervals = examined(lambda: heard_of(takes_s=100, alone=0))
    assert siblings.finding == "Not tested, because it takes two CPUs that can be pinned to."
    assert "100% of 1 moments" in quiet.finding
    assert intervals.verdict is not Verdict.FAILED


@pytest.mark.parametrize(
    ("missing", "words"),
    [(("onnxruntime",), "onnxruntime is missing"), (("openvino", "onnx", "onnxruntime"), "are missing")],
)
def test_without_what_the_canary_needs_nothing_is_heard(missing: tuple[str, ...], words: str) -> None:
    announced: list[str] = []
    (check,) = examined(heard_of, missing, announced)
    assert announced == []
    assert check.verdict is Verdict.DOUBTFUL
    assert words in check.finding
    assert check.remedy is not None
    assert "archrank[measure]" in check.remedy


def test_openvino_is_not_needed() -> None:
    assert len(examined(heard_of, ("openvino",))) == 3


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CampaignRuns("4321"), "process 4321 measures on this host"),
        (CanaryFailed("exit code 1\nImportError: no numpy."), "ImportError: no numpy."),
        (PermissionError(), "PermissionError."),
    ],
)
def test_what_cannot_be_heard_is_a_doubt_and_no_crash(error: Exception, words: str) -> None:
    def listen() -> Heard:
        raise error

    (check,) = examined(listen)
    assert check.verdict is Verdict.DOUBTFUL
    assert words in check.finding
    assert check.remedy
