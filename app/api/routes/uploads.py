"""Uploading measurements."""

from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from app.api.guards.authentication import IngestKey, refuse_too_many
from app.api.guards.rate_limits import RateLimits
from app.api.guards.strictness import StrictRoute
from app.api.responses import problems
from app.calibrating.refitting import RefitQueue
from app.contract.evidence.uploads import UploadResponse
from app.dependencies import LiveCatalog
from app.errors import ConflictingUpload, InvalidUpload
from app.serving import ServedCatalog
from catalog.entities.keys import ApiKey
from catalog.errors import ExchangeConflict, ExchangeError
from catalog.storage.database import Catalog

if TYPE_CHECKING:
    from catalog.receiving import Receipt

router = APIRouter(tags=["measurements"], route_class=StrictRoute)
PATH = "/v1/measurements"
_LINES, _ARRAY = "application/x-ndjson", "application/json"
# Writers of a catalog wait for each other. They do not take the threads of those who ask.
_AT_ONCE = 4
_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "An export of archrank, as `archrank catalog export --target local` writes it.",
        "required": True,
        "content": {
            _LINES: {"schema": {"type": "string", "description": "An export as JSON Lines."}},
            _ARRAY: {
                "schema": {
                    "type": "array",
                    "description": "The records of an export, with or without its header and its end mark.",
                    "items": {"type": "object"},
                }
            },
        },
    }
}


@router.post(
    PATH,
    response_description="All measurements are stored.",
    responses=problems(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
    openapi_extra=_BODY,
)
async def post_measurements(request: Request, catalog: LiveCatalog, key: IngestKey) -> UploadResponse:
    """Store measurements that archrank made elsewhere: all of the body, or nothing.

    Uploading the same measurements again changes nothing. An uploaded measurement replaces neither a
    measurement of another key nor a published one. It never changes a target or a fact of a network.
    Estimates of the target are computed again afterwards, which takes some seconds.
    """
    limits: RateLimits = request.app.state.rate_limits
    refuse_too_many(limits.wait_of_ingest(key.id))
    media_type = _media_type(request)
    body = await request.body()
    if catalog.is_read_only:
        served: ServedCatalog = request.app.state.catalog
        catalog = await to_thread.run_sync(served.writable)
    receipt = await to_thread.run_sync(_received, catalog, media_type, body, key, limiter=_limiter(request))
    refits: RefitQueue = request.app.state.refits
    refits.add(catalog, receipt.targets)
    return UploadResponse(measurements=receipt.measurements, new=receipt.new)


def _media_type(request: Request) -> str:
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    media_type = message.get_content_type()
    if media_type not in (_LINES, _ARRAY):
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send {_LINES} or {_ARRAY} as the content type."
        )
    return media_type


def _limiter(request: Request) -> CapacityLimiter:
    state = request.app.state
    if not hasattr(state, "upload_threads"):
        state.upload_threads = CapacityLimiter(_AT_ONCE)
    limiter: CapacityLimiter = state.upload_threads
    return limiter


def _received(catalog: Catalog, media_type: str, body: bytes, key: ApiKey) -> "Receipt":
    from catalog.receiving import receive_array, receive_lines  # noqa: PLC0415 - loaded by the first upload

    receive = receive_lines if media_type == _LINES else receive_array
    try:
        receipt = receive(catalog, body, key, datetime.now(UTC))
    except ExchangeConflict as error:
        raise ConflictingUpload(error.complaint, error.place.lower()) from error
    except ExchangeError as error:
        raise InvalidUpload(error.complaint, error.place.lower()) from error
    catalog.settle()
    return receipt
