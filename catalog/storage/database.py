"""Sessions.

Readers see one consistent snapshot. Writers are serialised (BEGIN IMMEDIATE on SQLite, the row lock of
`catalog_state` on PostgreSQL), and every commit raises the catalog revision.

A commit raises the revision by a random step. So two catalogs, or a restored one and what it was restored
from, have no revision in common: a revision is the identity of a state.
"""

import secrets
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, NewType, Self, TypeVar, cast

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
)
from sqlalchemy.orm import Session

from catalog.errors import CatalogUnavailable, RecordRefused
from catalog.storage.complaints import OTHER_DISK, has_no_space
from catalog.storage.engines import WRITES, connect_to_settle, is_read_only, reachable
from catalog.storage.tables import CatalogState, ChangeRow

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", Session)
_T = TypeVar("_T")
# Of two states that branch from one, the revisions differ but for one time in a billion. 2^53, the largest
# whole number of JavaScript, is reached after 16 million commits.
_LARGEST_STEP = 2**30
_NO_SAVEPOINT = "no such savepoint"
FACTS = ""
"""What stands for the facts that all targets share, where a change is noted by a target's id."""
_REVISIONS = (
    f"SELECT NULL, revision FROM {CatalogState.__tablename__} "  # noqa: S608
    f"UNION ALL SELECT target, revision FROM {ChangeRow.__tablename__}"
)


class Catalog:
    """An open catalog. The functions of catalog.storage and catalog.exchange take its sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # An engine with options is made once: every request reads.
        options = {} if self.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        self._reading = engine.execution_options(**options)
        self._held: dict[Callable[[ReadSession], Any], tuple[Hashable, Any]] = {}
        self._has_written = False

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A read-only session on one snapshot.

        Raises:
            CatalogUnavailable: the database cannot be reached.
        """
        with reachable(self._engine), Session(self._reading) as session:
            session.info[_holding] = self._held
            yield ReadSession(session)

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session that commits at the end, raising the revision, or rolls back on an error.

        Raises:
            CatalogUnavailable: the database cannot be reached, stayed locked, or can only be read.
        """
        self.require_writable()
        engine = self._engine.execution_options(**WRITES)
        with reachable(engine), Session(engine) as session, session.begin():
            step = 1 + secrets.randbelow(_LARGEST_STEP)
            session.execute(update(CatalogState).values(revision=CatalogState.revision + step))
            yield WriteSession(session)
        self._has_written = True

    @property
    def is_read_only(self) -> bool:
        return is_read_only(self._engine)

    def require_writable(self) -> None:
        """Refuse a catalog that can only be read.

        Raises:
            CatalogUnavailable: its file or its folder cannot be written.
        """
        file = Path(str(self._engine.url.database))
        if self.is_read_only and has_no_space(file):
            raise CatalogUnavailable(
                f"The disk of {file} is full. The catalog can be read, and not written.", OTHER_DISK
            )
        if self.is_read_only:
            raise CatalogUnavailable(
                f"The catalog {self._engine.url.database} can be read, and not written.",
                "Change the permissions of the file and its folder, or set ARCHRANK_CATALOG_URL to another.",
            )

    @property
    def file(self) -> Path | None:
        """The file of an SQLite catalog. None on PostgreSQL."""
        return Path(str(self._engine.url.database)) if self.dialect == "sqlite" else None

    def settle(self) -> None:
        """Write what was committed into the SQLite file itself, as far as nobody reads it.

        SQLite keeps commits in a log beside the file until then. A backup or a restored file that knows
        nothing of the log would be damaged.
        """
        if self.file is None or not self._has_written:
            return
        self._has_written = False
        with suppress(sqlite3.Error), closing(connect_to_settle(self.file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close its connections, and forget what is held. It can be used again, and then makes new ones."""
        self._engine.dispose()
        self._held.clear()
        self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def revision(session: ReadSession) -> int:
    """The number that changes with every commit."""
    return _revisions(session)[None]


def held(read: Callable[[ReadSession], _T]) -> Callable[[ReadSession], _T]:
    """`read`, whose answer is held until the catalog changes. For what is small, and asked at every request.

    Nobody changes the answer.
    """
    return _holding(read, revision)


def held_of_facts(read: Callable[[ReadSession], _T]) -> Callable[[ReadSession], _T]:
    """`read`, which reads facts alone, and whose answer is held until they change."""
    return _holding(read, lambda session: last_change(session, FACTS))


def held_while(
    state: Callable[[ReadSession], Hashable],
) -> Callable[[Callable[[ReadSession], _T]], Callable[[ReadSession], _T]]:
    """A function, whose answer is held as long as `state` answers the same."""
    return lambda read: _holding(read, state)


def _holding(
    read: Callable[[ReadSession], _T], state: Callable[[ReadSession], Hashable]
) -> Callable[[ReadSession], _T]:
    @wraps(read)
    def reading(session: ReadSession) -> _T:
        answers: dict[Any, tuple[Hashable, _T]] = session.info.get(_holding, {})
        now = state(session)
        if (answer := answers.get(read)) is None or answer[0] != now:
            answer = answers[read] = now, read(session)
        return answer[1]

    return reading


def last_change(session: ReadSession, target: str) -> int:
    """The revision at which the candidates of the target with this id last changed, as far as was noted."""
    revisions = _revisions(session)
    return max(revisions.get(target, 0), revisions.get(FACTS, 0))


def _revisions(session: ReadSession) -> dict[str | None, int]:
    """The catalog's revision (None), and those at which facts and targets last changed, by id."""
    # Remembered, as a session sees a single state of the catalog.
    if (remembered := session.info.get(ChangeRow)) is not None:
        return cast(dict[str | None, int], remembered)
    # At the driver's level: every request asks this, and compiling it would take longer than answering.
    rows = session.connection().exec_driver_sql(_REVISIONS).all()
    return cast(dict[str | None, int], session.info.setdefault(ChangeRow, dict(rows)))


def reference_version(session: ReadSession | WriteSession) -> str | None:
    """Which reference tables the catalog holds. None before any were loaded."""
    return session.scalars(select(CatalogState.reference)).one()


def record_reference(session: WriteSession, version: str) -> None:
    """Note which reference tables the catalog holds now."""
    session.execute(update(CatalogState).values(reference=version))


@contextmanager
def savepoint(session: WriteSession) -> Iterator[None]:
    """Undo what the block stored when the database refuses a part of it. The session stays usable.

    Raises:
        RecordRefused: says whether a record referred to something unknown, or held an impossible value.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise RecordRefused("refers to something unknown.") from error
    except (DataError, OverflowError) as error:
        raise RecordRefused("has a value that the database cannot store.") from error
    except OperationalError as error:
        # Of a full disk, SQLite undoes the whole transaction, so that there is no savepoint to return to.
        raise (_first_complaint(error) if _NO_SAVEPOINT in str(error.orig) else error) from None


def _first_complaint(error: BaseException) -> DBAPIError:
    """The complaint of the database that led to `error`, or that itself."""
    complaints, cause = [], error.__context__
    while cause is not None:
        if isinstance(cause, DBAPIError) and _NO_SAVEPOINT not in str(cause.orig):
            complaints.append(cause)
        cause = cause.__context__
    return next(iter(complaints), cast(DBAPIError, error))
