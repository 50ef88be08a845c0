"""Whom a campaign informs of its progress."""

from typing import Protocol

from catalog.entities.measurements import Measurement


class Listener(Protocol):
    """Follows a campaign: what it does now, and how much remains. A step takes some seconds."""

    def planned(self, steps: int, cases: int, already_measured: int) -> None:
        """There are `cases` to measure, in so many steps."""

    def now(self, activity: str) -> None:
        """A step begins."""

    def more(self, steps: int) -> None:
        """Further steps turned out to be needed."""

    def advanced(self, steps: int) -> None:
        """Steps ended, or became needless."""

    def stored(self, measurement: Measurement) -> None:
        """A case ended."""
