"""No subcommand of `archrank catalog` leaves a connection open."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.pool import QueuePool

from catalog import opening
from catalog.storage.database import Catalog
from tests.catalog.cli.running import Run


@pytest.mark.parametrize(
    "arguments",
    [("upgrade",), ("export", "-"), ("import", "-"), ("import-timm-results", "RESULTS")],
    ids=lambda arguments: arguments[0],
)
def test_no_command_leaves_a_connection_open(
    run: Run, url: str, results: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    opened: list[Catalog] = []

    def remembered(open_: Callable[[str], Catalog]) -> Callable[[str], Catalog]:
        def remember(url: str) -> Catalog:
            opened.append(open_(url))
            return opened[-1]

        return remember

    for name in ("open_catalog", "upgrade_catalog"):
        monkeypatch.setattr(opening, name, remembered(getattr(opening, name)))
    header = b'{"format": "archrank-catalog", "version": 1}'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(header)))
    assert run(*(str(results) if part == "RESULTS" else part for part in arguments)).code == 0
    (catalog,) = opened
    pooled = catalog._engine.pool
    assert isinstance(pooled, QueuePool)
    assert pooled.checkedin() == pooled.checkedout() == 0
