"""Keys of the API. A key is shown once, when it is made. Only its SHA-256 digest is stored.

A key is 256 random bits, so that its digest needs neither salt nor a slow function: nobody can try them.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

from sqlalchemy import select, update

from catalog.entities.keys import ApiKey
from catalog.errors import RecordRefused
from catalog.storage.database import ReadSession, WriteSession
from catalog.storage.tables import ApiKeyRow
from catalog.words.vocabulary import Scope

_ID_BYTES, _SECRET_BYTES = 4, 32
# What begins with it is a key of archrank, which scanners for secrets recognise.
_MARK = "ark"
_FORM = re.compile(rf"({_MARK}_[0-9a-f]{{{2 * _ID_BYTES}}})_[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}")


def add_key(
    session: WriteSession, name: str, scope: Scope, created_at: datetime, expires_at: datetime | None = None
) -> str:
    """Make a key, and return it. It cannot be had again.

    Raises:
        RecordRefused: the name is no name, or a key of this name is valid.
    """
    if _NAME.fullmatch(name) is None:
        raise RecordRefused(
            f"{name!a} is no name of a key.", "Use letters, digits and _ . @ -, at most 100 of them."
        )
    if any(key.name == name and key.is_valid(created_at) for key in find_keys(session)):
        raise RecordRefused(
            f"There is a valid key of the name {name}.",
            "Choose another name, or revoke that key first. A new key of the same name takes its place.",
        )
    id_ = f"{_MARK}_{secrets.token_hex(_ID_BYTES)}"
    key = f"{id_}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    session.add(
        ApiKeyRow(
            id=id_, name=name, scope=scope, sha256=_digest(key), created_at=created_at, expires_at=expires_at
        )
    )
    return key


def find_keys(session: ReadSession | WriteSession) -> list[ApiKey]:
    """Every key, the oldest first. Those that expired or were revoked too."""
    rows = session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at, ApiKeyRow.id))
    return [_key_from_row(row) for row in rows]


def find_key(session: ReadSession, key: str) -> ApiKey | None:
    """What is known of the whole `key`. None where it is not stored. It may have expired or been revoked."""
    if (match := _FORM.fullmatch(key)) is None:
        return None
    row = session.get(ApiKeyRow, match[1])
    if row is None or not hmac.compare_digest(row.sha256, _digest(key)):
        return None
    return _key_from_row(row)


def revoke_key(session: WriteSession, key: str, revoked_at: datetime) -> ApiKey:
    """Revoke the key of this id, or the valid key of this name.

    Raises:
        RecordRefused: there is none, or it was revoked before.
    """
    meant = [found for found in find_keys(session) if key in (found.id, found.name) and not found.revoked_at]
    if not meant:
        raise RecordRefused(f"There is no key {key!a} to revoke.", "`archrank keys list` lists the keys.")
    # Of several of one name, all but the last have expired.
    session.execute(update(ApiKeyRow).where(ApiKeyRow.id == meant[-1].id).values(revoked_at=revoked_at))
    return meant[-1]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _key_from_row(row: ApiKeyRow) -> ApiKey:
    return ApiKey(row.id, row.name, Scope(row.scope), row.created_at, row.expires_at, row.revoked_at)
