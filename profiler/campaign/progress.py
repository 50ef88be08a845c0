"""The progress of a campaign: a bar on a terminal, else a line now and then, and a line for each case."""

import time
from collections.abc import Callable
from textwrap import shorten
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from catalog.entities.measurements import Failure, Measurement, Success
from profiler.campaign.duration import Progress
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import HostFault

# Where no bar is seen, how often a line says how far the campaign is.
_LINE_EVERY_S = 15.0
_MOST_DETAIL = 200


def cases_in_words(count: int) -> str:
    """The noun beside a number of cases."""
    return "case" if count == 1 else "cases"


def before_in_words(count: int) -> str:
    """How many cases were measured before."""
    return f"{count} {'was' if count == 1 else 'were'} measured before"


class ProgressBar:
    """Shows what a campaign does now, what remains, the time left, and a line for each stored case."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._bar = Bar(
            BarColumn(bar_width=14),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("planning", total=None)
        self._cases = 0
        self._narrow = 0
        self._last_line_s = clock()

    def planned(self, cases: int, already_measured: int, seconds: float) -> None:
        if cases:
            self._cases = cases
            before = f", {before_in_words(already_measured)}" if already_measured else ""
            self._say(
                f"{cases} {cases_in_words(cases)} to measure{before}. It takes {_about(seconds)} at most."
            )

    def preparing(self, done: int, of: int) -> None:
        self._show(f"{done} of {of} files are made", done, of)

    def visiting(self, progress: Progress) -> None:
        if progress.first_look is not None:
            case, latency_ms = progress.first_look
            named = f"{case.workload.architecture}, {case.configuration.runtime}"
            self._show(
                f"first look: {named}: about {latency_ms:.3g} ms", progress.blocks, progress.blocks_at_most
            )
            return
        narrow = f"{self._narrow + progress.narrow} of {self._cases} cases within {100 * progress.target:g}%"
        left = f", {_about(progress.left_s)} left" if progress.left_s else ""
        blocks = f"{progress.blocks:,} of {progress.blocks_at_most:,} blocks"
        self._show(f"{blocks}, {narrow}{left}", progress.blocks, progress.blocks_at_most)

    def stored(self, measurement: Measurement) -> None:
        outcome = measurement.outcome
        self._narrow += isinstance(outcome, Success) and bool(outcome.interval_target_met)
        self._console.print(_line(measurement), soft_wrap=True)

    def unprofiled(self, case: Case, failure: CaseFailed) -> None:
        line = Text.assemble(f"  {case}: ", (f"its nodes have no times: {failure.reason.meaning}", "yellow"))
        self._console.print(line, soft_wrap=True)

    def unmeasured(self, case: Case, fault: HostFault) -> None:
        line = Text.assemble(f"  {case}: ", (f"not measured: {fault.kind.meaning}", "red"))
        self._console.print(line, soft_wrap=True)

    def _show(self, activity: str, done: int, of: int) -> None:
        self._bar.update(self._task, description=activity, completed=done, total=of)
        if not self._console.is_terminal and self._clock() - self._last_line_s >= _LINE_EVERY_S:
            self._say(f"  ... {activity}")
            self._last_line_s = self._clock()

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)

    def waiting(self, holder: str) -> None:
        """Another campaign holds the host."""
        self._bar.update(self._task, description=f"waiting for process {holder}")
        self._console.print(f"Waiting for another `archrank profile` (process {holder}), which measures now.")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def _about(seconds: float) -> str:
    """A duration, as coarse as a guess is."""
    if seconds < 90:  # noqa: PLR2004 - 2 min would be said of 91 s, and 1 min of 89 s
        return f"about {max(5, 5 * round(seconds / 5))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"  # noqa: PLR2004


def _line(measurement: Measurement) -> Text:
    case = str(Case(measurement.workload, measurement.configuration))
    outcome = measurement.outcome
    if isinstance(outcome, Failure):
        # Of a runtime's message, which may be pages long, the first words.
        detail = shorten(outcome.detail or "", _MOST_DETAIL, placeholder=" ...")
        return Text.assemble(f"  {case}: ", (f"failed: {outcome.reason.meaning} {detail}".rstrip(), "red"))
    first = outcome.values[0]  # the speed that the scenario is about
    interval = ""
    if first.low is not None and first.high is not None:
        interval = f" ({first.metric.show(first.low)} to {first.metric.show(first.high)})"
    shown = "-" if first.value is None else f"{first.metric.show(first.value)} {first.metric.unit}"
    doubts = f" [{', '.join(outcome.doubts)}]" if outcome.doubts else ""
    return Text.assemble(f"  {case}: ", (shown, "bold"), interval, (doubts, "yellow"))
