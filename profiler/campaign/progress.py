"""The progress of a campaign: a bar on a terminal, and a line for each case."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from catalog.entities.measurements import Failure, Measurement
from profiler.cases import Case

# What a terminal of 80 columns has left beside the bar, the steps and the time.
_NOW_CHARACTERS = 44


class ProgressBar:
    """Shows what a campaign does now, what remains, the time left, and a line for each stored case."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            BarColumn(bar_width=14),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("planning", total=None)

    def planned(self, steps: int, cases: int, already_measured: int) -> None:
        self._progress.update(self._task, total=steps)
        if cases:
            before = f", {already_measured} were measured before" if already_measured else ""
            self._console.print(f"{cases} cases to measure{before}.", highlight=False)

    def more(self, steps: int) -> None:
        self._progress.update(self._task, total=(self._progress.tasks[self._task].total or 0) + steps)

    def now(self, activity: str) -> None:
        self._progress.update(self._task, description=activity[:_NOW_CHARACTERS])

    def advanced(self, steps: int) -> None:
        self._progress.advance(self._task, steps)

    def stored(self, measurement: Measurement) -> None:
        self._console.print(_line(measurement), soft_wrap=True)

    def waiting(self, holder: str) -> None:
        """Another campaign holds the host."""
        self.now(f"waiting for process {holder}")
        self._console.print(f"Waiting for another `archrank profile` (process {holder}), which measures now.")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def _line(measurement: Measurement) -> Text:
    case = str(Case(measurement.workload, measurement.configuration))
    outcome = measurement.outcome
    if isinstance(outcome, Failure):
        return Text.assemble((f"  {case}: ", ""), (f"failed: {outcome.reason.meaning}", "red"))
    first = outcome.values[0]  # the speed that the scenario is about
    interval = ""
    if first.low is not None and first.high is not None:
        interval = f" ({first.metric.show(first.low)} to {first.metric.show(first.high)})"
    shown = "-" if first.value is None else f"{first.metric.show(first.value)} {first.metric.unit}"
    doubts = f" [{', '.join(outcome.doubts)}]" if outcome.doubts else ""
    return Text.assemble(f"  {case}: ", (shown, "bold"), interval, (doubts, "yellow"))
