"""Where the measurements of a side come from: this catalog, its past, an export, or another archrank."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.checking.http_source import Fetch, fetch, measurements_at
from app.errors import CannotCompare
from catalog.entities.measurements import Measurement
from catalog.errors import ExchangeError
from catalog.exchange.files import reading
from catalog.exchange.reading import measurements_in
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, newest_arrival
from catalog.words.texts import visible
from catalog.words.vocabulary import Provenance

LOCAL = "local"
"""The name of the own catalog as it is now."""
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_ARRIVAL = re.compile(r"[0-9]{1,18}")
_FORMS = (
    "Give local, a date as 2026-11-26 or 2026-11-26T08:30Z, the number of an arrival, a file that "
    "`archrank catalog export` wrote, or the address of another archrank."
)
_PASTS = "Give a date as 2026-11-26 or 2026-11-26T08:30Z, or the number of an arrival."


@dataclass(frozen=True)
class Past:
    """What the own catalog had measured once. `name` says when, as `arrival 25291`."""

    name: str
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class Side:
    """What one side of a comparison has measured, the older first.

    `name` says where it comes from. `asked` are the ids of the only targets that were wanted, and `others`
    those that were left out.
    """

    name: str
    measurements: tuple[Measurement, ...]
    asked: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def targets(self) -> list[str]:
        """The ids of the targets that were measured."""
        return sorted({one.target.id for one in self.measurements})

    @property
    def emptiness(self) -> str:
        """That nothing was measured, as a sentence."""
        where = f" on {', '.join(self.asked)}" if self.asked else ""
        only = f" It has measurements of {', '.join(self.others)}." if self.others else ""
        return f"Nothing was measured{where} in {self.name}.{only}"

    def nothing_after(self, past: Past) -> str:
        """That nothing was measured after `past`, as a sentence."""
        where = f" on {', '.join(self.asked)}" if self.asked else ""
        return f"Nothing was measured{where} after {past.name}." if self.measurements else self.emptiness


def read_past(text: str, catalog: Callable[[], Catalog]) -> Past:
    """What the own catalog had measured before the date, or until the arrival, that `text` names.

    Raises:
        CannotCompare: the text is neither, or no measurement has arrived with that number.
    """
    until = _revision(text)
    if until is None or until == LOCAL:
        raise CannotCompare(f"{visible(text)} is no date and no number of an arrival.", _PASTS)
    _, measurements = _own(catalog(), until)
    name = (
        f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if isinstance(until, datetime) else f"arrival {until}"
    )
    return Past(name, tuple(measurements))


def read_side(
    text: str, catalog: Callable[[], Catalog], targets: Sequence[str] = (), fetch_: Fetch = fetch
) -> Side:
    """The side that `text` names. With `targets`, only theirs. `catalog` opens the own catalog.

    Raises:
        CannotCompare: the text names nothing, the file is no whole export, or the address does not answer as
            an archrank does.
        FileInaccessible: the file cannot be read.
    """
    if _ADDRESS.match(text):
        name, measurements = f"archrank at {visible(text)}", measurements_at(text, targets, fetch_)
    elif (until := _revision(text)) is not None:
        name, measurements = _own(catalog(), until)
    elif text == "-" or Path(text).is_file():
        name, measurements = f"the export {visible(text)}", _exported(text)
    else:
        raise CannotCompare(f"{visible(text)} is no file, no date and no number of an arrival.", _FORMS)
    usable = [one for one in measurements if one.provenance is Provenance.MEASURED and one.withdrawn is None]
    kept = [one for one in usable if not targets or one.target.id in targets]
    left_out = {one.target.id for one in usable} - {one.target.id for one in kept}
    return Side(name, tuple(kept), tuple(targets), tuple(sorted(left_out)))


def _exported(path: str) -> list[Measurement]:
    try:
        with reading(Path(path)) as lines:
            return measurements_in(lines)
    except ExchangeError as error:
        raise CannotCompare(
            f"{visible(path)} is no whole export: {error.complaint}",
            "Write it again by `archrank catalog export`, or name another file.",
        ) from error


def _revision(text: str) -> datetime | int | str | None:
    """What of the own catalog is meant: all of it, what arrived until a place, or what was measured before a
    time. None where the text means something else."""
    if text == LOCAL:
        return LOCAL
    if _ARRIVAL.fullmatch(text):
        return int(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _own(catalog: Catalog, until: datetime | int | str) -> tuple[str, list[Measurement]]:
    with catalog.read() as session:
        newest = newest_arrival(session)
        if isinstance(until, datetime):
            before = [one for one in _measured(session) if one.measured_at < until]
            return f"this catalog before {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC", before
        if isinstance(until, int):
            if until > newest:
                raise CannotCompare(
                    f"The newest measurement of this catalog arrived as number {newest}, and not {until}.",
                    f"Give a number of at most {newest}.",
                )
            return f"this catalog until arrival {until}", _measured(session, until)
        return f"this catalog until arrival {newest}", _measured(session)


def _measured(session: ReadSession, until: int | None = None) -> list[Measurement]:
    query = MeasurementQuery(provenance=Provenance.MEASURED, arrived_until=until)
    return find_measurements(session, query)[::-1]
