"""What tests of `archrank catalog` run, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.exchange.writing import export_lines
from catalog.storage.database import Catalog


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def assert_refused(ended: Ended, message: str) -> None:
    """One message on stderr, exit code 2, no traceback."""
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) <= 2


def lines_of(catalog: Catalog) -> list[str]:
    with catalog.read() as session:
        return list(export_lines(session))
