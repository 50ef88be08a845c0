"""Who follows the writing of reference data."""

from typing import Protocol


class Listener(Protocol):
    """Is told how much there is to do, and each time that something is done."""

    def planned(self, total: int, done_before: int) -> None: ...

    def done(self, name: str) -> None: ...
