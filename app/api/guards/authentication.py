"""Who asks: the key in the header `Authorization: Bearer KEY`, and what it opens."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from app.api.guards.rate_limits import RateLimits
from app.dependencies import LiveCatalog
from catalog.entities.keys import ApiKey
from catalog.storage.database import Catalog
from catalog.storage.keys import find_key
from catalog.words.vocabulary import Scope

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key that `archrank keys create` printed on the server, as `Authorization: Bearer KEY`.",
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="archrank"'}


def key_of_scope(scope: Scope) -> Callable[[Request, Catalog, HTTPAuthorizationCredentials | None], ApiKey]:
    """A dependency: the valid key of the request, which opens `scope`.

    It raises an HTTPException: 401 without a valid key, 403 where the key does not open it, and 429 after too
    many requests.
    """

    def key(request: Request, catalog: LiveCatalog, credentials: _Credentials) -> ApiKey:
        limits: RateLimits = request.app.state.rate_limits
        address = request.client.host if request.client else ""
        if credentials is None:
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED, "A key is needed: Authorization: Bearer KEY.", _CHALLENGE
            )
        with catalog.read() as session:
            found = find_key(session, credentials.credentials)
        if found is None or not found.is_valid(datetime.now(UTC)):
            # Whoever shares the address and has a key is not locked out.
            refuse_too_many(limits.wait_of_refused_key(address))
            # The same for every reason: nobody learns which keys there were.
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED, "The key is unknown, revoked or expired.", _CHALLENGE
            )
        request.scope["archrank.key"] = found.id
        if not found.may(scope):
            raise HTTPException(
                HTTPStatus.FORBIDDEN, f"The key has the scope {found.scope}. The scope {scope} is needed."
            )
        refuse_too_many(limits.wait_of_key(found.id))
        return found

    return key


def refuse_too_many(seconds: int | None) -> None:
    """Answer 429 where there are `seconds` to wait."""
    if seconds is not None:
        raise HTTPException(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Too many requests. Try again in {seconds} s.",
            {"Retry-After": str(seconds)},
        )


ReadKey = Depends(key_of_scope(Scope.READ))
IngestKey = Annotated[ApiKey, Depends(key_of_scope(Scope.INGEST))]
AdminKey = Depends(key_of_scope(Scope.ADMIN))
