"""Keeping the estimates of targets true to their measurements, whichever way these arrived."""

import logging
from collections.abc import Callable, Iterable
from threading import Lock, Thread

from catalog.entities.estimates import EstimateBasis
from catalog.reference.tables.operator_inventory import read
from catalog.reference.tables.reading import INVENTORY, shipped
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import find_target

_logger = logging.getLogger(__name__)
# The server may be given measurements by several clients at once. Estimates are computed one after the other,
# so that those of the newest measurements are stored last.
_lock = Lock()


def refit(
    catalog: Catalog, targets: Iterable[str], tell: Callable[[str], None] = lambda _: None
) -> list[EstimateBasis]:
    """Estimate again what was not measured on those of the targets (ids) whose measurements have changed.

    A target of which too little was measured has no estimates. `tell` is given sentences for the user. It
    takes seconds for each target. Returns what the new estimates stand on.
    """
    # 0.4 s, with all of scipy that estimating needs. A server pays them when measurements arrive.
    from app.calibrating import fitting  # noqa: PLC0415

    found = []
    with _lock:
        for id_ in sorted(set(targets)):
            with catalog.read() as session:
                target = find_target(session, id_)
                if target is None or fitting.is_current(session, id_):
                    continue
            basis = fitting.refit(catalog, target, read(shipped().folder / INVENTORY))
            if basis is not None:
                tell(_sentence(basis))
                found.append(basis)
    return found


def _sentence(basis: EstimateBasis) -> str:
    configurations = len({one.configuration for one in basis.accuracies})
    return (
        f"Estimated what was not measured on {basis.target.id}, in {configurations} "
        f"configuration{'s' if configurations != 1 else ''}, from {len(basis.measurements)} measurements."
    )


class RefitQueue:
    """Targets whose estimates a server computes again, beside answering. One thread does it. A target that
    waits is computed once, however often it was added. Where the server ends first, the target is computed
    with its next measurements, or by `archrank calibrate --runs 0`."""

    def __init__(self) -> None:
        self._lock = Lock()
        # In the order in which they were added: a dictionary keeps it.
        self._waiting: dict[str, None] = {}
        self._thread: Thread | None = None

    def add(self, catalog: Catalog, targets: Iterable[str]) -> None:
        """Let the estimates of the targets (ids) be computed. Returns at once."""
        with self._lock:
            self._waiting.update(dict.fromkeys(targets))
            if self._waiting and self._thread is None:
                self._thread = Thread(target=self._work, args=(catalog,), name="estimates", daemon=True)
                self._thread.start()

    def join(self) -> None:
        """Wait until nothing waits."""
        while (thread := self._thread) is not None:
            thread.join()

    def close(self) -> None:
        """Forget what waits, and wait for the target that is computed. It takes seconds."""
        with self._lock:
            self._waiting.clear()
        self.join()

    def _work(self, catalog: Catalog) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                target = next(iter(self._waiting))
                del self._waiting[target]
            try:
                refit(catalog, [target])
            except Exception:
                # Answers do not depend on it. The next measurements try again.
                _logger.exception("The estimates of %s were not computed.", target)
