"""Whom a campaign informs of its progress."""

from typing import Protocol

from catalog.entities.measurements import Measurement
from profiler.campaign.duration import Progress
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.faults import HostFault


class Listener(Protocol):
    """Follows a campaign: what it does now, and how much remains."""

    def planned(self, cases: int, already_measured: int, seconds: float) -> None:
        """There are `cases` to measure, which takes so many `seconds` at most, beside what is exported."""

    def preparing(self, done: int, of: int) -> None:
        """So many files are made."""

    def visiting(self, progress: Progress) -> None:
        """A visit begins."""

    def stored(self, measurement: Measurement) -> None:
        """A case ended."""

    def unprofiled(self, case: Case, failure: CaseFailed) -> None:
        """A case has numbers, and no times of its nodes. The next campaign that asks for them measures it
        again."""

    def unmeasured(self, case: Case, fault: HostFault) -> None:
        """The host keeps a case from being measured."""
