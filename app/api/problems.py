"""Errors as RFC 9457 problem details: one document for every way a request can fail."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.contract.architectures import ArchitectureSearch
from app.contract.comparisons import CompareSearch, FrontierSearch
from app.contract.placements import PlacementRequest
from app.contract.problems import Fault, Problem
from app.contract.recommendations import RecommendationRequest
from app.errors import AppError, UnknownArchitecture, UnknownTarget
from catalog.errors import ArchrankError, CatalogError

MEDIA_TYPE = "application/problem+json"
_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
# Where a fault lies, in pydantic's words that are no names of fields.
_NO_FIELDS = ("body", "query", "path", "[key]", "[name]", "[weights]")
_REQUESTS: Mapping[str, type[BaseModel]] = {
    "/v1/recommendations": RecommendationRequest,
    "/v1/placements": PlacementRequest,
    "/v1/architectures": ArchitectureSearch,
    "/v1/frontier": FrontierSearch,
    "/v1/compare": CompareSearch,
}
_MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.NOT_FOUND: "The catalog has nothing of the name in the path.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than the server accepts.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request has an invalid field, which the answer names.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The catalog cannot be read.",
}
_QUOTED = re.compile(r"'([^']*)'")


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(CatalogError, _catalog_error)
    app.add_exception_handler(Exception, _internal_error)
    _declare_media_type(app)


def problem(request: Request, status: int, detail: str, errors: list[Fault] | None = None) -> JSONResponse:
    """A problem document as a response."""
    document = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=errors or [],
    )
    return JSONResponse(document.model_dump(exclude_none=True), status, media_type=MEDIA_TYPE)


def _declare_media_type(app: FastAPI) -> None:
    """Make the OpenAPI document describe every error as a problem document, with its meaning."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        for path in document["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if int(status) in _MEANINGS:
                        response["description"] = _MEANINGS[HTTPStatus(int(status))]
                    if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
                        content[MEDIA_TYPE] = content.pop("application/json")
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [_fault(one, request.url.path) for one in error.errors()]
    if faults[0].field == "body" and "json" not in request.headers.get("content-type", ""):
        faults = [Fault(field="body", detail="Send a JSON object, with the content type application/json.")]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        not_json = [Fault(field="body", detail=str(one["ctx"]["error"])) for one in error.errors()]
        return problem(request, HTTPStatus.BAD_REQUEST, "The body is not JSON.", not_json)
    fields = ", ".join(dict.fromkeys(fault.field for fault in faults))
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"Invalid fields: {fields}.", faults)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    of_body = error.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    faults = [Fault(field="body", detail=str(error.detail))] if of_body else []
    response = problem(request, error.status_code, str(error.detail), faults)
    response.headers.update(error.headers or {})
    return response


def _app_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, AppError):
        raise error
    missing = isinstance(error, UnknownArchitecture) or (
        isinstance(error, UnknownTarget) and "id" in request.path_params
    )
    status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.UNPROCESSABLE_ENTITY
    fault = Fault(field=error.field, detail=error.message, allowed=list(error.allowed))
    return problem(request, status, _sentence(error), [fault])


def _catalog_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CatalogError):
        raise error
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, _sentence(error))


def _internal_error(request: Request, _error: Exception) -> JSONResponse:
    return problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "An error in archrank. The server's log has the details."
    )


def _sentence(error: ArchrankError) -> str:
    return f"{error.message} {error.remedy}" if error.remedy else error.message


def _fault(error: dict[str, Any], path: str) -> Fault:
    location = [part for part in error["loc"] if part not in _NO_FIELDS]
    field = ".".join(str(part) for part in location) or "body"
    detail = f"{error['msg'].removeprefix('Value error, ').removesuffix('.')}."
    if error["type"] in ("model_attributes_type", "model_type", "dict_type"):
        detail = "The value is not a JSON object."
    return Fault(field=field, detail=detail, allowed=_allowed(error, location, path))


def _allowed(error: dict[str, Any], location: list[str | int], path: str) -> list[str] | None:
    """What the field may be: a limit, the members of an enum, or the names of known fields."""
    context = error.get("ctx", {})
    limits = [f"{sign} {context[name]}" for name, sign in _SIGNS.items() if name in context]
    if limits:
        return limits
    if error["type"] in ("enum", "literal_error"):
        return _QUOTED.findall(context["expected"])
    if error["type"] == "extra_forbidden":
        asked = _REQUESTS.get(path)
        model = _model_at(asked, location[:-1]) if asked else None
        return list(model.model_fields) if model else None
    return None


def _model_at(model: type[BaseModel], location: list[str | int]) -> type[BaseModel] | None:
    """The model that the parts of `location` lead to, through optional and mapped fields."""
    annotation: Any = model
    for part in location:
        found = _model_in(annotation)
        if found is not None and part in found.model_fields:
            annotation = found.model_fields[str(part)].annotation
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        else:
            return None
    return _model_in(annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        return next((found for one in get_args(annotation) if (found := _model_in(one))), None)
    return None
