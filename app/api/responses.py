"""The answers of routes: their own as JSON, and what they declare beside it for the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from app.contract.common.problems import Problem
from app.contract.common.writing import written

Responses = dict[int | str, dict[str, Any]]
UNCHANGED: Responses = {304: {"description": "The answer has not changed since the given ETag."}}


def problems(*statuses: HTTPStatus) -> Responses:
    """A problem document for each of `statuses`, and for a catalog that cannot be read."""
    return {status.value: {"model": Problem} for status in (*statuses, HTTPStatus.SERVICE_UNAVAILABLE)}


def body_problems() -> Responses:
    """The problems of a route that reads a body."""
    return problems(
        HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY
    )


def as_json(answer: BaseModel) -> Response:
    """The answer, written once. FastAPI would validate it again, in another thread."""
    return Response(written(answer), media_type="application/json")
