"""Licences of checkpoints: one identifier for the names in use, and whether commercial use is allowed.

The readings are in data/licenses.toml. Each has the words that decide, and where to read them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

_TABLE = Path(__file__).parents[1] / "data" / "licenses.toml"
_COMMERCIAL_USE = {"yes": True, "no": False, "unclear": None}
_UNKNOWN = {"", "unknown", "other"}


@dataclass(frozen=True)
class License:
    """A licence as archrank reads it. `commercial_use` is None where its text leaves that open."""

    id: str
    title: str
    commercial_use: bool | None
    reading: str
    url: str


@dataclass(frozen=True)
class Dispute:
    """Checkpoints, by a shell pattern, whose source contradicts the licence in its configuration."""

    checkpoints: str
    reading: str
    url: str


def find_license(name: str | None) -> License | None:
    """The licence that timm or SPDX calls `name`. None where it is not among the readings."""
    return None if name is None else _by_name().get(name.lower())


def license_id(name: str | None) -> str | None:
    """The SPDX identifier of the licence `name`, or `name` where it has none. None where the authors named no
    licence."""
    if name is None or name.lower() in _UNKNOWN:
        return None
    license_ = find_license(name)
    return license_.id if license_ else name


def find_dispute(checkpoint: str) -> Dispute | None:
    """What contradicts the licence that timm's configuration names for `checkpoint`."""
    return next((dispute for dispute in _disputes() if fnmatchcase(checkpoint, dispute.checkpoints)), None)


def commercial_use(name: str | None, checkpoint: str) -> bool | None:
    """Whether the licence `name` lets `checkpoint` be used commercially. None where that is unclear, disputed
    or unknown."""
    license_ = find_license(name)
    return license_.commercial_use if license_ and find_dispute(checkpoint) is None else None


def license_ids() -> frozenset[str]:
    """The identifier of every licence among the readings."""
    return frozenset(license_.id for license_ in _by_name().values())


@cache
def _disputes() -> tuple[Dispute, ...]:
    return tuple(Dispute(**row) for row in _table()["dispute"])


@cache
def _by_name() -> Mapping[str, License]:
    licenses: dict[str, License] = {}
    for row in _table()["license"]:
        license_ = License(
            row["id"], row["title"], _COMMERCIAL_USE[row["commercial_use"]], row["reading"], row["url"]
        )
        licenses.update(dict.fromkeys([license_.id.lower(), *row["names"]], license_))
    return MappingProxyType(licenses)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
