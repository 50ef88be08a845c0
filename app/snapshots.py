"""The last state of the catalog that a server has seen whole: it answers while the database is out of reach.

A copy is made in a thread beside the answers, after a request, and no sooner than a time after the last.
It lies in a folder of the system's temporary files. A folder whose server was killed is removed by the next
server that makes a copy.
"""

import logging
import math
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from catalog.errors import CatalogError
from catalog.machine.scratch import held_folder, sweep

if TYPE_CHECKING:
    from catalog.storage.database import Catalog

_logger = logging.getLogger("archrank")
_PREFIX = "archrank-snapshot-"
# A copy takes at most a twentieth of the time.
_REST = 20
# A database that refuses at once is asked at every request. One that lets a request wait longer is asked less
# often: it costs a request at most a sixth of the time, and comes back within the longest pause.
_SLOW_S = 0.5
_PAUSE = 5
_LONGEST_PAUSE_S = 15.0


@dataclass(frozen=True)
class Snapshot:
    """A copy of the catalog. The database was last seen in the same state at `seen_at`, which is `seen_s` on
    the monotonic clock."""

    catalog: "Catalog"
    revision: int
    seen_at: datetime
    seen_s: float

    @property
    def age_s(self) -> int:
        """How long ago the database was last seen in this state, in whole seconds."""
        return math.ceil(monotonic() - self.seen_s)


class Snapshots:
    """Makes copies of a catalog, and keeps the last one. Safe between threads."""

    def __init__(self, every_s: float) -> None:
        """Copy no sooner than `every_s` seconds after the last copy. 0: never."""
        self._every_s = every_s
        self._lock = Lock()
        self._due_s = 0.0 if every_s else math.inf
        self._thread: Thread | None = None
        self._scratch = ExitStack()
        self._folder: Path | None = None
        self._copies = 0
        self._latest: Snapshot | None = None
        # Requests may still read the one before the latest.
        self._former: Catalog | None = None

    @property
    def latest(self) -> Snapshot | None:
        """The last copy. None before there is one."""
        return self._latest

    def renew(self, catalog: "Catalog") -> None:
        """Let the catalog be copied if it is time, and has changed. Returns at once."""
        if monotonic() < self._due_s:  # every request asks
            return
        with self._lock:
            if self._thread is None and monotonic() >= self._due_s:
                self._thread = Thread(target=self._work, args=(catalog,), name="snapshot", daemon=True)
                self._thread.start()

    def join(self) -> None:
        """Wait until no copy is being made."""
        if (thread := self._thread) is not None:
            thread.join()

    def close(self) -> None:
        """Wait for a copy that is being made, and remove all of them."""
        with self._lock:
            self._due_s = math.inf
        self.join()
        for catalog in (self._former, self._latest.catalog if self._latest else None):
            if catalog is not None:
                catalog.close()
        self._latest = self._former = None
        self._scratch.close()
        self._folder = None

    def _work(self, catalog: "Catalog") -> None:
        began = monotonic()
        try:
            self._see(catalog)
        except (CatalogError, OSError) as error:
            _logger.warning("The catalog was not copied for the time it may be out of reach: %s", error)
        finally:
            with self._lock:
                took = monotonic() - began
                if self._due_s != math.inf:
                    self._due_s = monotonic() + max(self._every_s, _REST * took)
                self._thread = None

    def _see(self, catalog: "Catalog") -> None:
        from catalog.storage.copies.snapshots import open_snapshot, take_snapshot  # noqa: PLC0415
        from catalog.storage.database import revision  # noqa: PLC0415 - loads SQLAlchemy

        seen_at, seen_s = datetime.now(UTC), monotonic()
        latest = self._latest
        if latest is not None:
            with catalog.read() as session:
                now = revision(session)
            if now == latest.revision:
                self._latest = replace(latest, seen_at=seen_at, seen_s=seen_s)
                return
        folder = self._made_folder()
        self._copies += 1
        file = folder / f"{self._copies}.sqlite"
        try:
            number = take_snapshot(catalog, file)
        except BaseException:
            _remove(file)
            raise
        former, self._former = self._former, latest.catalog if latest else None
        self._latest = Snapshot(open_snapshot(file), number, seen_at, seen_s)
        if former is not None:
            former.close()
            _remove(folder / f"{self._copies - 2}.sqlite")

    def _made_folder(self) -> Path:
        """The folder of the copies. A new one where what cleans temporary files removed it."""
        if self._folder is None or not self._folder.is_dir():
            parent = Path(tempfile.gettempdir())
            sweep(parent, _PREFIX)
            self._folder = self._scratch.enter_context(held_folder(parent, _PREFIX))
        return self._folder


class Pauses:
    """When a database that did not answer is asked again. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pause_s = 0.0
        self._until_s = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now. After a pause one of several is told so, and the others when it has failed."""
        if not self._pause_s:
            return True
        with self._lock:
            if monotonic() < self._until_s:
                return False
            self._until_s = monotonic() + self._pause_s
            return True

    def failed(self, took_s: float) -> None:
        """The database did not answer, which showed after so many seconds."""
        with self._lock:
            self._pause_s = min(_PAUSE * took_s, _LONGEST_PAUSE_S) if took_s > _SLOW_S else 0.0
            self._until_s = monotonic() + self._pause_s

    def answered(self) -> None:
        """The database answers."""
        self._pause_s = 0.0


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
