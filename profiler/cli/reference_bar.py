"""The progress of building the reference tables on a terminal."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# So that the bar has room on a terminal of 80 columns.
_NAME_CHARACTERS = 32


class ReferenceBar:
    """The bar of `archrank build-reference`."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._progress.add_task("architectures", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def planned(self, total: int, done_before: int) -> None:
        self._progress.update(self._task, total=total, completed=done_before)

    def done(self, name: str) -> None:
        self._progress.update(self._task, advance=1, description=name[:_NAME_CHARACTERS])
