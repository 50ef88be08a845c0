"""What `archrank profile` shows while it runs, on a terminal and through a pipe."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from catalog.words.doubts import Doubt, FailureReason
from catalog.words.vocabulary import Status
from profiler.campaign.duration import Progress
from profiler.campaign.progress import ProgressBar
from tests.builders import make_measurement
from tests.fakes.campaign import FakeTime

WIDTH = 80
HALF = Progress(blocks=1_234, blocks_at_most=1_920, narrow=12, target=0.02, left_s=720.0)


class Shown:
    """A progress bar, what it printed, and its clock."""

    def __init__(self, *, terminal: bool) -> None:
        self.time = FakeTime()
        self._file = io.StringIO()
        console = Console(
            file=self._file,
            force_terminal=terminal,
            width=WIDTH,
            color_system=None,
            highlight=False,
            legacy_windows=False,
            _environ={},
        )
        self.bar = ProgressBar(console, self.time.clock)

    @property
    def lines(self) -> list[str]:
        """The lines shown, also those that a later one took the place of. Without colours."""
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._file.getvalue())
        return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()]

    def refreshed(self) -> str:
        """The bar as it is now."""
        self.bar._bar.refresh()
        return self.lines[-1]


@pytest.fixture
def pipe() -> Shown:
    return Shown(terminal=False)


@pytest.fixture
def terminal() -> Shown:
    return Shown(terminal=True)


# Through a pipe


def test_a_pipe_gets_a_line_with_what_is_planned(pipe: Shown) -> None:
    with pipe.bar as bar:
        bar.planned(56, 0, 720.0)
        bar.planned(56, 4, 720.0)
        bar.planned(0, 60, 0.0)
    assert pipe.lines == [
        "56 cases to measure. It takes about 12 min at most.",
        "56 cases to measure, 4 were measured before. It takes about 12 min at most.",
    ]


def test_a_pipe_gets_a_line_of_progress_every_15_seconds(pipe: Shown) -> None:
    with pipe.bar as bar:
        bar.planned(60, 0, 1200.0)
        for second in range(47):
            pipe.time.now_s = 1000.0 + second
            bar.visiting(replace(HALF, blocks=second, left_s=1200.0 - 20 * second))
    assert pipe.lines[1:] == [
        "  ... 15 of 1,920 blocks, 12 of 60 cases within 2%, about 15 min left",
        "  ... 30 of 1,920 blocks, 12 of 60 cases within 2%, about 10 min left",
        "  ... 45 of 1,920 blocks, 12 of 60 cases within 2%, about 5 min left",
    ]


def test_a_pipe_is_told_of_preparation_as_often(pipe: Shown) -> None:
    with pipe.bar as bar:
        for done in range(4):
            pipe.time.now_s += 8.0
            bar.preparing(done, 3)
    assert pipe.lines == ["  ... 1 of 3 files are made", "  ... 3 of 3 files are made"]


def test_a_pipe_gets_a_line_for_each_case_without_codes_of_a_terminal(pipe: Shown) -> None:
    with pipe.bar as bar:
        bar.stored(make_measurement("toynet", 12.3, 12.1, 12.6))
        bar.stored(make_measurement("othernet", doubts=(Doubt.IMPRECISE, Doubt.CONTENDED)))
        bar.stored(make_measurement("big", status=Status.FAILED, reason=FailureReason.OUT_OF_MEMORY))
    first, second, third = pipe.lines
    assert first.startswith("  toynet 224 px, ")
    assert first.endswith(": 12.30 ms (12.10 to 12.60)")
    assert second.endswith(" [imprecise, contended]")
    assert third.endswith(f": failed: {FailureReason.OUT_OF_MEMORY.meaning} the runtime said no")
    assert "\x1b" not in pipe._file.getvalue()


def test_a_failure_is_shown_with_what_was_seen_of_it(pipe: Shown) -> None:
    reason = FailureReason.UNSUPPORTED_INPUT_SIZE
    size, long = "The network computes with 288 px.", "RuntimeError: " + "no kernel of this kind, " * 50
    with pipe.bar as bar:
        for detail in (size, f"{long}\nwith a trace"):
            bar.stored(make_measurement("net", status=Status.FAILED, reason=reason, detail=detail))
    first, second = pipe.lines
    assert first.endswith(f": failed: {reason.meaning} {size}")
    assert second.endswith(" ...")
    assert len(second) < 350


def test_a_campaign_that_waits_says_for_whom(pipe: Shown) -> None:
    with pipe.bar as bar:
        bar.waiting("1234")
    assert pipe.lines == ["Waiting for another `archrank profile` (process 1234), which measures now."]


# On a terminal


def test_a_terminal_shows_a_bar_and_no_lines_of_progress(terminal: Shown) -> None:
    with terminal.bar as bar:
        bar.planned(60, 0, 720.0)
        terminal.time.now_s += 100.0
        bar.visiting(HALF)
        shown = terminal.refreshed()
    assert shown.endswith("1,234 of 1,920 blocks, 12 of 60 cases within 2%, about 12 min left")
    assert "━" in shown
    assert not any("..." in line for line in terminal.lines)


@pytest.mark.parametrize(
    ("cases", "progress"),
    [
        (60, HALF),
        (64, replace(HALF, narrow=52, left_s=5399.0)),
        (240, Progress(12_345, 14_144, 123, 0.02, 5399.0)),
        (240, Progress(12_345, 14_144, 123, 0.005, 54_000.0)),
    ],
)
def test_the_bar_fits_into_80_columns_uncut(terminal: Shown, cases: int, progress: Progress) -> None:
    with terminal.bar as bar:
        bar.planned(cases, 0, 720.0)
        bar.visiting(progress)
        shown = terminal.refreshed()
    assert shown.endswith(" left")
    assert f"{progress.blocks:,} of {progress.blocks_at_most:,} blocks" in shown
    assert max(map(len, terminal.lines)) <= WIDTH


def test_before_the_first_visit_nothing_is_said_of_the_time_left(terminal: Shown) -> None:
    with terminal.bar as bar:
        bar.planned(2, 0, 100.0)
        bar.visiting(Progress(0, 120, 0, 0.02, 0.0))
        assert terminal.refreshed().endswith("0 of 120 blocks, 0 of 2 cases within 2%")


def test_files_that_are_made_are_counted(terminal: Shown) -> None:
    with terminal.bar as bar:
        bar.preparing(2, 16)
        assert terminal.refreshed().endswith("2 of 16 files are made")


def test_narrow_cases_that_have_ended_still_count(terminal: Shown) -> None:
    with terminal.bar as bar:
        bar.planned(10, 0, 100.0)
        for met in (True, True, False, None):
            bar.stored(make_measurement(interval_target_met=met))
        bar.stored(make_measurement(status=Status.FAILED))
        bar.visiting(replace(HALF, narrow=3))
        assert "5 of 10 cases within 2%" in terminal.refreshed()


@pytest.mark.parametrize(("target", "shown"), [(0.02, "2%"), (0.07, "7%"), (0.005, "0.5%"), (0.001, "0.1%")])
def test_the_target_is_shown_as_it_was_asked_for(terminal: Shown, target: float, shown: str) -> None:
    with terminal.bar as bar:
        bar.visiting(replace(HALF, target=target))
        assert f"within {shown}, about" in terminal.refreshed()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "5 s"), (62.0, "60 s"), (88.0, "90 s"), (91.0, "2 min"), (720.0, "12 min"),
        (5399.0, "90 min"), (5400.0, "1.5 h"), (36_000.0, "10.0 h"),
    ],
)  # fmt: skip
def test_times_are_as_coarse_as_a_guess(pipe: Shown, seconds: float, text: str) -> None:
    with pipe.bar as bar:
        bar.planned(3, 0, seconds)
    assert pipe.lines == [f"3 cases to measure. It takes about {text} at most."]


def test_one_case_is_said_as_one(pipe: Shown) -> None:
    with pipe.bar as bar:
        bar.planned(1, 1, 600.0)
    assert pipe.lines == ["1 case to measure, 1 was measured before. It takes about 10 min at most."]
