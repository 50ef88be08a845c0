"""The answers that routes declare beside their own, for the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from app.contract.problems import Problem

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
